"""What BlacklistService said of customers who keep trying, kept for a moment."""

from typing import NamedTuple

from filter_service.blacklists.copy import FilterCopy
from filter_service.blacklists.lists import Lookup
from filter_service.domain.rule import Blacklist

ANSWER_SECONDS = 10.0
"""How long an answer counts if no write makes it doubtful before."""
MOST_ANSWERS = 20_000
"""Answers kept, of all corps: some 8 MB; beyond it the oldest goes."""


class _Answer(NamedTuple):
    blacklist: Blacklist
    lineage: object
    asked_at: int
    """Number of the revision of the copy when it was asked for: what was written later may not be in it."""
    since: float
    until: float


class Answers:
    """Answers by corp and look-up."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, Lookup], _Answer] = {}

    def get(self, corp_id: str, lookup: Lookup, copy: FilterCopy, now: float) -> Blacklist | None:
        """Returns the list that a customer is on, or NONE for none; None if it is not known.

        That somebody is on the enterprise list holds until entries are taken off; everything else, until anything is written.
        """
        answer = self._answers.get((corp_id, lookup))
        if answer is None or answer.lineage is not copy.lineage:
            return None
        if not answer.since <= now < answer.until:  # from the future: before the clock was set back
            return None
        widest = answer.blacklist is Blacklist.ENTERPRISE
        changed_at = copy.last_removal if widest else copy.revision.number
        return answer.blacklist if answer.asked_at >= changed_at else None

    def keep(
        self,
        corp_id: str,
        lookup: Lookup,
        blacklist: Blacklist,
        copy: FilterCopy,
        asked_at: int,
        since: float,
        until: float,
    ) -> None:
        """Notes an answer that was asked for when the copy was at a revision, and holds from a time to another at most."""
        self._answers.pop((corp_id, lookup), None)
        while len(self._answers) >= MOST_ANSWERS:
            del self._answers[next(iter(self._answers))]
        self._answers[corp_id, lookup] = _Answer(
            blacklist, copy.lineage, asked_at, since, min(until, since + ANSWER_SECONDS)
        )
