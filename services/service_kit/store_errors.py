"""What the rest of groupguard sees when the store refuses or fails, instead of the driver's exceptions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from redis import exceptions as driver

_REFUSAL: Final = re.compile(r"GG:([A-Z][A-Z0-9_]*)(?: +(\{.*))?", re.DOTALL)
_MESSAGES: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...]] = (
    (driver.BusyLoadingError, "the store is still loading its data"),
    (driver.MaxConnectionsError, "all connections to the store are busy"),
    (
        (driver.AuthenticationError, driver.AuthorizationError, driver.NoPermissionError),
        "the store refuses our credentials or permissions",
    ),
    (driver.ReadOnlyError, "the store is a read-only replica"),
    (
        (
            driver.ClusterError,
            driver.RedisClusterException,
            driver.AskError,  # MOVED too
            driver.TryAgainError,
        ),
        "the cluster is changing or not complete",
    ),
    ((driver.TimeoutError, TimeoutError), "the store did not answer in time"),
    ((driver.ConnectionError, OSError), "the store can't be reached"),
)
"""Fixed texts, first match wins: the driver's own may quote addresses and arguments."""
_BUGS: Final = (driver.ClusterCrossSlotError, driver.CrossSlotTransactionError, driver.InvalidPipelineStack)
_REFUSING_CODES: Final = {
    "MISCONF": "the store can't write to its disk",
    "NOREPLICAS": "the store has too few replicas in reach",
    "BUSY": "the store is busy with a long script",
    "UNBLOCKED": "the store has just become a replica",
}
"""Error codes that redis-py has no class for."""


class StoreUnavailable(Exception):
    """The store can't be used now; whether a write was applied is not known. The text is fit for callers."""


class StoreFull(StoreUnavailable):
    """The store has reached its ``maxmemory`` and refuses writes."""


class ScriptRefused(Exception):
    """A Lua script ended with ``redis.error_reply('GG:<CODE> <json object>')``, having written nothing.

    Attributes:
        code: what follows ``GG:``.
        details: the decoded object, empty when the script gave none.
    """

    def __init__(self, code: str, details: dict[str, Any]) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@contextmanager
def store_errors() -> Iterator[None]:
    """Translates the driver's exceptions; a context manager and a decorator of plain functions.

    Raises:
        StoreUnavailable: no connection, no answer, loading, read-only, cluster in motion, …
        StoreFull: out of memory.
        ScriptRefused: the script said no.

    Anything else that the driver raises is a mistake of ours (a wrong type, an error inside a script) and passes.
    """
    try:
        yield
    except (driver.RedisError, driver.RedisClusterException, OSError, RuntimeError) as error:
        meaning = translated(lost_connection(error) or error)
        if meaning is None:
            raise
        raise meaning from error


def lost_connection(error: Exception) -> driver.ConnectionError | None:
    """Returns what the driver should have raised on a connection that was cut; None for any other error.

    uvloop refuses to write to one with a RuntimeError, which the driver does not know.
    """
    if type(error) is RuntimeError and "the handler is closed" in str(error):
        return driver.ConnectionError("the connection was cut")
    return None


def translated(error: BaseException) -> Exception | None:
    """Returns what an exception of the driver means; None if it is a mistake of ours."""
    text = str(error)
    if isinstance(error, driver.OutOfMemoryError) or "command not allowed when used memory" in text:
        return StoreFull("the store is full: it has reached its maxmemory")
    if isinstance(error, _BUGS):
        return None
    if type(error) is driver.ResponseError:
        if refusal := _REFUSAL.match(text):
            return ScriptRefused(refusal[1], _details(refusal[2]))
        message = _REFUSING_CODES.get(text.partition(" ")[0])
        return StoreUnavailable(message) if message else None
    for kinds, message in _MESSAGES:
        if isinstance(error, kinds):
            return StoreUnavailable(message)
    return None


def _details(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    # The server appends where the script stopped when the error was raised instead of returned.
    details: dict[str, Any] = json.JSONDecoder().raw_decode(text)[0]
    return details
