"""Who sends how much, and how large corps are: both by Zipf's law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.scaling.costs import Costs

Numbers: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is asked of an installation."""

    corps: int
    messages: float
    """A second, of all corps."""
    active: float
    """Share of corps that send at the same time."""
    exponent: float
    """Of Zipf's law: the corp in place n sends n ** -exponent of what the first one does."""
    seed: int

    def rates(self, phase: int) -> Numbers:
        """Returns messages a second by corp. Each phase has other corps active, whatever their place."""
        chosen = np.random.default_rng([self.seed, phase]).permutation(self.corps)
        sending = np.sort(chosen[: max(1, round(self.corps * self.active))])
        shares = np.arange(1, len(sending) + 1, dtype=np.float64) ** -self.exponent
        rates = np.zeros(self.corps)
        rates[sending] = self.messages * shares / shares.sum()
        return rates

    def sizes(self, costs: Costs) -> Numbers:
        """Returns bytes of rules in a FilterService by corp: from the largest measured down to the small one."""
        places = np.arange(1, self.corps + 1, dtype=np.float64)
        return np.maximum(costs.small_corp, costs.largest_corp * places**-self.exponent)


def requests(rates: Numbers, wait: float, most: int) -> Numbers:
    """Returns requests a second of callers that wait for more messages after a batch's first, up to so many of a corp."""
    return rates / np.minimum(1 + rates * wait, most)
