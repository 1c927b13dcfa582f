"""What must hold after writers have been at work through faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from groupguard_client import GroupGuard
from support.faults.audit import Stored, audit_lists, audit_rules, disagreements
from support.faults.writers import Writing
from support.processes import wait_until

_PATIENCE = 30.0


class Supervised(Protocol):
    """Processes that a supervisor looks after."""

    def ensure_running(self) -> object:
        """Starts again what has died, without waiting for it."""


def wait_for_progress(suite: Supervised, writing: Writing) -> None:
    """Waits until every writer has got an answer to something that it sent after now."""

    def moved() -> bool:
        suite.ensure_running()
        return all(now > then + 1 for now, then in zip(writing.progress(), before, strict=True))

    before = writing.progress()
    assert wait_until(moved, _PATIENCE), f"{before} → {writing.progress()}, {writing.surprises()[:3]}"


def check_everything(gg: GroupGuard, writing: Writing) -> None:
    """Checks that what was acknowledged is there, nothing happened twice, and verdicts agree with it."""
    check_verdicts(gg, writing, *check_writes(gg, writing))


def check_writes(gg: GroupGuard, writing: Writing) -> tuple[Stored, dict[str, set[str]]]:
    """Checks that what was acknowledged is there, and nothing happened twice; returns the rules, and who is listed."""
    assert writing.surprises() == [], writing.surprises()[:3]
    assert min(writing.progress()) > 0
    writing.resolve(gg)
    writing.repeat_answered(gg)
    return audit_rules(gg, writing), audit_lists(gg, writing.ledger)


def check_verdicts(gg: GroupGuard, writing: Writing, stored: Stored, listed: dict[str, set[str]]) -> None:
    """Checks that verdicts come to agree with what is stored."""
    wrong: list[str] = []

    def agreed() -> bool:
        wrong[:] = disagreements(gg, writing.ledger, stored, listed)
        return not wrong

    assert wait_until(agreed, _PATIENCE), wrong[:3]


def report(writing: Writing, record_property: Callable[[str, object], None], **more: object) -> None:
    """Tells what was at work."""
    figures = {
        "acknowledged": writing.acknowledged(),
        "repeated": sum(writer.repeated for writer in writing.writers),
        "in doubt": writing.doubts("rules") + writing.doubts("blacklist"),
        "verdicts": sum(writing.checker.acknowledged.values()),
        "without verdict": writing.checker.refused.total(),
        "skipped checks": sorted(writing.checker.skipped),
        **more,
    }
    record_property("figures", figures)
    print(figures)
