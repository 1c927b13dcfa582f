"""Stores of records that do what a test needs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from filter_service.records.store import Batch, DayNumbers, Logged
from service_kit.store_errors import StoreUnavailable


class Untouched:
    """A store that nobody uses in a test."""

    async def write(self, corp_id: str, batch: Batch) -> None:
        raise AssertionError("nothing is written in this test")

    async def read_log(
        self, corp_id: str, behind: str, until: str, count: int, *, newest_first: bool = False
    ) -> list[Logged]:
        raise AssertionError("nothing is read in this test")

    async def erase(self, corp_id: str, places: Sequence[str]) -> None:
        raise AssertionError("nothing is erased in this test")

    async def end_of_log(self, corp_id: str) -> str:
        raise AssertionError("nothing is read in this test")

    async def numbers(self, corp_id: str, days: Sequence[str]) -> list[DayNumbers]:
        raise AssertionError("nothing is read in this test")

    async def reach(self, corp_id: str, rule_id: str, days: Sequence[str]) -> tuple[int, int]:
        raise AssertionError("nothing is read in this test")

    async def last_hits(self, corp_id: str) -> Mapping[str, float]:
        raise AssertionError("nothing is read in this test")


class Writable(Untouched):
    """Takes batches, unless it hangs or is down."""

    def __init__(self) -> None:
        self.written: list[tuple[str, Batch]] = []
        self.tried = 0
        self.down = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def write(self, corp_id: str, batch: Batch) -> None:
        self.tried += 1
        await self.answers.wait()
        if self.down:
            raise StoreUnavailable("the store can't be reached")
        self.written.append((corp_id, batch))
