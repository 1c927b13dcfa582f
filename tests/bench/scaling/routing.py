"""Which pods a corp's requests go to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Places: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Routes:
    """Pairs of a corp and a pod that it is sent to, each of a corp's pods being sent as much."""

    corps: Places
    pods: Places
    each: Places
    """By corp: how many pods it has."""


def routes(alone: NDArray[np.bool_], pods: int, lost: int | None = None) -> Routes:
    """Returns the routes of corps that have a pod of their own, and of the others, which go round all pods.

    The pod is that of the highest random weight: one that is lost moves only the corps that it had.

    Args:
        alone: by corp, whether all its requests go to the same pod.
        pods: how many there were before any was lost.
        lost: a pod that is away.
    """
    left = np.array([pod for pod in range(pods) if pod != lost], np.int64)
    (single,), (spread,) = np.nonzero(alone), np.nonzero(~alone)
    weights = _mixed(single.astype(np.uint64)[:, None] * np.uint64(2**20) + left.astype(np.uint64)[None, :])
    corps = np.concatenate([single, np.repeat(spread, len(left))])
    chosen = np.concatenate([left[weights.argmax(axis=1)], np.tile(left, len(spread))])
    return Routes(corps, chosen, np.where(alone, 1, len(left)))


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Returns what splitmix64 makes of them: Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014."""
    mixed = numbers * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
