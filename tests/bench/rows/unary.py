"""P3: single checks at 32 in flight, against an empty handler on the same server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from bench.checking import COUNTED_GROUPS, KEYWORDS, RULES, TOKEN, services, singles
from bench.driving import Driven, drive
from bench.messages import SOURCE
from bench.row import Figure, Must, Row

_CALLS, _IN_FLIGHT = 4_000, 32
_METHOD = "CheckMessage"


def _measure() -> Iterator[Figure]:
    with services() as running:
        runs = {
            "an empty handler": (running.empty, False),
            "a) no counters": (running.filter, False),
            "b) every message with a frequency rule": (running.filter, True),
        }
        empty: Driven | None = None
        start = 0
        for name, (process, counted) in runs.items():
            pid, target = process.popen.pid, process.target
            sent = singles(_CALLS + 500, start, counted=counted)
            start += len(sent)
            asyncio.run(drive(target, _METHOD, sent[:500], _IN_FLIGHT, pid, TOKEN))
            driven = asyncio.run(drive(target, _METHOD, sent[500:], _IN_FLIGHT, pid, TOKEN))
            empty = empty or driven
            yield Figure(name, "throughput", driven.rate, "calls/s")
            yield Figure(name, "call, p99", driven.p99 * 1000, "ms")
            yield Figure(name, "processor time of the server", driven.cpu * 1e6, "µs/call")
            if driven is not empty:
                least = 0.55 if counted else 0.8
                share = driven.rate / empty.rate
                yield Figure(
                    name, "throughput, against the empty one", share, "×", Must(least, at_least=True)
                )
                must = None if counted else Must(1.4)
                yield Figure(name, "p99, against the empty one", driven.p99 / empty.p99, "×", must)


ROW = Row(
    name="unary",
    title="P3, single checks",
    about=(
        f"{_CALLS:,} calls ({SOURCE}), {_IN_FLIGHT} in flight, with tokens and 1 % of calls logged; {RULES} rules of {KEYWORDS} FOLDED keywords "
        f"bound to every group, and a frequency rule to {COUNTED_GROUPS} groups, where b) is sent. Client, stores and the other services "
        "run on the same cores. Blacklists are looked at in the replica's copy of their filter."
    ),
    measure=_measure,
    repetitions=3,
)
