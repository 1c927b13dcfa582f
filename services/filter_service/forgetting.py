"""Erasing a customer: what is counted of it, and what is recorded."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from filter_service.counters import Counted, RedisSenderKeys
from filter_service.records.recorder import Recorder
from filter_service.records.selection import places_of
from filter_service.records.store import RecordStore


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What there was of a customer."""

    counted: Counted
    hits: int
    """Entries of the log."""


class Forgetting:
    """Erases customers."""

    def __init__(self, counted: RedisSenderKeys, records: RecordStore, recorder: Recorder) -> None:
        self._counted = counted
        self._records = records
        self._recorder = recorder

    async def forget(self, corp_id: str, external_userid: str, *, erase: bool) -> AsyncIterator[Forgotten]:
        """Erases a customer, or only looks, and yields what was found up to now, at the end all of it.

        What this replica has still to record is recorded first. Other replicas record within a second, unless they can't.

        Raises:
            StoreUnavailable: no answer; what was erased is, and the next call does the rest.
        """
        counted, hits = Counted(), 0
        async for more in self._counted.forget(corp_id, external_userid, erase=erase):
            counted += more
            yield Forgotten(counted, hits)
        await self._recorder.settle(corp_id)
        async for places in places_of(self._records, corp_id, external_userid):
            if erase and places:
                await self._records.erase(corp_id, places)
            hits += len(places)
            yield Forgotten(counted, hits)
