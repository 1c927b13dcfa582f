"""What a call has left for the calls it makes itself."""

from __future__ import annotations

import asyncio

import pytest

from service_kit.deadline import remaining, set_remaining


async def test_without_a_deadline_the_bound_holds() -> None:
    set_remaining(None)
    assert remaining(2.0) == 2.0


async def test_the_nearer_of_deadline_and_bound_holds() -> None:
    set_remaining(1.0)
    assert remaining(0.2) == 0.2
    assert remaining(5.0) == pytest.approx(1.0, abs=0.1)


async def test_time_runs() -> None:
    set_remaining(1.0)
    await asyncio.sleep(0.1)
    assert remaining(5.0) <= 0.9


async def test_a_deadline_that_has_passed_leaves_something_positive() -> None:
    """Zero would mean "without end" to some libraries."""
    set_remaining(0.0)
    await asyncio.sleep(0.01)
    assert 0 < remaining(5.0) <= 0.001


async def test_calls_side_by_side_have_their_own_deadlines() -> None:
    async def call(seconds: float) -> float:
        set_remaining(seconds)
        await asyncio.sleep(0)
        return remaining(100)

    short, long = await asyncio.gather(call(1), call(50))
    assert short < 2 < 40 < long
