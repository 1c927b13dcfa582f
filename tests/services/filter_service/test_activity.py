"""Noting which groups are active, with a log that does what each test needs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from filter_service.activity import MOST_PER_CALL, Activity, ActivityNotTaken


class Log:
    """Keeps what it is told, unless it is down."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, float]]] = []
        self.down = False
        self.open = asyncio.Event()
        self.open.set()

    async def report(self, corp_id: str, active: Mapping[str, float], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.open.wait()
        except TimeoutError:
            raise ActivityNotTaken("DEADLINE_EXCEEDED") from None
        if self.down:
            raise ActivityNotTaken("UNAVAILABLE")
        self.told.append((corp_id, dict(active)))


@pytest.fixture
def log() -> Log:
    return Log()


async def test_each_group_is_told_once_with_its_latest_time(log: Log) -> None:
    """However many messages it had; a later message with an earlier time changes nothing, the future is now."""
    activity = Activity(log, lambda: 100.0)
    for corp_id, chat_id, at in [
        ("ww1", "a", 50.0),
        ("ww1", "a", 70.0),
        ("ww1", "a", 60.0),
        ("ww1", "b", 160.0),
        ("ww2", "a", 10.0),
    ]:
        activity.note(corp_id, chat_id, at)
    await activity.report(1)
    assert log.told == [("ww1", {"a": 70.0, "b": 100.0}), ("ww2", {"a": 10.0})]
    await activity.report(1)
    assert len(log.told) == 2


async def test_a_call_holds_a_thousand_groups_at_most(log: Log) -> None:
    """2,500 groups take three calls."""
    activity = Activity(log, lambda: 100.0)
    for number in range(2_500):
        activity.note("ww1", f"wr{number}", 1.0)
    await activity.report(5)
    assert [len(active) for _, active in log.told] == [MOST_PER_CALL, MOST_PER_CALL, 500]
    assert len({chat_id for _, active in log.told for chat_id in active}) == 2_500


async def test_what_was_not_taken_is_told_again(log: Log) -> None:
    """RuleService being down for a while loses nothing."""
    activity = Activity(log, lambda: 100.0)
    activity.note("ww1", "a", 1.0)
    log.down = True
    await activity.report(1)
    activity.note("ww1", "a", 2.0)
    activity.note("ww1", "b", 2.0)
    log.down = False
    await activity.report(1)
    assert log.told == [("ww1", {"a": 2.0, "b": 2.0})]


async def test_activity_during_a_report_is_kept_for_the_next(log: Log) -> None:
    """What a report under way tells does not hide what came after."""
    activity = Activity(log, lambda: 100.0)
    activity.note("ww1", "a", 1.0)
    activity.note("ww1", "b", 1.0)
    log.open.clear()
    reporting = asyncio.create_task(activity.report(5))
    await asyncio.sleep(0.01)
    activity.note("ww1", "a", 2.0)
    log.open.set()
    await reporting
    await activity.report(1)
    assert log.told == [("ww1", {"a": 1.0, "b": 1.0}), ("ww1", {"a": 2.0})]


async def test_a_report_that_is_cancelled_loses_nothing(log: Log) -> None:
    """Shutdown may come in the middle of one; the last report tells all."""
    activity = Activity(log, lambda: 100.0)
    activity.note("ww1", "a", 1.0)
    log.open.clear()
    reporting = asyncio.create_task(activity.report_every(0))
    await asyncio.sleep(0.01)
    reporting.cancel()
    await asyncio.gather(reporting, return_exceptions=True)
    log.open.set()
    await activity.report(1)
    assert log.told == [("ww1", {"a": 1.0})]


async def test_a_report_ends_in_time(log: Log) -> None:
    """A RuleService that hangs holds up a shutdown for no longer than it was given, whatever waits."""
    activity = Activity(log, lambda: 100.0)
    for number in range(50):
        activity.note(f"ww{number}", "a", 1.0)
    log.open.clear()
    async with asyncio.timeout(1):
        await activity.report(0.1)
    assert log.told == []


async def test_the_groups_silent_for_longest_go_first(log: Log) -> None:
    """Memory is bounded; a group that was heard of again counts as new."""
    activity = Activity(log, lambda: 100.0, most=2)
    for chat_id in ("a", "b", "a", "c"):
        activity.note("ww1", chat_id, 1.0)
    await activity.report(1)
    assert log.told == [("ww1", {"a": 1.0, "c": 1.0})]


async def test_reports_come_again_and_again(log: Log) -> None:
    """Until cancelled, also after one that failed."""
    activity = Activity(log, lambda: 100.0)
    log.down = True
    reporting = asyncio.create_task(activity.report_every(0.01))
    for at in (1.0, 2.0, 3.0):
        activity.note("ww1", "a", at)
        await asyncio.sleep(0.05)
        log.down = False
    reporting.cancel()
    assert [active["a"] for _, active in log.told] == [2.0, 3.0]
