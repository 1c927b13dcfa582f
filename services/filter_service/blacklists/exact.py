"""The exact answer: BlacklistService, over gRPC."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import grpc.aio

from filter_service.blacklists.lists import BlacklistsUnavailable, ListFull, Lookup
from filter_service.domain.rule import Blacklist
from groupguard.blacklist.v1.blacklist_service_pb2 import (
    SOURCE_KIND_RULE,
    AddEntriesRequest,
    CheckCustomersRequest,
    Entry,
    List,
    Source,
)
from groupguard.blacklist.v1.filter_pb2 import RebuildFilterRequest
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from groupguard_client import failure
from service_kit import deadline
from service_kit.errors import RevisionUnknown
from service_kit.request_log import log
from service_kit.revision import Revision

if TYPE_CHECKING:
    from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceAsyncStub

ANSWER_SECONDS = 1.0
_REBUILD_SECONDS = 120.0
_NAMESPACE = uuid.UUID("6f1d7f0a-4e0c-4a64-9a5b-1d2f8f7f3c21")


class GrpcBlacklists:
    """See `Blacklists`; every question is BlacklistService's to answer."""

    def __init__(self, stub: "BlacklistServiceAsyncStub", seconds: float = ANSWER_SECONDS) -> None:
        """Asks and adds with calls that may take so many seconds."""
        self._stub = stub
        self._seconds = seconds
        self.refused = 0
        """Customers whom a rule wanted on a list that was full, since this process began."""

    async def look_up(
        self, corp_id: str, lookups: Iterable[Lookup], at_least: Revision | None = None
    ) -> Mapping[Lookup, Blacklist]:
        found = await self.find(corp_id, lookups, at_least)
        return {lookup: blacklist for lookup, (blacklist, _) in found.items()}

    async def find(
        self, corp_id: str, lookups: Iterable[Lookup], at_least: Revision | None = None
    ) -> dict[Lookup, tuple[Blacklist, float]]:
        """Returns what `look_up` does, with the time, in seconds since 1970, until which each is so."""
        asked = list(dict.fromkeys(lookups))
        if not asked:
            return {}
        request = CheckCustomersRequest(
            corp_id=corp_id,
            queries=[
                CheckCustomersRequest.Query(external_userid=customer, owner_userid=owner)
                for customer, owner in asked
            ],
            min_blacklist_revision=str(at_least or ""),
        )
        try:
            answer = await self._stub.CheckCustomers(request, timeout=deadline.remaining(self._seconds))
        except grpc.aio.AioRpcError as error:
            if at_least and (failed := failure(error)).reason == RevisionUnknown.reason:
                raise RevisionUnknown(str(at_least), failed.metadata["current"]) from error
            raise BlacklistsUnavailable(error.code().name) from error
        return {
            lookup: _widest(result.entries)
            for lookup, result in zip(asked, answer.results, strict=True)
            if result.entries
        }

    async def add(
        self,
        corp_id: str,
        blacklist: Blacklist,
        owner_userid: str,
        external_userid: str,
        rule_id: str,
        cause: str,
    ) -> Revision:
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
            added = await self._stub.AddEntries(request, timeout=deadline.remaining(self._seconds))
        except grpc.aio.AioRpcError as error:
            if failure(error).reason == "LIMIT_EXCEEDED":
                self.refused += 1
                log().warning("blacklist full", corp_id=corp_id, rule_id=rule_id, refused=self.refused)
                raise ListFull from error
            raise BlacklistsUnavailable(error.code().name) from error
        return Revision.parse(added.blacklist_revision)

    async def ask_for_filter(self, corp_id: str) -> None:
        """Has the corp's filter published anew, and waits for it; that it fails is only logged."""
        try:
            async for _ in self._stub.RebuildFilter(
                RebuildFilterRequest(corp_id=corp_id), timeout=_REBUILD_SECONDS
            ):
                pass
        except grpc.aio.AioRpcError as error:
            log().warning("filter not rebuilt", corp_id=corp_id, why=error.code().name)


def _widest(entries: Sequence[Entry]) -> tuple[Blacklist, float]:
    """Returns the widest list of a customer's entries, and until when their lists are the same."""
    until = min(
        entry.expire_time.ToMicroseconds() / 1_000_000 if entry.HasField("expire_time") else float("inf")
        for entry in entries
    )
    widest = entries[0].list.kind  # the enterprise list's entry comes first
    return (Blacklist.ENTERPRISE if widest == BLACKLIST_KIND_ENTERPRISE else Blacklist.PERSONAL), until
