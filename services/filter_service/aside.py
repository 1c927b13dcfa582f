"""Work of tenths of a second, done in a thread without holding up the event loop.

Two things of CPython would hold it up all the same. A thread that computes gives way only every 5 ms, and the loop has to
wait that long after every call that releases the GIL, every scan of a text among them. And the cyclic garbage collector
stops everything while it looks at all objects that are alive, again and again while a thread makes hundreds of thousands
of new ones.
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

T = TypeVar("T")

TURN_SECONDS = 0.0002
"""How long a thread computes before it gives way, while there is work aside; turns much shorter cost more than they help."""


async def aside(work: Callable[[], T]) -> T:
    """Returns the work's result. The work itself is not cancelled with its waiter."""
    return await asyncio.to_thread(_in_short_turns, work)


async def in_bulk(work: Callable[[], T]) -> T:
    """Like `aside`, for work that makes very many objects that stay.

    The collector rests meanwhile, and never looks at these objects, nor at any others that are alive then: they are freed
    when nothing refers to them any more, unless they refer to each other in a circle, which ours don't.
    """
    return await asyncio.to_thread(_in_short_turns, lambda: _uncollected(work))


class _Holding:
    """Changes a setting of the process while any thread wants it changed."""

    def __init__(self, change: Callable[[], Callable[[], None]]) -> None:
        """Takes what changes the setting and returns what changes it back."""
        self._change = change
        self._lock = Lock()
        self._holders = 0

    def __enter__(self) -> None:
        with self._lock:
            self._holders += 1
            if self._holders == 1:
                self._restore = self._change()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._holders -= 1
            if not self._holders:
                self._restore()


def _shorten_turns() -> Callable[[], None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    return lambda: sys.setswitchinterval(usual)


def _rest_collector() -> Callable[[], None]:
    if not gc.isenabled():
        return lambda: None
    gc.disable()
    return gc.enable


_SHORT_TURNS = _Holding(_shorten_turns)
_COLLECTOR_AT_REST = _Holding(_rest_collector)


def _in_short_turns(work: Callable[[], T]) -> T:
    with _SHORT_TURNS:
        return work()


def _uncollected(work: Callable[[], T]) -> T:
    with _COLLECTOR_AT_REST:
        result = work()
        gc.freeze()
        return result
