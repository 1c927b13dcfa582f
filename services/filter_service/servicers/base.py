"""What all methods share: the clock, and what is read first of every request."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from service_kit.errors import invalid
from service_kit.revision import Revision

if TYPE_CHECKING:
    import grpc.aio

    Context = grpc.aio.ServicerContext[Any, Any]


class Servicer:
    """Part of FilterService's methods."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Serves; `clock` gives seconds since 1970."""
        self._clock = clock


class Revisions(Protocol):
    """A request that names what it is to be judged by."""

    @property
    def min_rules_revision(self) -> str:
        """A token of the rules; empty for any."""

    @property
    def min_blacklist_revision(self) -> str:
        """A token of the blacklists; empty for any."""


def read_revisions(request: Revisions) -> tuple[Revision | None, Revision | None]:
    """Reads the least revisions of rules and of blacklists to judge by.

    Raises:
        InvalidFields: one is set and no token.
    """
    return (
        _read_revision("min_rules_revision", request.min_rules_revision),
        _read_revision("min_blacklist_revision", request.min_blacklist_revision),
    )


def _read_revision(field: str, token: str) -> Revision | None:
    try:
        return Revision.parse(token) if token else None
    except ValueError as error:
        raise invalid(field, str(error)) from None
