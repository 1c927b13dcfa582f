"""BlacklistService's methods: protos in, the store's answers out."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from blacklist_service import access
from blacklist_service.convert import entries, forgetting, imports, lists
from blacklist_service.domain.buckets import bucket_of
from blacklist_service.domain.entry import ImportPart
from blacklist_service.forgetting import forget_customer
from blacklist_service.publishing import Publisher
from blacklist_service.store import FIRST_PLACE, BlacklistStore
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.blacklist.v1 import blacklist_service_pb2_grpc as grpc_pb
from groupguard.blacklist.v1 import filter_pb2, forgetting_pb2
from service_kit import pages
from service_kit.ahead import one_ahead
from service_kit.auth import caller
from service_kit.errors import invalid
from service_kit.required import require
from service_kit.writes import Write, begin_write

if TYPE_CHECKING:
    import grpc.aio

    Context = grpc.aio.ServicerContext[Any, Any]


_Bucket = Annotated[int, msgspec.Meta(ge=0, le=2**31)]
"""The number of a bucket in a token."""


class BlacklistServicer(grpc_pb.BlacklistServiceServicer):
    """See protos/groupguard/blacklist/v1/blacklist_service.proto."""

    def __init__(
        self, store: BlacklistStore, publisher: Publisher, clock: Callable[[], float] = time.time
    ) -> None:
        """Serves from a store; `clock` gives seconds since 1970."""
        self._store = store
        self._publisher = publisher
        self._clock = clock

    async def AddEntries(self, request: pb.AddEntriesRequest, context: "Context") -> pb.AddEntriesResponse:
        write = _begin(request)
        addition = entries.read_addition(request, caller().name, self._clock())
        access.require_add(request.corp_id, addition)
        added = await self._store.add(write, addition)
        self._publisher.consider(request.corp_id, added.filter_due)
        return entries.write_added(added)

    async def RemoveEntries(
        self, request: pb.RemoveEntriesRequest, context: "Context"
    ) -> pb.RemoveEntriesResponse:
        write = _begin(request)
        removal = entries.read_removal(request)
        access.require_edit(request.corp_id, removal.blacklist)
        removed = await self._store.remove(write, removal)
        self._publisher.consider(request.corp_id, removed.filter_due)
        return entries.write_removed(removed)

    async def CheckCustomers(
        self, request: pb.CheckCustomersRequest, context: "Context"
    ) -> pb.CheckCustomersResponse:
        require(request)
        queries, at_least = entries.read_queries(request)
        return entries.write_found(await self._store.find(request.corp_id, queries, at_least))

    async def ListEntries(self, request: pb.ListEntriesRequest, context: "Context") -> pb.ListEntriesResponse:
        require(request)
        blacklist = lists.read_list_of(request)
        access.require_see(request.corp_id, blacklist)
        size = pages.page_size(request.page_size)
        query = f"entries {request.corp_id!r} {blacklist.kind.value} {blacklist.owner_userid!r}"
        after = pages.read_token(query, request.page_token, tuple[_Bucket, str], FIRST_PLACE)
        page = await self._store.page(request.corp_id, blacklist, after, size + 1)
        more = ""
        if len(page) > size:
            last = page[size - 1].external_userid
            more = pages.write_token(query, (bucket_of(blacklist.kind, last), last))
        return pb.ListEntriesResponse(entries=map(entries.write_entry, page[:size]), next_page_token=more)

    async def GetBlacklist(
        self, request: pb.GetBlacklistRequest, context: "Context"
    ) -> pb.GetBlacklistResponse:
        require(request)
        blacklist = lists.read_list_of(request)
        access.require_see(request.corp_id, blacklist)
        return lists.write_state(await self._store.state(request.corp_id, blacklist))

    async def ImportEntries(
        self, request_iterator: AsyncIterator[pb.ImportEntriesRequest], context: "Context"
    ) -> AsyncIterator[pb.ImportEntriesResponse]:
        async for request, part, refusals in one_ahead(self._parts(request_iterator)):
            account = await self._store.take(request.corp_id, part)
            self._publisher.consider(request.corp_id, account.filter_due)
            yield imports.write_account(account, refusals)
            if account.full:
                return

    async def _parts(
        self, requests: AsyncIterator[pb.ImportEntriesRequest]
    ) -> AsyncIterator[tuple[pb.ImportEntriesRequest, ImportPart, list[imports.Refusal]]]:
        first: pb.ImportEntriesRequest | None = None
        async for request in requests:
            _require_same(request, first or request)
            first = first or _head(request)
            part, refusals = imports.read_part(request, caller().name, self._clock())
            access.require_edit(request.corp_id, part.blacklist)
            yield request, part, refusals

    async def ExportEntries(
        self, request: pb.ExportEntriesRequest, context: "Context"
    ) -> AsyncIterator[pb.ExportEntriesResponse]:
        wanted = lists.read_list_or_all(request)
        if wanted is not None:
            access.require_see(request.corp_id, wanted)
        counts = {
            blacklist: count
            for blacklist, count in (await self._store.lists(request.corp_id)).items()
            if (wanted is None or blacklist == wanted) and access.may_see(request.corp_id, blacklist)
        }
        for blacklist in counts:
            async for some in self._store.export(request.corp_id, blacklist):
                yield pb.ExportEntriesResponse(
                    entries=map(entries.write_entry, some), total=sum(counts.values())
                )

    async def RemoveBySource(
        self, request: pb.RemoveBySourceRequest, context: "Context"
    ) -> AsyncIterator[pb.RemoveBySourceResponse]:
        require(request)
        source, blacklist = lists.read_removed_source(request), lists.read_list_or_all(request)
        if blacklist is None:
            access.require_edit_all(request.corp_id)
        else:
            access.require_edit(request.corp_id, blacklist)
        removed = 0
        async for step in self._store.remove_by_source(request.corp_id, source, blacklist):
            removed += step.removed
            self._publisher.consider(request.corp_id, step.filter_due)
            yield pb.RemoveBySourceResponse(
                removed_count=removed,
                done_count=step.done,
                total_count=step.total,
                blacklist_revision=str(step.revision),
            )

    async def ForgetCustomer(
        self, request: forgetting_pb2.ForgetCustomerRequest, context: "Context"
    ) -> forgetting_pb2.ForgetCustomerResponse:
        require(request)
        forgotten = await forget_customer(
            self._store, *forgetting.read_customer(request), erase=not request.validate_only
        )
        erased = bool(forgotten.lists) and not request.validate_only
        self._publisher.consider(request.corp_id, erased)  # the one that is published has its bits
        return forgetting.write_forgotten(forgotten)

    async def RebuildFilter(
        self, request: filter_pb2.RebuildFilterRequest, context: "Context"
    ) -> AsyncIterator[filter_pb2.RebuildFilterResponse]:
        require(request)
        async with aclosing(self._publisher.rebuild(request.corp_id)) as rebuilding:
            async for progress in rebuilding:
                yield lists.write_progress(progress)


def _begin(request: pb.AddEntriesRequest | pb.RemoveEntriesRequest) -> Write:
    require(request)
    return begin_write(request)


def _head(request: pb.ImportEntriesRequest) -> pb.ImportEntriesRequest:
    return pb.ImportEntriesRequest(corp_id=request.corp_id, import_id=request.import_id, list=request.list)


def _require_same(request: pb.ImportEntriesRequest, first: pb.ImportEntriesRequest) -> None:
    """Checks that a part is of the same import as the first one; raises InvalidFields if it is not."""
    for field in ("corp_id", "import_id", "list"):
        if getattr(request, field) != getattr(first, field):
            raise invalid(field, "the same in every part is needed")
