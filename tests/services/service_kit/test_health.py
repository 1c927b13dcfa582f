"""Health follows what the components can do."""

from __future__ import annotations

import asyncio

import pytest
from grpc_health.v1 import health_pb2

from service_kit.health import NOT_SERVING, PROCESS, SERVING, Health


class Component:
    """Works, fails, or hangs."""

    def __init__(self) -> None:
        self.state = "works"

    async def probe(self) -> None:
        if self.state == "fails":
            raise RuntimeError
        if self.state == "hangs":
            await asyncio.sleep(60)


async def statuses(health: Health) -> list[int]:
    names = ("", "svc", PROCESS)
    return [(await health.Check(health_pb2.HealthCheckRequest(service=name), None)).status for name in names]  # type: ignore[arg-type]


async def test_nothing_is_serving_before_it_was_looked_at() -> None:
    """gRPC's own servicer says SERVING from the beginning."""
    health = Health(["svc"], {"store": Component().probe})
    await health.begin()
    assert await statuses(health) == [NOT_SERVING] * 3


@pytest.mark.parametrize("state", ["fails", "hangs"])
async def test_one_component_that_does_not_work_takes_the_service_down_but_not_the_process(
    state: str,
) -> None:
    one, other = Component(), Component()
    health = Health(["svc"], {"one": one.probe, "other": other.probe}, interval=0.02)
    await health.begin()
    watching = asyncio.create_task(health.watch_components())

    async def become(expected: list[int]) -> None:
        async with asyncio.timeout(5):
            while await statuses(health) != expected:
                await asyncio.sleep(0.005)

    try:
        await become([SERVING] * 3)
        other.state = state
        await become([NOT_SERVING, NOT_SERVING, SERVING])
        other.state = "works"
        await become([SERVING] * 3)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_once_stopping_it_does_not_come_back() -> None:
    health = Health(["svc"], {})
    await health.begin()
    await health.look()
    assert await statuses(health) == [SERVING, SERVING, NOT_SERVING]
    await health.enter_graceful_shutdown()
    await health.look()
    assert await statuses(health) == [NOT_SERVING] * 3
