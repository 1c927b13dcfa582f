"""BlacklistService over a real port, through the interceptor: statuses, details, roles."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from blacklist_service.domain.limits import Limits
from blacklist_service.redis_store import RedisBlacklistStore
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from service_kit.redis_client import StoreClient, connect
from support.valkey import LOOPBACK, free_ports

if TYPE_CHECKING:  # the generated types alone know it
    from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceAsyncStub

    Serve: TypeAlias = Callable[..., Awaitable[BlacklistServiceAsyncStub]]

ENTERPRISE = pb.List(kind=BLACKLIST_KIND_ENTERPRISE)
ZHANG = pb.List(kind=BLACKLIST_KIND_PERSONAL, owner_userid="zhang")
BY_RULE = pb.Source(kind=pb.SOURCE_KIND_RULE, id="r1")
ADDED, ALREADY = pb.AddEntriesResponse.OUTCOME_ADDED, pb.AddEntriesResponse.OUTCOME_ALREADY_LISTED
REMOVED, NOT_LISTED = pb.RemoveEntriesResponse.OUTCOME_REMOVED, pb.RemoveEntriesResponse.OUTCOME_NOT_LISTED
NOW = 1_764_000_000.123456
TOKENS = {
    "admin": ("crm", ["super_admin"]),
    "zhang": ("zhang's phone", ["member:zhang"]),
    "li": ("li's phone", ["member:li"]),
    "filter": ("filter", ["service"]),
    "viewer": ("audit", ["viewer"]),
    "checker": ("gate", ["checker"]),
    "registry": ("sync", ["registry"]),
    "strategy": ("lead", ["strategy_admin:zhang"]),
    "both": ("bot", ["service", "member:zhang"]),
}


def add(blacklist: pb.List, *ids: str, **fields: Any) -> pb.AddEntriesRequest:
    return pb.AddEntriesRequest(corp_id="ww1", list=blacklist, external_userids=ids or ["wm1"], **fields)


def remove(blacklist: pb.List, *ids: str, **fields: Any) -> pb.RemoveEntriesRequest:
    return pb.RemoveEntriesRequest(corp_id="ww1", list=blacklist, external_userids=ids or ["wm1"], **fields)


def check(*ids: str, owner: str = "zhang") -> pb.CheckCustomersRequest:
    queries = [
        pb.CheckCustomersRequest.Query(external_userid=id, owner_userid=owner) for id in ids or ["wm1"]
    ]
    return pb.CheckCustomersRequest(corp_id="ww1", queries=queries)


async def send(stub: BlacklistServiceAsyncStub, request: Any, token: str = "") -> Any:
    method = getattr(stub, type(request).__name__.removesuffix("Request"))
    return await method(request, metadata=[("authorization", f"Bearer {token}")] if token else [])


class Refused:
    """The status of a failed call with its details."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]
        assert status is not None
        self.code = error.code()
        self.message = status.message
        self.info, self.bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        self.quota = error_details_pb2.QuotaFailure()
        for detail in status.details:
            for known in (self.info, self.bad_request, self.quota):
                detail.Unpack(known)

    @property
    def fields(self) -> list[str]:
        return [violation.field for violation in self.bad_request.field_violations]


async def refused(stub: BlacklistServiceAsyncStub, request: Any, token: str = "") -> Refused:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await send(stub, request, token)
    return Refused(error.value)


@pytest.fixture
async def stub(serve: Serve, single_client: StoreClient) -> BlacklistServiceAsyncStub:
    """A service that asks for no token; its lists hold 3 customers."""
    return await serve(RedisBlacklistStore(single_client, Limits(enterprise=3, personal=3)), lambda: NOW)


@pytest.fixture
async def guarded(serve: Serve, single_client: StoreClient) -> BlacklistServiceAsyncStub:
    """A service that asks for the tokens above."""
    return await serve(RedisBlacklistStore(single_client), lambda: NOW, TOKENS)


async def test_entries_come_back_as_they_were_put(guarded: BlacklistServiceAsyncStub) -> None:
    """With the caller's name and the server's time; the enterprise entry first; nobody for nobody."""
    await send(guarded, add(ZHANG, "wm1", "wm2", reason="卖假货"), "zhang")
    added = await send(guarded, add(ENTERPRISE, "wm1", source=BY_RULE), "filter")
    assert (list(added.outcomes), added.count, added.limit) == ([ADDED], 1, 2_000_000)
    results = (await send(guarded, check("wm1", "wm0", "wm2"), "checker")).results
    assert [len(result.entries) for result in results] == [2, 0, 1]
    by_rule, by_hand = results[0].entries
    expected = pb.Entry(external_userid="wm1", list=ENTERPRISE, source=BY_RULE, added_by="filter")
    expected.add_time.FromMicroseconds(1_764_000_000_123_456)
    assert by_rule == expected
    expected = pb.Entry(
        external_userid="wm1",
        list=ZHANG,
        reason="卖假货",
        source=pb.Source(kind=pb.SOURCE_KIND_MANUAL),
        added_by="zhang's phone",
    )
    expected.add_time.FromMicroseconds(1_764_000_000_123_456)
    assert by_hand == expected


