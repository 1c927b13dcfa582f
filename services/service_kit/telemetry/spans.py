"""Spans of the call that is being served: what is wanted of a tracer, and the one that does nothing."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any, Protocol

_NOTHING: AbstractContextManager[None] = nullcontext()


class Tracer(Protocol):
    """Notes what a call does, and when."""

    def serving(self, method: str, context: Any) -> AbstractContextManager[None]:
        """Notes a call while it is served, below the span that its `traceparent` names.

        Args:
            method: full name.
            context: the call's, whose metadata may hold one.
        """

    def span(self, name: str) -> AbstractContextManager[None]:
        """Notes a part of the current call."""

    def ended(self, code: str) -> None:
        """Notes the status of the current call."""

    def headers(self) -> Iterable[tuple[str, str]]:
        """Returns the metadata by which calls that the current one makes belong to it."""


class Untraced:
    """See `Tracer`; notes nothing."""

    def serving(self, method: str, context: Any) -> AbstractContextManager[None]:  # noqa: ARG002 - the protocol's
        return _NOTHING

    def span(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002 - as above
        return _NOTHING

    def ended(self, code: str) -> None:
        pass

    def headers(self) -> Iterable[tuple[str, str]]:
        return ()


UNTRACED = Untraced()
current: ContextVar[Tracer] = ContextVar("tracer", default=UNTRACED)
"""Of the call that is being served."""


def headers() -> Iterable[tuple[str, str]]:
    """Returns what calls of the current one shall bring along."""
    return current.get().headers()
