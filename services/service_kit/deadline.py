"""How much time the call that is being served has left, for the calls it makes itself."""

import asyncio
from contextvars import ContextVar

_until: ContextVar[float | None] = ContextVar("until", default=None)


def set_remaining(seconds: float | None) -> None:
    """Notes how many seconds the current call has left; None for a call without end."""
    _until.set(None if seconds is None else asyncio.get_running_loop().time() + seconds)


def remaining(at_most: float) -> float:
    """Returns the seconds that an outgoing call may take: what is left, but no more than a bound."""
    until = _until.get()
    if until is None:
        return at_most
    return max(0.001, min(at_most, until - asyncio.get_running_loop().time()))
