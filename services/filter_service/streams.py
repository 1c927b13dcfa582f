"""Streams without an end of their own: they end when the server does."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

T = TypeVar("T")


class Streams:
    """All endless streams of a server."""

    def __init__(self) -> None:
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Ends them all, each as soon as it has answered what it has begun."""
        self._ended.set()

    async def until_ended(self, items: AsyncIterator[T]) -> AsyncIterator[T]:
        """Yields what an iterator does, one after the other, until the streams end; nothing is taken ahead."""
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            while not self._ended.is_set():
                following = asyncio.ensure_future(_next(items))
                try:
                    await asyncio.wait({following, ended}, return_when=asyncio.FIRST_COMPLETED)
                    if not following.done():
                        return
                finally:
                    following.cancel()
                for item in following.result():
                    yield item
                if not following.result():
                    return
        finally:
            ended.cancel()

    async def sleep(self, seconds: float) -> bool:
        """Waits some seconds, or until the streams end; tells whether they go on."""
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            return True
        return False


async def _next(items: AsyncIterator[T]) -> list[T]:
    """Returns the next item; none at the end, which no task can raise."""
    async for item in items:
        return [item]
    return []
