"""Work beside a server ends, whatever becomes of a cancellation."""

from __future__ import annotations

import asyncio

import pytest

from service_kit.ending import end, finished


async def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    """As one does that is connecting to its store."""
    lost = 0

    async def work() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if lost == 2:
                    raise
                lost += 1

    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await end([working])
    assert lost == 2
    assert working.cancelled()


async def test_a_task_that_failed_holds_up_none_of_the_others() -> None:
    """What it failed with was told where it failed."""

    async def fail() -> None:
        raise ValueError("broken")

    async def wait() -> None:
        await asyncio.sleep(3600)

    tasks = [asyncio.create_task(fail()), asyncio.create_task(wait())]
    await asyncio.sleep(0)
    await end(tasks)
    assert all(task.done() for task in tasks)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_step_goes_on_to_its_end_before_a_cancellation_does(fails: bool) -> None:
    """Also one that fails then."""
    done = []

    async def step() -> None:
        await asyncio.sleep(0.02)
        done.append(True)
        if fails:
            raise ValueError("broken")

    working = asyncio.create_task(finished(step()))
    await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert done


async def test_a_step_that_nobody_cancels_returns_or_fails_as_ever() -> None:
    async def step(value: int) -> int:
        return 6 // value

    assert await finished(step(2)) == 3
    with pytest.raises(ZeroDivisionError):
        await finished(step(0))
