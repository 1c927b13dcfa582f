"""Steady load: a number of calls in flight, each followed by the next at once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import grpc
import grpc.aio

from support.services import eventually


class Load:
    """Makes calls as long as the context lasts."""

    def __init__(
        self,
        call: Callable[[int], Awaitable[object]],
        *,
        in_flight: int = 32,
        until_failure: bool = False,
        pause: float = 0.0,
    ) -> None:
        """Describes the load.

        Args:
            call: makes the call of a number.
            in_flight: calls at once.
            until_failure: whether a caller whose call failed gives up.
            pause: seconds that a caller waits before its next call.
        """
        self.succeeded: set[int] = set()
        """Numbers of the calls that were answered."""
        self.failed: dict[int, grpc.aio.AioRpcError] = {}
        self._call = call
        self._in_flight = in_flight
        self._until_failure = until_failure
        self._pause = pause
        self._numbers = itertools.count()
        self._stop = False
        self._callers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._callers = [asyncio.create_task(self._run()) for _ in range(self._in_flight)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop = True
        await self.ended()

    async def warm(self) -> None:
        """Waits until more calls were answered than are in flight."""

        async def enough() -> bool:
            return len(self.succeeded) + len(self.failed) > self._in_flight

        await eventually(enough, 30)

    async def ended(self) -> None:
        """Waits until all callers are done."""
        await asyncio.gather(*self._callers)

    async def _run(self) -> None:
        while not self._stop:
            number = next(self._numbers)
            try:
                await self._call(number)
            except grpc.aio.AioRpcError as error:
                self.failed[number] = error
                if self._until_failure:
                    return
            else:
                self.succeeded.add(number)
            if self._pause:
                await asyncio.sleep(self._pause)
