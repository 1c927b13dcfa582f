"""Takes decisions to the store without ever holding one up.

Noting a decision appends to a bounded queue, and nothing else: a store that is slow or gone fills the queue, and what no
longer fits is dropped and counted. What waits is written in batches, each until the store has taken it.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate

from filter_service.convert.record import write_logged
from filter_service.domain.message import Message
from filter_service.domain.sender import SenderKind
from filter_service.domain.snapshot import Snapshot
from filter_service.domain.verdict import Verdict
from filter_service.records.record import Record, record_of
from filter_service.records.store import MOST_PER_BATCH, MOST_RULE_HITS_PER_BATCH, Batch, RecordStore
from service_kit.request_log import log
from service_kit.store_errors import StoreUnavailable

MOST_WAITING = 10_000
"""Records that wait for the store: some 20 MB without texts."""
WRITE_SECONDS = 0.5
"""Between two rounds of writing."""
COUNT_SECONDS = 10.0
"""Numbers without a record wait for so long, since every corp takes a call of its own."""
PAUSE_SECONDS = 0.5
"""Before a batch is tried again that the store did not take."""
CLOSING_SECONDS = 2.0
"""What is left is written within this time at shutdown, or never."""
SETTLING_SECONDS = 5.0
"""What waits of a corp is written within this time, or whoever waits for it is told that it is not."""
_AT_ONCE = 20
"""Entries of the log that are made without letting others do something."""
_COMPLAIN_SECONDS = 10.0

_Place = tuple[str, str]
"""A corp and a day."""


@dataclass(slots=True)
class _Waiting:
    """What waits for one corp and day."""

    since: float
    judged: int = 0
    dropped: int = 0
    records: list[Record] = field(default_factory=list)


class Recorder:
    """Notes decisions, and writes them."""

    def __init__(self, kept_in: RecordStore, clock: Callable[[], float], most: int = MOST_WAITING) -> None:
        """Has nothing to write yet; `clock` gives seconds since 1970."""
        self._store = kept_in
        self._clock = clock
        self._most = most
        self._waiting: dict[_Place, _Waiting] = {}
        self._count = 0
        self._begun: tuple[str, Batch] | None = None
        self._complained_at = 0.0
        self._written = asyncio.Event()
        """Set, and replaced, when a batch was written."""
        self.dropped: Counter[str] = Counter()
        """Records that got lost since the start, by corp_id."""
        self.written = 0
        """Records that the store has taken since the start."""

    @property
    def waiting(self) -> int:
        """Records that wait for the store."""
        return self._count

    @property
    def most_waiting(self) -> int:
        """Beyond it they get lost."""
        return self._most

    def note(
        self, corp_id: str, snapshot: Snapshot, messages: Sequence[Message], outcomes: Iterable[object]
    ) -> None:
        """Notes what came of messages; those without a verdict do not count."""
        now = self._clock()
        place = corp_id, _day(now)
        if (waiting := self._waiting.get(place)) is None:
            waiting = self._waiting[place] = _Waiting(now)
        for message, verdict in zip(messages, outcomes, strict=True):
            if not isinstance(verdict, Verdict) or message.sender.kind is not SenderKind.CUSTOMER:
                continue
            waiting.judged += 1
            record = record_of(message, verdict, snapshot.settings.decision_log, now)
            if record is None:
                continue
            if self._count < self._most:
                waiting.records.append(record)
                self._count += 1
            else:
                waiting.dropped += 1
                self.dropped[corp_id] += 1

    async def run(self) -> None:
        """Writes what was noted, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await self._write_all(COUNT_SECONDS)

    async def close(self) -> None:
        """Writes what is left, as far as there is time."""
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                await self._write_all(0.0)
        except TimeoutError:
            log().warning("decisions not recorded", count=self._count)

    async def settle(self, corp_id: str) -> None:
        """Waits until nothing is left to be written of a corp.

        Raises:
            StoreUnavailable: it takes too long.
        """
        try:
            async with asyncio.timeout(SETTLING_SECONDS):
                while self._has(corp_id):
                    await self._written.wait()
        except TimeoutError:
            raise StoreUnavailable("decisions wait to be recorded") from None

    def _has(self, corp_id: str) -> bool:
        begun = self._begun is not None and self._begun[0] == corp_id
        return begun or any(it.records for place, it in self._waiting.items() if place[0] == corp_id)

    async def _write_all(self, seconds: float) -> None:
        """Writes what waits, a batch of each corp in turn; mere numbers only if they waited so many seconds."""
        await self._write_begun()
        while due := self._due(seconds):
            for place in due:
                await self._begin(place)
                await self._write_begun()

    def _due(self, seconds: float) -> list[_Place]:
        now = self._clock()
        return [
            place for place, it in self._waiting.items() if it.records or _is_past(it.since, seconds, now)
        ]

    async def _begin(self, place: _Place) -> None:
        """Makes a batch of what waits."""
        waiting = self._waiting[place]
        some = [pair async for pair in _with_entries(_fitting(waiting.records))]
        corp_id, day = place
        self._begun = corp_id, Batch(uuid.uuid4().hex, day, waiting.judged, waiting.dropped, some)
        waiting.judged = waiting.dropped = 0
        del waiting.records[: len(some)]
        if not waiting.records:
            del self._waiting[place]

    async def _write_begun(self) -> None:
        """Writes the batch that was begun, until the store has it."""
        while self._begun is not None:
            corp_id, batch = self._begun
            try:
                await self._store.write(corp_id, batch)
                self.written += len(batch.records)
            except StoreUnavailable as error:
                self._complain(str(error))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            except Exception as error:  # noqa: BLE001 - a fault of ours in one batch is no reason to stop recording
                log().error("decisions not recorded", corp_id=corp_id, exc_info=error)
                self.dropped[corp_id] += len(batch.records)
            self._count -= len(batch.records)
            self._begun = None
            self._written.set()
            self._written = asyncio.Event()

    def _complain(self, why: str) -> None:
        now = self._clock()
        if _is_past(self._complained_at, _COMPLAIN_SECONDS, now):
            self._complained_at = now
            log().warning(
                "decisions not recorded", waiting=self._count, dropped=self.dropped.total(), why=why
            )


def _is_past(since: float, seconds: float, now: float) -> bool:
    """Tells whether so many seconds are over; they are, too, when the clock was set back meanwhile."""
    return not 0 <= now - since < seconds


def _fitting(records: Sequence[Record]) -> list[Record]:
    """Returns the first records, as many as one call of the store takes, and at least one if there is any."""
    hits = accumulate(len(record.rules) for record in records[:MOST_PER_BATCH])
    count = sum(1 for total in hits if total <= MOST_RULE_HITS_PER_BATCH)
    return list(records[: max(count, 1)])


async def _with_entries(records: Sequence[Record]) -> AsyncIterator[tuple[Record, bytes]]:
    """Yields records with what the log shall hold of them; others get their turn in between."""
    for number, record in enumerate(records, 1):
        yield record, write_logged(record).SerializeToString() if record.log.enabled else b""
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()
