"""Ending work that runs beside a server, and steps that must not be left half done."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

Result = TypeVar("Result")
_AGAIN_SECONDS = 0.2
"""A task that goes on for so long after it was cancelled did not notice."""


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels tasks, one after the other, and waits until each has ended.

    Each is cancelled as often as it takes: the driver of the store loses a cancellation that comes while it connects. What a
    task failed with is not raised.
    """
    for task in tasks:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_AGAIN_SECONDS)
        if not task.cancelled():
            task.exception()  # seen, so that nothing complains that nobody looked


async def finished(step: Coroutine[Any, Any, Result]) -> Result:
    """Returns what a step returns; if it is cancelled meanwhile, however often, the step goes on to its end before that does."""
    task = asyncio.create_task(step)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # seen, so that nothing complains that nobody looked
    raise cancelled
