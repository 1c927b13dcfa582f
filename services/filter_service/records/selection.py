"""Which entries of the log somebody wants and may see."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from filter_service.records.store import Logged, RecordStore
from groupguard.filter.v1.hits_pb2 import LoggedDecision
from groupguard.filter.v1.verdict_pb2 import Hit
from service_kit.pages import PAGE_BYTES

_MOST_EXAMINED = 5_000
"""Entries looked at for one page: one with few or none may have more behind it."""
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Selection:
    """What an entry has to be; empty fields ask for nothing."""

    rule_id: str = ""
    chat_id: str = ""
    external_userid: str = ""
    shadow: bool | None = None
    sees: Callable[[str], bool] | None = None
    """Tells of a rule_id whether its hits may be seen; None if everything may be."""

    def pick(self, logged: Logged) -> LoggedDecision | None:
        """Returns the entry as far as it may be seen; None if it is not wanted."""
        decision = LoggedDecision.FromString(logged.entry)
        if self.chat_id not in ("", decision.chat_id):
            return None
        if self.external_userid not in ("", decision.external_userid):
            return None
        if self.sees is not None:
            _leave_out(decision, self.sees)
            if not (decision.hits or decision.shadow_hits):
                return None
        if self.shadow is True and not decision.shadow_hits:
            return None
        if self.shadow is False and not decision.hits and decision.shadow_hits:
            return None
        if self.rule_id and not any(hit.rule_id == self.rule_id for hit in self._hits(decision)):
            return None
        decision.cursor = logged.place
        return decision

    def _hits(self, decision: LoggedDecision) -> Iterable[Hit]:
        if self.shadow is not True:
            yield from decision.hits
        if self.shadow is not False:
            yield from decision.shadow_hits


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries."""

    decisions: list[LoggedDecision]
    reached: str
    """The place of the last entry that was looked at; where it began if there was none."""
    more: bool
    """Whether there may be others behind it."""


async def read_page(
    store: RecordStore,
    corp_id: str,
    selection: Selection,
    behind: str,
    until: str,
    size: int,
    *,
    newest_first: bool = False,
) -> Page:
    """Reads a page of the log; see `RecordStore.read_log`.

    Raises:
        StoreUnavailable: no answer.
    """
    found: list[LoggedDecision] = []
    room, examined = PAGE_BYTES, 0
    while examined < _MOST_EXAMINED:
        some = await store.read_log(corp_id, behind, until, _CHUNK, newest_first=newest_first)
        for logged in some:
            behind = logged.place
            if (decision := selection.pick(logged)) is not None:
                found.append(decision)
                room -= len(logged.entry)
                if len(found) == size or room <= 0:
                    return Page(found, behind, True)
        if len(some) < _CHUNK:
            return Page(found, behind, False)
        examined += len(some)
    return Page(found, behind, True)


async def places_of(store: RecordStore, corp_id: str, external_userid: str) -> AsyncIterator[list[str]]:
    """Yields the places of a customer's entries among those that the log has now, those of a page of it at once.

    Raises:
        StoreUnavailable: no answer.
    """
    wanted = Selection(external_userid=external_userid)
    behind, until = "-", await store.end_of_log(corp_id)
    while some := await store.read_log(corp_id, behind, until, _CHUNK):
        behind = some[-1].place
        yield [logged.place for logged in some if wanted.pick(logged) is not None]


def _leave_out(decision: LoggedDecision, sees: Callable[[str], bool]) -> None:
    """Takes the hits of others' rules out of a decision."""
    for hits in (decision.hits, decision.shadow_hits):
        seen = [hit for hit in hits if sees(hit.rule_id)]
        del hits[:]
        hits.extend(seen)
    decision.hit_count, decision.shadow_hit_count = len(decision.hits), len(decision.shadow_hits)
