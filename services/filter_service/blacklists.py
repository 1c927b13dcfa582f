"""FilterService's view of the blacklists: BlacklistService, over gRPC."""

import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

import grpc.aio

from filter_service.domain.rule import Blacklist
from groupguard.blacklist.v1.blacklist_service_pb2 import (
    SOURCE_KIND_RULE,
    AddEntriesRequest,
    CheckCustomersRequest,
    List,
    Source,
)
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from service_kit import deadline

if TYPE_CHECKING:
    from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceAsyncStub

Lookup = tuple[str, str]
"""external_userid, and the owner_userid whose personal list counts (empty for none)."""
_LOOKUP_SECONDS = 1.0
_NAMESPACE = uuid.UUID("6f1d7f0a-4e0c-4a64-9a5b-1d2f8f7f3c21")


class BlacklistsUnavailable(Exception):
    """BlacklistService did not answer."""


class ListFull(Exception):
    """The list can't take another customer."""


class Blacklists(Protocol):
    """Tells who is listed, and lists."""

    async def look_up(self, corp_id: str, lookups: Iterable[Lookup]) -> Mapping[Lookup, Blacklist]:
        """Returns the widest list for everybody who is on one.

        Raises:
            BlacklistsUnavailable: no answer.
        """

    async def add(
        self,
        corp_id: str,
        blacklist: Blacklist,
        owner_userid: str,
        external_userid: str,
        rule_id: str,
        cause: str,
    ) -> None:
        """Puts a customer on a list because of a rule; the same `cause` within an hour does so once.

        Raises:
            BlacklistsUnavailable: no answer.
            ListFull: the list is at its limit.
        """


class GrpcBlacklists:
    """See `Blacklists`."""

    def __init__(self, stub: "BlacklistServiceAsyncStub") -> None:
        self._stub = stub

    async def look_up(self, corp_id: str, lookups: Iterable[Lookup]) -> Mapping[Lookup, Blacklist]:
        asked = list(dict.fromkeys(lookups))
        if not asked:
            return {}
        request = CheckCustomersRequest(
            corp_id=corp_id,
            queries=[
                CheckCustomersRequest.Query(external_userid=customer, owner_userid=owner)
                for customer, owner in asked
            ],
        )
        try:
            answer = await self._stub.CheckCustomers(request, timeout=deadline.remaining(_LOOKUP_SECONDS))
        except grpc.aio.AioRpcError as error:
            raise BlacklistsUnavailable(error.code().name) from error
        found = {}
        for lookup, result in zip(asked, answer.results, strict=True):
            if result.entries:
                widest = result.entries[0].list.kind
                found[lookup] = (
                    Blacklist.ENTERPRISE if widest == BLACKLIST_KIND_ENTERPRISE else Blacklist.PERSONAL
                )
        return found

    async def add(
        self,
        corp_id: str,
        blacklist: Blacklist,
        owner_userid: str,
        external_userid: str,
        rule_id: str,
        cause: str,
    ) -> None:
        enterprise = blacklist is Blacklist.ENTERPRISE
        request = AddEntriesRequest(
            corp_id=corp_id,
            list=List(
                kind=BLACKLIST_KIND_ENTERPRISE if enterprise else BLACKLIST_KIND_PERSONAL,
                owner_userid="" if enterprise else owner_userid,
            ),
            external_userids=[external_userid],
            source=Source(kind=SOURCE_KIND_RULE, id=rule_id),
        )
        if cause:
            request.request_id = str(
                uuid.uuid5(_NAMESPACE, f"{cause} {request.SerializeToString(deterministic=True).hex()}")
            )
        try:
            await self._stub.AddEntries(request, timeout=deadline.remaining(_LOOKUP_SECONDS))
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise ListFull from error
            raise BlacklistsUnavailable(error.code().name) from error
