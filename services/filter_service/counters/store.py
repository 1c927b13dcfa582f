"""What the stores of counts promise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from filter_service.domain.counting import Answer, Question
from service_kit.revision import Revision


class Counters(Protocol):
    """Counts messages, and remembers what came of them."""

    async def count(
        self, corp_id: str, revision: Revision, now_ms: int, questions: Sequence[Question]
    ) -> list[Answer]:
        """Counts messages in the order given and returns what was counted of each.

        A message is counted among those that were sent within its rules' windows up to the time it was sent itself, as
        far as they have been counted before. Whoever kicks clears the sender's strikes in the group. What comes of a
        message that has an id is remembered for a day: asked again, it is not counted again, and what is known of the
        first time is returned.

        Args:
            corp_id: whose messages they are.
            revision: what they are judged by.
            now_ms: the time, since 1970.
            questions: any number.
        """


@dataclass(frozen=True, slots=True)
class PersonStrikes:
    """Strikes of one customer in one group at one rule."""

    chat_id: str
    external_userid: str
    rule_id: str
    count: int
    last_ms: int
    """When the newest of the messages was sent, since 1970."""
    shadow: bool


@dataclass(frozen=True, slots=True)
class StrikesPage:
    """Some of the strikes there are."""

    strikes: list[PersonStrikes]
    last: str
    """Where the next page goes on; empty after the last one."""


class Strikes(Protocol):
    """Shows and clears strikes."""

    async def list_page(
        self, corp_id: str, chat_id: str, external_userid: str, now_ms: int, after: str, size: int
    ) -> StrikesPage:
        """Returns the strikes of up to `size` customers in groups, those of the day up to `now_ms`.

        Args:
            corp_id: whose.
            chat_id: only in this group, unless empty.
            external_userid: only of this customer, unless empty.
            now_ms: the time, since 1970.
            after: the page before's `last`; empty for the first one.
            size: at least 1.

        Raises:
            StoreUnavailable: no answer.
        """

    async def clear(self, corp_id: str, chat_id: str, external_userid: str) -> int:
        """Clears the strikes in a group, of a customer, or of a customer in a group; returns how many there were.

        Raises:
            StoreUnavailable: no answer; some may be cleared.
        """
