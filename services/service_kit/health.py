"""Health: true to what a server can do now.

Names that can be asked for:
- `""` (overall) and each service's full name: SERVING while every component it needs works.
- `process`: SERVING from the moment calls are accepted until shutdown begins, whatever the store does. Liveness probes
  and client-side balancing look at this one: a store that is down shall neither restart pods nor hide its error.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio

from service_kit.request_log import log

if TYPE_CHECKING:
    import grpc.aio

    Context = grpc.aio.ServicerContext[Any, Any]

PROCESS = "process"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

Probe = Callable[[], Awaitable[object]]
"""Looks whether a component works; raises if not."""


class Health(aio.HealthServicer):
    """Health of a server, from probes of its components."""

    def __init__(self, services: Sequence[str], components: dict[str, Probe], interval: float = 1.0) -> None:
        """Makes the servicer; `begin` makes it true.

        Args:
            services: full names of the services the server offers.
            components: what they need to work, by name.
            interval: seconds between two looks at the components; also how long a look may take.
        """
        super().__init__()
        self._names = ("", *services)
        self._components = components
        self._interval = interval
        self._down: frozenset[str] | None = None
        self._stopping = asyncio.Event()

    async def begin(self) -> None:
        """Sets every name to NOT_SERVING; before the server starts, since a new servicer says SERVING."""
        for name in (*self._names, PROCESS):
            await self.set(name, NOT_SERVING)

    async def watch_components(self) -> None:
        """Looks at the components again and again, until cancelled."""
        await self.set(PROCESS, SERVING)
        while True:
            await self.look()
            await asyncio.sleep(self._interval)

    async def look(self) -> None:
        """Looks at every component once and sets the statuses."""
        results = await asyncio.gather(*(self._works(probe) for probe in self._components.values()))
        down = frozenset(name for name, works in zip(self._components, results, strict=True) if not works)
        if down != self._down:
            log().warning("not serving", down=sorted(down)) if down else log().info("serving")
            self._down = down
            for name in self._names:
                await self.set(name, NOT_SERVING if down else SERVING)

    async def _works(self, probe: Probe) -> bool:
        try:
            async with asyncio.timeout(self._interval):
                await probe()
        except Exception:  # noqa: BLE001 - a probe may fail in any way; that is what it is for
            return False
        return True

    async def Watch(self, request: health_pb2.HealthCheckRequest, context: "Context") -> None:
        """Streams the status of a name until the server stops, so that open watches don't hold up its end."""
        watch = asyncio.ensure_future(super().Watch(request, context))
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({watch, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch

    def end_watches(self) -> None:
        """Ends all open watches."""
        self._stopping.set()
