"""Plays very many cases on services of its own; nothing stops it but its end, and what differs is told there."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import uvloop

from bench.machine import machine
from groupguard_client import Addresses, AsyncGroupGuard, CallError
from support.oracle.cases import PER_CORP
from support.oracle.play import play, replicas_of
from support.oracle.results import Results
from support.oracle.suite import suite
from support.valkey import embedded_store

_AT_ONCE = 8
"""Corps that are played at the same time."""
_FEWEST_KEPT = 1_000
"""Cases of a run of which there is a page."""
_CORPS_PER_STORE = 100
"""Then everything starts anew, with an empty store."""


def main(arguments: Sequence[str]) -> int:
    """Plays what the command line asks for; returns 1 if anything differed."""
    parser = argparse.ArgumentParser(prog="make oracle", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument(
        "--first", type=int, default=0, help=f"number of the first case, a multiple of {PER_CORP}"
    )
    asked = parser.parse_args(arguments)
    ran_on, begun = machine(), time.monotonic()
    corps = range(asked.first // PER_CORP, -(-(asked.first + asked.cases) // PER_CORP))
    # One after the other of both numbers of replicas: where there is one, no others listen to what concerns it.
    parts = [
        [corp for corp in corps[start : start + 2 * _CORPS_PER_STORE] if replicas_of(corp) == count]
        for start in range(0, len(corps), 2 * _CORPS_PER_STORE)
        for count in (1, 3)
    ]
    results = Results(corps.start * PER_CORP, datetime.now(UTC))
    for part in filter(None, parts):
        with embedded_store() as store, suite(store, replicas_of(part[0])) as replicas:
            uvloop.run(_play(part, replicas, results))
        passed = time.monotonic() - begun
        print(_progress(results, passed), flush=True)
        if asked.cases >= _FEWEST_KEPT:
            results.write(passed, ran_on)
    return bool(results.disagreements)


def _progress(results: Results, seconds: float) -> str:
    counts = results.all
    return (
        f"{datetime.now(UTC):%H:%M:%S}  {counts['cases']:,} cases, {counts['verdicts']:,} verdicts, "
        f"{len(results.disagreements)} disagreements; {counts['cases'] / seconds:.1f} cases/s"
    )


async def _play(corps: Iterable[int], targets: Sequence[Addresses], results: Results) -> None:
    waiting = iter(corps)

    async def work(replicas: Sequence[AsyncGroupGuard]) -> None:
        for corp in waiting:
            try:
                results.add(replicas_of(corp), await play(corp, replicas))
            except (AssertionError, CallError, TimeoutError) as error:
                results.disagreements.append(f"corp {corp}, {str(error) or type(error).__name__}")
                print(results.disagreements[-1], flush=True)

    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(AsyncGroupGuard(it)) for it in targets]
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(work(replicas))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