async def test_outcomes_are_in_the_order_asked(stub: BlacklistServiceAsyncStub) -> None:
    """Of additions and of removals, with the count after them."""
    await send(stub, add(ZHANG, "b"))
    added = await send(stub, add(ZHANG, "c", "b", "a"))
    assert (list(added.outcomes), added.count, added.limit) == ([ADDED, ALREADY, ADDED], 3, 3)
    removed = await send(stub, remove(ZHANG, "x", "a", "c"))
    assert (list(removed.outcomes), removed.count) == ([NOT_LISTED, REMOVED, REMOVED], 1)


async def test_full_list_is_resource_exhausted(stub: BlacklistServiceAsyncStub) -> None:
    """The status names limit, current and asked; asked are the new ones only."""
    await send(stub, add(ZHANG, "a", "b"))
    status = await refused(stub, add(ZHANG, "b", "c", "d"))
    assert (status.code, status.info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
    assert status.info.domain == "groupguard"
    numbers = {name: status.info.metadata[name] for name in ("limit", "current", "asked")}
    assert numbers == {"limit": "3", "current": "2", "asked": "2"}
    [violation] = status.quota.violations
    assert violation.subject == "corp ww1, member zhang"
    assert [len(result.entries) for result in (await send(stub, check("c", "d"))).results] == [0, 0]


async def test_request_id_makes_a_call_safe_to_repeat(stub: BlacklistServiceAsyncStub) -> None:
    """In any spelling of the UUID; for another body, or another method, it is refused."""
    id = str(uuid.uuid4())
    first = await send(stub, add(ZHANG, "a", request_id=id))
    await send(stub, remove(ZHANG, "a"))
    assert await send(stub, add(ZHANG, "a", request_id=id.upper())) == first
    assert not (await send(stub, check("a"))).results[0].entries
    for other in (add(ZHANG, "b", request_id=id), remove(ZHANG, "a", request_id=id)):
        status = await refused(stub, other)
        assert (status.code, status.info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")


LONG = "群" * 22  # 66 bytes
NO_LIST = pb.List(kind=BLACKLIST_KIND_ENTERPRISE, owner_userid="zhang")
NOBODYS = pb.List(kind=BLACKLIST_KIND_PERSONAL)
UNKNOWN = pb.List(kind=9, owner_userid=LONG)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (pb.AddEntriesRequest(), ["corp_id", "list", "external_userids"]),
        (pb.RemoveEntriesRequest(), ["corp_id", "list", "external_userids"]),
        (pb.CheckCustomersRequest(), ["corp_id", "queries"]),
        (add(pb.List(owner_userid="zhang")), ["list.kind"]),
        (check("", "a", ""), ["queries[0].external_userid", "queries[2].external_userid"]),
        (add(ZHANG, "a", "", "b\n", LONG, "a", "\x7f"), [f"external_userids[{n}]" for n in (1, 2, 3, 4, 5)]),
        (remove(ZHANG, "a", "", "a", "a"), [f"external_userids[{n}]" for n in (1, 2, 3)]),
        (add(ZHANG, *map(str, range(1001))), ["external_userids"]),
        (remove(ZHANG, *map(str, range(1001))), ["external_userids"]),
        (check(*(["a"] * 1001)), ["queries"]),
        (
            check(LONG, "a\tb", owner="\x00"),
            [f"queries[{n}].{name}_userid" for n in (0, 1) for name in ("external", "owner")],
        ),
        (add(NO_LIST, reason="群" * 201), ["list.owner_userid", "reason"]),
        (add(NOBODYS), ["list.owner_userid"]),
        (remove(UNKNOWN, ""), ["list.kind", "external_userids[0]"]),
        (add(UNKNOWN, source=pb.Source(kind=9)), ["list.kind", "source.kind"]),  # type: ignore[arg-type]
        (add(ZHANG, source=pb.Source(kind=pb.SOURCE_KIND_RULE)), ["source.id"]),
        (add(ZHANG, source=pb.Source(kind=pb.SOURCE_KIND_RULE, id=LONG)), ["source.id"]),
        (add(ZHANG, source=pb.Source(id="r1")), ["source.id"]),
        (add(ZHANG, source=pb.Source(kind=pb.SOURCE_KIND_MANUAL, id="r1")), ["source.id"]),
        (add(ZHANG, request_id="1"), ["request_id"]),
    ],
)
async def test_every_violation_is_named(
    stub: BlacklistServiceAsyncStub, request_: Any, fields: list[str]
) -> None:
    """By its path in the request; nothing is written."""
    status = await refused(stub, request_)
    assert (status.code, status.info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert status.fields == fields
    assert not (await send(stub, check("a"))).results[0].entries


@pytest.mark.parametrize("corp_id", ["w" * 65, "ww\n1"])
async def test_corp_id_is_checked(stub: BlacklistServiceAsyncStub, corp_id: str) -> None:
    """By every method, beside the other fields."""
    for request in (add(NOBODYS), remove(NOBODYS), check(LONG, owner="")):
        request.corp_id = corp_id
        assert len((await refused(stub, request)).fields) == 2
    request.corp_id = "w" * 64
    assert "corp_id" not in (await refused(stub, request)).fields


async def test_longest_values_are_taken(stub: BlacklistServiceAsyncStub) -> None:
    """64 bytes, 200 characters of any kind, a thousand customers."""
    longest = "群" * 21 + "a"
    source = pb.Source(kind=pb.SOURCE_KIND_RULE, id=longest)
    personal = pb.List(kind=BLACKLIST_KIND_PERSONAL, owner_userid=longest)
    reason = "\U0001f600" * 199 + "\n"
    added = await send(
        stub, add(personal, longest, reason=reason, source=source, request_id=str(uuid.uuid4()))
    )
    assert list(added.outcomes) == [ADDED]
    [entry] = (await send(stub, check(longest, owner=longest))).results[0].entries
    assert (entry.reason, entry.source, entry.list) == (reason, source, personal)
    assert len((await send(stub, remove(personal, *map(str, range(1000))))).outcomes) == 1000
    assert len((await send(stub, check(*map(str, range(1000))))).results) == 1000


ALL = frozenset(TOKENS)
ROLES = [
    (add(ENTERPRISE), {"admin"}),
    (add(ZHANG), {"admin", "zhang", "both"}),
    (add(ENTERPRISE, source=BY_RULE), {"admin", "filter", "both"}),
    (add(ZHANG, source=BY_RULE), {"admin", "zhang", "filter", "both"}),
    (remove(ENTERPRISE), {"admin"}),
    (remove(ZHANG), {"admin", "zhang", "both"}),
    (check(), {"admin", "viewer", "checker", "filter", "both"}),
]


@pytest.mark.parametrize(("request_", "allowed"), ROLES)
async def test_roles_decide_who_may(
    guarded: BlacklistServiceAsyncStub, request_: Any, allowed: set[str]
) -> None:
    """Both ways for every role, and in another corp for nobody."""
    for token in sorted(allowed):
        await send(guarded, request_, token)
    for token in sorted(ALL - allowed):
        status = await refused(guarded, request_, token)
        assert (status.code, status.info.reason) == (
            grpc.StatusCode.PERMISSION_DENIED,
            "PERMISSION_DENIED",
        ), token
        assert status.info.metadata["any_of"]
    elsewhere = type(request_)()
    elsewhere.CopyFrom(request_)
    elsewhere.corp_id = "ww2"
    for token in sorted(ALL):
        assert (await refused(guarded, elsewhere, token)).code is grpc.StatusCode.PERMISSION_DENIED


async def test_denied_call_writes_nothing(guarded: BlacklistServiceAsyncStub) -> None:
    """Neither an addition nor a removal."""
    await refused(guarded, add(ZHANG, "wm1"), "li")
    assert not (await send(guarded, check("wm1"), "admin")).results[0].entries
    await send(guarded, add(ZHANG, "wm1"), "admin")
    await refused(guarded, remove(ZHANG, "wm1"), "filter")
    assert (await send(guarded, check("wm1"), "admin")).results[0].entries


@pytest.mark.parametrize("token", ["", "unknown"])
async def test_nobody_in_particular_is_unauthenticated(
    guarded: BlacklistServiceAsyncStub, token: str
) -> None:
    """Before anything else is looked at."""
    for request in (pb.AddEntriesRequest(), remove(ZHANG), check()):
        status = await refused(guarded, request, token)
        assert (status.code, status.info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")


async def test_store_that_is_away_is_unavailable(serve: Serve) -> None:
    """Never an answer of "not listed"; the text tells no address."""
    [port] = free_ports(1)
    client = connect(f"redis://:secret@{LOOPBACK}:{port}")
    stub = await serve(RedisBlacklistStore(client))
    for request in (add(ZHANG), remove(ZHANG), check()):
        status = await refused(stub, request)
        assert (status.code, status.info.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
        assert str(port) not in status.message
    await client.aclose()
