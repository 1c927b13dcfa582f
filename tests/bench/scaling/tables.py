"""The tables of what a planned installation needs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.scaling.costs import COUNTED, Costs
from bench.scaling.plan import Plan
from bench.scaling.pods import fetches, memory, work
from bench.scaling.routing import Places, routes
from bench.scaling.shards import counting, shards_of
from bench.scaling.traffic import Numbers, Traffic, requests

_MIB, _GB = 2**20, 1e9
_PODS = (
    *(
        "wait",
        "requests/s",
        "pods",
        "routing",
        "average pod",
        "busiest pod",
        "one pod lost",
        "its corps",
        "rules in memory",
    ),
    *("fetches/s", "compares/s", "look-ups/s", "RuleService cores", "memory"),
)
_SHARDS = (
    "shards",
    "scripts/s",
    "busiest",
    "its CPU",
    "ephemeral, all",
    "fullest",
    "durable, all",
    "fullest",
)


def tables(plan: Plan) -> list[str]:
    """Returns what the page shows: pods, shards, unit costs."""
    costs = Costs.measured()
    traffic = Traffic(plan.corps, plan.messages, plan.active, plan.exponent, plan.seed)
    phases, sizes = (traffic.rates(0), traffic.rates(1)), traffic.sizes(costs)
    return [
        _table(_PODS, _pods(plan, costs, phases, sizes)),
        _table(_SHARDS, _shards(plan, costs, traffic, sizes)),
        _table(("unit cost", "", "from"), _costs(costs)),
    ]


def page_with(page: str, shown: Sequence[str]) -> str:
    """Returns a page with its marked tables replaced."""
    new = iter(shown)
    return re.sub(
        r"(<!-- simulated -->\n).*?(<!-- end -->)",
        lambda mark: f"{mark[1]}{next(new)}\n{mark[2]}",
        page,
        flags=re.DOTALL,
    )


def _costs(costs: Costs) -> Iterator[Sequence[str]]:
    yield (
        "FilterService, a request",
        f"{costs.request * 1e6:.0f} µs",
        "unary, batch: a line through 1 and 100 messages",
    )
    yield "FilterService, a message in it", f"{costs.message * 1e6:.1f} µs", "the same"
    yield (
        "each side of a call between services",
        f"{costs.outgoing * 1e6:.0f} µs",
        "calls: half of both sides",
    )
    yield (
        "FilterService, fetching rules",
        f"{costs.fetch_byte * _MIB * 1e3:.1f} ms/MiB",
        "load: first verdict",
    )
    yield (
        "ephemeral store, a script",
        f"{costs.script * 1e6:.1f} µs",
        "counters: a line through 1 and 200 messages",
    )
    yield "ephemeral store, a message in it", f"{costs.counted * 1e6:.1f} µs", "the same"
    yield "messages that it is asked about", f"{costs.asked:.1%}", f"batch: hits, and {COUNTED:.0%} counted"
    yield "rules of a small corp", f"{costs.small_corp / 1024:.1f} KiB", "replicas"
    yield "rules of the largest corp", f"{costs.largest_corp / _MIB:.0f} MiB", "load: first verdict"
    yield "estimated against real memory", f"{costs.estimated:.2f}", "replicas"
    yield "FilterService without corps", f"{costs.idle / _MIB:.0f} MiB", "load"
    yield "durable store, against rules in memory", f"{costs.stored:.2f}", "load"
    yield "an entry of a blacklist, stored", f"{costs.entry:.0f} B", "blacklist"
    yield "an entry in FilterService", f"{costs.filter_entry:.2f} B", "blacklist"


def _pods(
    plan: Plan, costs: Costs, phases: tuple[Numbers, Numbers], sizes: Numbers
) -> Iterator[Sequence[str]]:
    for wait in plan.waits:
        asked = (requests(phases[0], wait, plan.batch), requests(phases[1], wait, plan.batch))
        taken = asked[1] * costs.request + phases[1] * costs.message
        pods = plan.pods or max(2, math.ceil(float(taken.sum()) / plan.busy))
        every = np.ones(plan.corps, np.bool_)
        routings = {"round robin": ~every, "hash": every, "hash, large spread": taken < plan.large}
        for name, alone in routings.items():
            yield (
                f"{wait * 1e3:,g} ms",
                f"{asked[1].sum():,.0f}",
                f"{pods}",
                name,
                *_routed(plan, costs, phases[1], asked, sizes, alone, pods),
            )


def _routed(
    plan: Plan,
    costs: Costs,
    rates: Numbers,
    asked: tuple[Numbers, Numbers],
    sizes: Numbers,
    alone: NDArray[np.bool_],
    pods: int,
) -> Iterator[str]:
    usual = routes(alone, pods)
    done = work(costs, rates, asked[1], usual)
    busiest = int(done.cores.argmax())
    part = np.bincount(usual.corps[usual.pods == busiest], minlength=plan.corps) / usual.each
    hits, missed, taken = fetches(
        (asked[0] * part, asked[1] * part), sizes * costs.estimated, plan.snapshots, plan.phase, plan.seed
    )
    fetching = missed * costs.outgoing + taken / costs.estimated * costs.fetch_byte
    left = work(costs, rates, asked[1], routes(alone, pods, lost=busiest))
    yield f"{done.cores.sum() / pods + fetching:.0%}"
    yield f"{done.cores[busiest] + fetching:.0%}"
    yield f"{left.cores.max() + fetching:.0%}"
    yield f"{(part[alone] > 0).sum():,}"
    yield f"{hits:.2%}"
    yield f"{missed * pods:,.0f}"
    yield f"{done.compared:,.0f}"
    yield f"{done.looked_up:,.0f}"
    yield f"{(done.compared + missed * pods) * costs.outgoing:.1f}"
    yield f"{memory(costs, sizes, plan.entries, usual, (plan.snapshots, plan.filters)) / _MIB:,.0f} MiB"


def _shards(plan: Plan, costs: Costs, traffic: Traffic, sizes: Numbers) -> Iterator[Sequence[str]]:
    rates = traffic.rates(1)
    scripts, cores = counting(costs, rates, rates)
    mean = np.mean([traffic.rates(phase) for phase in range(plan.phases)], axis=0)
    counted = plan.log_seconds * plan.logged * COUNTED
    ephemeral = mean * (counted + plan.day * 86_400 * plan.outcome * costs.asked)
    durable = sizes * costs.stored + plan.entries * costs.entry
    for shards in plan.shards:
        placed = shards_of(plan.corps, shards)
        yield (
            f"{shards}",
            f"{scripts.sum():,.0f}",
            f"{_fullest(placed, scripts):,.0f}",
            f"{_fullest(placed, cores):.0%}",
            f"{ephemeral.sum() / _GB:,.0f} GB",
            f"{_fullest(placed, ephemeral) / _GB:,.0f} GB",
            f"{durable.sum() / _GB:,.1f} GB",
            f"{_fullest(placed, durable) / _GB:,.1f} GB",
        )


def _fullest(placed: Places, amounts: Numbers) -> float:
    return float(np.bincount(placed, amounts).max())


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (headings, *rows)]
    return "\n".join([lines[0], "|---" * len(headings) + "|", *lines[1:]])
