"""Driving a service with requests that are made beforehand, so that the client costs little."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of it."""

    rate: float
    """Calls a second."""
    p99: float
    """Seconds that 99 of 100 calls took at most."""
    cpu: float
    """Seconds of the server's processor time for each call."""
    answers: list[bytes]


async def drive(
    target: str, method: str, requests: Sequence[bytes], in_flight: int, pid: int, token: str = ""
) -> Driven:
    """Makes all calls, so many at a time.

    Args:
        target: the server.
        method: of FilterService.
        requests: serialised.
        in_flight: how many calls are under way.
        pid: of the server.
        token: bearer token; empty for none.
    """
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    waiting = iter(requests)
    seconds: list[float] = []
    answers: list[bytes] = []
    async with grpc.aio.insecure_channel(target) as channel:
        call: Any = channel.unary_unary(f"/groupguard.filter.v1.FilterService/{method}")

        async def work() -> None:
            for request in waiting:
                begun = time.perf_counter()
                answers.append(await call(request, metadata=metadata))
                seconds.append(time.perf_counter() - begun)

        cpu, begun = _cpu_seconds(pid), time.perf_counter()
        await asyncio.gather(*(work() for _ in range(in_flight)))
        elapsed, cpu = time.perf_counter() - begun, _cpu_seconds(pid) - cpu
    seconds.sort()
    count = len(seconds)
    return Driven(count / elapsed, seconds[count * 99 // 100], cpu / count, answers)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
