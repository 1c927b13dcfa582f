"""What all methods share: the store, the clock, and what is checked first."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rule_service.domain.history import Edit, EditKind
from rule_service.store import RuleStore
from service_kit.auth import caller
from service_kit.ids import require_id
from service_kit.required import require
from service_kit.writes import Write, begin_write

if TYPE_CHECKING:
    import grpc.aio

    Context = grpc.aio.ServicerContext[Any, Any]


class Servicer:
    """Part of RuleService's methods."""

    def __init__(self, store: RuleStore, clock: Callable[[], float] = time.time) -> None:
        """Serves from a store; `clock` gives seconds since 1970."""
        self._store = store
        self._clock = clock

    def _edit(self, kind: EditKind, reason: str) -> Edit:
        """Notes what a rule's history shall tell of a write that begins now."""
        return Edit(kind, caller().name, self._clock(), reason)


def require_corp(request: Any) -> None:
    """Checks what every request needs."""
    require(request)
    require_id("corp_id", request.corp_id)


def begin(request: Any, whole: bool = True) -> Write:
    """Checks what every write needs, and notes what makes it safe to repeat.

    Args:
        request: the write.
        whole: whether it holds everything that is required; an update holds part of a rule only.
    """
    write = begin_write(request)
    if whole:
        require(request)
    require_id("corp_id", request.corp_id)
    return write
