"""BlacklistService's methods: protos in, the store's answers out."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from blacklist_service import access, convert
from blacklist_service.store import BlacklistStore
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.blacklist.v1 import blacklist_service_pb2_grpc as grpc_pb
from service_kit.auth import caller
from service_kit.required import require
from service_kit.writes import Write, begin_write

if TYPE_CHECKING:
    import grpc.aio

    Context = grpc.aio.ServicerContext[Any, Any]


class BlacklistServicer(grpc_pb.BlacklistServiceServicer):
    """See protos/groupguard/blacklist/v1/blacklist_service.proto."""

    def __init__(self, store: BlacklistStore, clock: Callable[[], float] = time.time) -> None:
        """Serves from a store; `clock` gives seconds since 1970."""
        self._store = store
        self._clock = clock

    async def AddEntries(self, request: pb.AddEntriesRequest, context: "Context") -> pb.AddEntriesResponse:
        write = _begin(request)
        addition = convert.read_addition(request, caller().name, self._clock())
        access.require_add(request.corp_id, addition)
        return convert.write_added(await self._store.add(write, addition))

    async def RemoveEntries(
        self, request: pb.RemoveEntriesRequest, context: "Context"
    ) -> pb.RemoveEntriesResponse:
        write = _begin(request)
        removal = convert.read_removal(request)
        access.require_edit(request.corp_id, removal.blacklist)
        return convert.write_removed(await self._store.remove(write, removal))

    async def CheckCustomers(
        self, request: pb.CheckCustomersRequest, context: "Context"
    ) -> pb.CheckCustomersResponse:
        require(request)
        queries = convert.read_queries(request)
        return convert.write_found(await self._store.find(request.corp_id, queries))


def _begin(request: pb.AddEntriesRequest | pb.RemoveEntriesRequest) -> Write:
    require(request)
    return begin_write(request)
