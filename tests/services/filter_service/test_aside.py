"""Work in threads: what the process is set to meanwhile and afterwards."""

import asyncio
import gc
import sys
import threading
from functools import partial

import pytest

from filter_service.aside import TURN_SECONDS, aside, in_bulk

PATIENCE = 30.0


async def test_turns_are_short_until_the_last_work_ends() -> None:
    """Two pieces of work overlap: the first to end does not lengthen the other's turns."""
    usual = sys.getswitchinterval()
    first, second = threading.Event(), threading.Event()
    works = [asyncio.create_task(aside(partial(event.wait, PATIENCE))) for event in (first, second)]
    async with asyncio.timeout(PATIENCE):
        while sys.getswitchinterval() == usual:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)  # both threads have begun
        first.set()
        assert await works[0]
        assert sys.getswitchinterval() == pytest.approx(TURN_SECONDS)
        second.set()
        assert await works[1]
    assert sys.getswitchinterval() == pytest.approx(usual)


async def test_the_collector_rests_during_bulk_work_and_leaves_what_it_made_alone() -> None:
    """It is switched on again afterwards, also where the work fails."""
    frozen = gc.get_freeze_count()

    def make() -> list[list[int]]:
        assert not gc.isenabled()
        return [[] for _ in range(10_000)]

    made = await in_bulk(make)
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(made)
    with pytest.raises(ZeroDivisionError):
        await in_bulk(lambda: 1 / 0)
    assert gc.isenabled()
