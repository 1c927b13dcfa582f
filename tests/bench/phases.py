"""Calls made some at a time, how long each took, and what the store went through meanwhile."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from bench.row import Figure, Must
from bench.stalls import Pings
from bench.store_watch import StoreWatch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Phase:
    """What some calls measured."""

    name: str
    begun: float
    """As `time.monotonic` says."""
    ended: float
    calls: list[float]
    """Seconds that each took, ascending."""
    grown: int
    """Bytes that the store allocated."""
    cpu: float
    """Seconds of CPU that the store took."""
    longest_command: float
    """Of the store, in ms."""

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return self.ended - self.begun

    def figures(self, pings: Pings, stall: Must) -> Iterator[Figure]:
        """Yields its figures.

        What is required of the longest command, which the store measures itself, is required of the longest PING in the
        median only: that one also waits for its turn on the processor, as the PING of an idle store shows.
        """
        busy, idle = pings.longest(self.begun, self.ended)
        yield Figure(self.name, "time", self.seconds, "s")
        if len(self.calls) > 1:
            yield Figure(self.name, "throughput", len(self.calls) / self.seconds, "calls/s")
            yield Figure(self.name, "call, median", statistics.median(self.calls) * 1000, "ms")
            yield Figure(self.name, "call, p99", self.calls[len(self.calls) * 99 // 100] * 1000, "ms")
            yield Figure(self.name, "call, longest", self.calls[-1] * 1000, "ms")
        yield Figure(self.name, "store grew by", self.grown / 2**20, "MiB")
        yield Figure(self.name, "CPU of the store, per call", self.cpu / len(self.calls) * 1000, "ms")
        yield Figure(self.name, "longest command of the store", self.longest_command, "ms", stall)
        yield Figure(self.name, "longest PING meanwhile", busy, "ms", replace(stall, always=False))
        yield Figure(self.name, "longest PING of an idle store beside it", idle, "ms")


async def run(
    name: str, calls: Iterable[Callable[[], Awaitable[T]]], watch: StoreWatch
) -> tuple[Phase, list[T]]:
    """Makes calls one after the other, as the command line does; returns what was measured, and the answers.

    More at once would take the two cores of a small machine from the store.
    """
    before, cpu = watch.used_memory(), watch.cpu_seconds()
    watch.longest_command()
    answers: list[T] = []
    seconds: list[float] = []
    begun = time.monotonic()
    for call in calls:
        called = time.perf_counter()
        answers.append(await call())
        seconds.append(time.perf_counter() - called)
    ended = time.monotonic()
    grown, cpu = watch.used_memory() - before, watch.cpu_seconds() - cpu
    return Phase(name, begun, ended, sorted(seconds), grown, cpu, watch.longest_command()), answers
