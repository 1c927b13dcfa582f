"""What FilterService's pods have to do, and what becomes of the rules in their memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from bench.scaling.costs import Costs
from bench.scaling.routing import Routes
from bench.scaling.traffic import Numbers

CONFIRM_SECONDS = 3.0
"""FilterService compares a corp's rules, and the copy of its blacklists' filter, when they are used after so long."""
ALLOWED_SECONDS = 60.0
"""A copy not compared for so long answers nothing: BlacklistService is asked."""


@dataclass(frozen=True, slots=True)
class Work:
    """What all corps together ask for, a second, and the cores that each pod needs for it."""

    compared: float
    """Looks at RuleService for newer rules; the copies of the filters are compared as often."""
    looked_up: float
    """Requests for which BlacklistService is asked."""
    cores: Numbers


def work(costs: Costs, rates: Numbers, requests: Numbers, routes: Routes) -> Work:
    """Adds up what arrives at random: a use after so long comes, on average, the mean distance of uses after that."""
    each = routes.each
    here = requests / each
    compared = here / (1 + CONFIRM_SECONDS * here)
    looked_up = compared * np.exp(-here * (ALLOWED_SECONDS - CONFIRM_SECONDS))
    cores = here * costs.request + rates / each * costs.message + (compared + looked_up) * costs.outgoing
    return Work(
        float((compared * each).sum()),
        float((looked_up * each).sum()),
        np.bincount(routes.pods, cores[routes.corps]).astype(np.float64),
    )


def memory(costs: Costs, sizes: Numbers, entries: int, routes: Routes, budgets: tuple[int, int]) -> float:
    """Returns the bytes of the fullest pod once it has met all its corps.

    Args:
        costs: bytes of things.
        sizes: of each corp's rules.
        entries: of each corp's blacklists.
        routes: each corp's pods.
        budgets: bytes that a pod lets rules take, by its own estimate, and filters.
    """
    rules = np.bincount(routes.pods, sizes[routes.corps])
    filters = np.bincount(routes.pods) * entries * costs.filter_entry
    held = np.minimum(rules, budgets[0] / costs.estimated) + np.minimum(filters, budgets[1])
    return float(costs.idle + held.max())


def fetches(
    phases: tuple[Numbers, Numbers], sizes: Numbers, budget: float, seconds: float, seed: int
) -> tuple[float, float, float]:
    """Plays requests at one pod, which drops the rules not used for longest when they are more than its budget.

    Args:
        phases: requests a second by corp; in the first the memory fills, the second is counted.
        sizes: of rules, as the budget counts them.
        budget: for all rules.
        seconds: of each phase.
        seed: of what arrives.

    Returns:
        The share of requests whose rules were in memory, and rules and bytes that were fetched a second.
    """
    chance = np.random.default_rng(seed)
    held: OrderedDict[int, float] = OrderedDict()
    taken, asked, missed, fetched = 0.0, 0, 0, 0.0
    for phase in phases:
        asked, missed, fetched = chance.poisson(phase.sum() * seconds), 0, 0.0
        for corp in chance.choice(len(phase), asked, p=phase / phase.sum()).tolist() if asked else ():
            if corp in held:
                held.move_to_end(corp)
                continue
            held[corp] = size = float(sizes[corp])
            missed, fetched, taken = missed + 1, fetched + size, taken + size
            while taken > budget and len(held) > 1:
                taken -= held.popitem(last=False)[1]
    return 1 - missed / max(asked, 1), missed / seconds, fetched / seconds
