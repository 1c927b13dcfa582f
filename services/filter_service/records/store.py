"""What a store of records promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from filter_service.records.record import Record

KEPT_DAYS = 35
"""Numbers are kept for this long."""
MOST_PER_BATCH = 200
"""Records written in one call: the store serves nobody else meanwhile."""
MOST_RULE_HITS_PER_BATCH = 500
"""Rules that were hit, in all records of one call together, unless a single message hit more."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written in one call, and once only, however often it is tried."""

    token: str
    """Names the batch."""
    day: str
    """When it was decided, as 2026-11-25 in UTC."""
    judged: int
    """Messages that were judged."""
    dropped: int
    """Records that got lost before."""
    records: Sequence[tuple[Record, bytes]]
    """Each with what the log shall hold; empty where nothing is logged. At most `MOST_PER_BATCH`."""


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of the log."""

    place: str
    """`<ms>-<number>`: places ascend, with the time at which entries were written."""
    entry: bytes


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """The counters of one day."""

    day: str
    totals: Mapping[str, int]
    """By name; see `tally`."""
    rules: Mapping[tuple[str, str], int]
    """By rule_id and name."""
    groups: Mapping[tuple[str, str], int]
    """By chat_id and name; empty for all groups beyond the most that are counted by themselves."""


class RecordStore(Protocol):
    """Keeps the log and the numbers."""

    async def write(self, corp_id: str, batch: Batch) -> None:
        """Adds a batch. A message_id of a sender that was recorded a day ago or later is not recorded again.

        Raises:
            StoreUnavailable: whether it was written is not known; the same batch may be written again.
        """

    async def read_log(
        self, corp_id: str, behind: str, until: str, count: int, *, newest_first: bool = False
    ) -> list[Logged]:
        """Returns entries behind a place, in one direction or the other, up to another place.

        Args:
            corp_id: whose.
            behind: an exclusive end; `-` and `+` stand for before the first and behind the last.
            until: the other end, included.
            count: how many at most.
            newest_first: whether to go back in time.

        Raises:
            StoreUnavailable: no answer.
        """

    async def erase(self, corp_id: str, places: Sequence[str]) -> None:
        """Takes entries out of the log.

        Raises:
            StoreUnavailable: no answer; it may be tried again.
        """

    async def end_of_log(self, corp_id: str) -> str:
        """Returns the place of the newest entry that there ever was.

        Raises:
            StoreUnavailable: no answer.
        """

    async def numbers(self, corp_id: str, days: Sequence[str]) -> list[DayNumbers]:
        """Returns the counters of days.

        Raises:
            StoreUnavailable: no answer.
        """

    async def reach(self, corp_id: str, rule_id: str, days: Sequence[str]) -> tuple[int, int]:
        """Returns how many senders and groups a rule's hits came from, off by about 1 %.

        Raises:
            StoreUnavailable: no answer.
        """

    async def last_hits(self, corp_id: str) -> Mapping[str, float]:
        """Returns when each rule was last hit, seconds since 1970 by rule_id; "" is when counting began.

        Raises:
            StoreUnavailable: no answer.
        """
