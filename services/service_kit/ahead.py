"""Preparing the next item of a stream while the one before is worked on."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

T = TypeVar("T")


async def one_ahead(items: AsyncIterator[T]) -> AsyncIterator[T]:
    """Yields the items, each of which is begun when the one before it is taken; raises what making them raises. None is no item."""
    ahead = asyncio.ensure_future(anext(items, None))
    try:
        while (item := await ahead) is not None:
            ahead = asyncio.ensure_future(anext(items, None))
            yield item
    finally:
        ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)
