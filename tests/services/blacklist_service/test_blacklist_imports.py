"""Imports, undoing, expiry, pages and exports through gRPC, with the store's and the caller's failures in between."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest

from blacklist_service.domain.limits import Limits
from blacklist_service.redis_store import RedisBlacklistStore
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.blacklist.v1.filter_pb2 import Filter, RebuildFilterRequest
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from groupguard_client import Addresses, GroupGuard, failure
from service_kit.embedded import EmbeddedStore
from service_kit.redis_client import StoreClient
from support.processes import wait_until
from support.services import ServiceProcess, running

if TYPE_CHECKING:
    from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceAsyncStub

ENTERPRISE = pb.List(kind=BLACKLIST_KIND_ENTERPRISE)
ZHANG = pb.List(kind=BLACKLIST_KIND_PERSONAL, owner_userid="zhang")
IMPORTED = int(os.environ.get("GROUPGUARD_TEST_IMPORT", "20000"))
"""Customers in the imports that are killed; 2,000,000 is the long form."""
_KILLS = int(os.environ.get("GROUPGUARD_TEST_KILLS", "1"))
TOKENS = {
    "admin": ("crm", ["super_admin"]),
    "zhang": ("zhang's phone", ["member:zhang"]),
    "li": ("li's phone", ["member:li"]),
    "filter": ("filter", ["service"]),
    "viewer": ("audit", ["viewer"]),
    "checker": ("gate", ["checker"]),
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_764_000_000.0

    def __call__(self) -> float:
        return self.now


def part(first: int, *ids: str, blacklist: pb.List = ZHANG, id: str = "i1") -> pb.ImportEntriesRequest:
    items = [pb.ImportEntriesRequest.Item(external_userid=it) for it in ids]
    return pb.ImportEntriesRequest(
        corp_id="ww1", import_id=id, list=blacklist, first_index=first, items=items
    )


async def imported(
    stub: BlacklistServiceAsyncStub, *parts: pb.ImportEntriesRequest, token: str = ""
) -> list[pb.ImportEntriesResponse]:
    async def sent() -> AsyncIterator[pb.ImportEntriesRequest]:
        for each in parts:
            yield each

    return [it async for it in stub.ImportEntries(sent(), metadata=_metadata(token))]


def _metadata(token: str) -> Any:
    return [("authorization", f"Bearer {token}")] if token else []


def figures(account: pb.ImportEntriesResponse) -> tuple[int, ...]:
    return (
        account.next_index,
        account.added_count,
        account.already_listed_count,
        account.refused_count,
        account.count,
    )


async def listed(stub: BlacklistServiceAsyncStub, blacklist: pb.List, size: int = 1000) -> list[pb.Entry]:
    found: list[pb.Entry] = []
    token = ""
    while True:
        request = pb.ListEntriesRequest(corp_id="ww1", list=blacklist, page_size=size, page_token=token)
        page = await stub.ListEntries(request)
        found += page.entries
        token = page.next_page_token
        if not token:
            return found
        assert len(page.entries) == size


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits() -> Limits:
    return Limits(enterprise=2_000, personal=4)


@pytest.fixture
async def stub(serve: Any, client: StoreClient, clock: Clock, limits: Limits) -> BlacklistServiceAsyncStub:
    """A service with small lists, once on a single server and once on a cluster."""
    started: BlacklistServiceAsyncStub = await serve(RedisBlacklistStore(client, limits, clock), clock)
    return started


async def test_parts_are_taken_once_wherever_an_import_is_gone_on_with(
    stub: BlacklistServiceAsyncStub,
) -> None:
    """From the beginning, from the middle of a part, from where it was; beyond that it is refused."""
    [first] = await imported(stub, part(0, "a", "b", ""))
    assert figures(first) == (3, 2, 0, 1, 2)
    assert [(it.index, it.external_userid) for it in first.refusals] == [(2, "")]
    again = await imported(stub, part(0, "a", "b", ""), part(1, "b", "", "c"))
    assert [figures(it) for it in again] == [(3, 2, 0, 1, 2), (4, 3, 0, 1, 3)]
    assert not any(it.refusals for it in again)
    [account] = await imported(stub, part(0))
    assert figures(account) == (4, 3, 0, 1, 3)
    [account] = await imported(stub, part(4, "a"))
    assert figures(account) == (5, 3, 1, 1, 3)
    for wrong in (part(6, "d"), part(5, "d", blacklist=ENTERPRISE)):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await imported(stub, wrong)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert {it.external_userid for it in await listed(stub, ZHANG)} == {"a", "b", "c"}


async def test_an_import_stops_where_the_list_is_full_and_goes_on_when_there_is_room(
    stub: BlacklistServiceAsyncStub,
) -> None:
    """At the very item; nothing behind it is taken."""
    answers = await imported(stub, part(0, "a", "b", "c"), part(3, "a", "d", "e", "f"), part(7, "g"))
    assert [(figures(it), it.list_full) for it in answers] == [
        ((3, 3, 0, 0, 3), False),
        ((5, 4, 1, 0, 4), True),
    ]
    await stub.RemoveEntries(pb.RemoveEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=["a", "b"]))
    answers = await imported(stub, part(5, "e", "f"), part(7, "g"))
    assert [(it.next_index, it.count, it.list_full) for it in answers] == [(7, 4, False), (7, 4, True)]


async def test_an_expired_entry_frees_its_place(stub: BlacklistServiceAsyncStub, clock: Clock) -> None:
    """It is not found, listed, exported or counted from its time on, and never keeps anybody off a full list."""
    for number, id in enumerate("abcd"):
        request = pb.AddEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=[id])
        if number:
            request.expire_time.FromMicroseconds(round((clock.now + number * 10) * 1e6))
        await stub.AddEntries(request)
    full = pb.AddEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=["x", "y"])
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.AddEntries(full)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    clock.now += 10
    queries = [pb.CheckCustomersRequest.Query(external_userid=id, owner_userid="zhang") for id in "abc"]
    found = await stub.CheckCustomers(pb.CheckCustomersRequest(corp_id="ww1", queries=queries))
    assert [len(result.entries) for result in found.results] == [1, 0, 1]
    assert {it.external_userid for it in await listed(stub, ZHANG)} == {"a", "c", "d"}
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.AddEntries(full)
    clock.now += 10
    assert (await stub.AddEntries(full)).count == 4
    clock.now += 10
    state = await stub.GetBlacklist(pb.GetBlacklistRequest(corp_id="ww1", list=ZHANG))
    assert (state.count, state.limit) == (3, 4)
    exported = stub.ExportEntries(pb.ExportEntriesRequest(corp_id="ww1"))
    assert {it.external_userid async for some in exported for it in some.entries} == {"a", "x", "y"}


async def test_a_customer_whose_entry_expired_is_new_again(
    stub: BlacklistServiceAsyncStub, clock: Clock
) -> None:
    """With the new reason, and in the same place; removing an expired entry removes nobody."""
    request = pb.AddEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=["a"], reason="old")
    request.expire_time.FromMicroseconds(round((clock.now + 1) * 1e6))
    await stub.AddEntries(request)
    clock.now += 1
    again = await stub.AddEntries(
        pb.AddEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=["a"], reason="new")
    )
    assert (list(again.outcomes), again.count) == ([pb.AddEntriesResponse.OUTCOME_ADDED], 1)
    [entry] = await listed(stub, ZHANG)
    assert (entry.reason, entry.HasField("expire_time")) == ("new", False)
    request.external_userids[:] = ["b"]
    request.expire_time.FromMicroseconds(round((clock.now + 1) * 1e6))
    await stub.AddEntries(request)
    clock.now += 1
    gone = await stub.RemoveEntries(
        pb.RemoveEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=["b"])
    )
    assert (list(gone.outcomes), gone.count) == ([pb.RemoveEntriesResponse.OUTCOME_NOT_LISTED], 1)


async def test_what_one_source_put_on_is_taken_off_and_nothing_else(stub: BlacklistServiceAsyncStub) -> None:
    """A rule's on all lists, or on one; the import can be done anew."""
    rule = pb.Source(kind=pb.SOURCE_KIND_RULE, id="r1")
    for blacklist in (ENTERPRISE, ZHANG):
        for source, id in (
            (rule, "by rule"),
            (pb.Source(kind=pb.SOURCE_KIND_RULE, id="r2"), "by another"),
            (None, "by hand"),
        ):
            await stub.AddEntries(
                pb.AddEntriesRequest(corp_id="ww1", list=blacklist, external_userids=[id], source=source)
            )
    await imported(stub, part(0, "by import", "by hand"))

    async def removed(source: pb.Source, blacklist: pb.List | None = None) -> int:
        request = pb.RemoveBySourceRequest(corp_id="ww1", source=source, list=blacklist)
        last = [it async for it in stub.RemoveBySource(request)][-1]
        assert last.done_count == last.total_count
        return last.removed_count

    assert await removed(rule, ENTERPRISE) == 1
    assert {it.external_userid for it in await listed(stub, ZHANG)} == {
        "by rule",
        "by another",
        "by hand",
        "by import",
    }
    assert await removed(rule) == 1
    assert await removed(rule) == 0
    assert await removed(pb.Source(kind=pb.SOURCE_KIND_IMPORT, id="i1")) == 1
    assert {it.external_userid for it in await listed(stub, ZHANG)} == {"by another", "by hand"}
    assert {it.external_userid for it in await listed(stub, ENTERPRISE)} == {"by another", "by hand"}
    [account] = await imported(stub, part(0, "by import"))
    assert figures(account) == (1, 1, 0, 0, 3)


async def test_pages_hold_each_entry_once(stub: BlacklistServiceAsyncStub) -> None:
    """Of any size; a token is good for its query alone."""
    ids = [f"wm{number}" for number in range(1_500)]
    await imported(stub, *(part(at, *ids[at : at + 500], blacklist=ENTERPRISE) for at in (0, 500, 1000)))
    for size in (70, 1000):
        found = [it.external_userid for it in await listed(stub, ENTERPRISE, size)]
        assert len(found) == 1_500
        assert set(found) == set(ids)
    token = (await stub.ListEntries(pb.ListEntriesRequest(corp_id="ww1", list=ENTERPRISE))).next_page_token
    for wrong in (
        pb.ListEntriesRequest(corp_id="ww1", list=ZHANG, page_token=token),
        pb.ListEntriesRequest(corp_id="ww2", list=ENTERPRISE, page_token=token),
        pb.ListEntriesRequest(corp_id="ww1", list=ENTERPRISE, page_token="x"),
        pb.ListEntriesRequest(corp_id="ww1", list=ENTERPRISE, page_size=1_001),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.ListEntries(wrong)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_fifty_parallel_adds_to_the_last_place_pass_once(stub: BlacklistServiceAsyncStub) -> None:
    """Pitfall 34: on a list that is one short of its limit; imports count, too."""
    await imported(stub, part(0, "a", "b", "c"))

    async def one(number: int) -> bool:
        request = pb.AddEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=[f"new {number}"])
        try:
            if number % 2:
                [account] = await imported(stub, part(0, f"new {number}", id=f"i {number}"))
                return not account.list_full
            await stub.AddEntries(request)
        except grpc.aio.AioRpcError as error:
            codes.append(error.code())
            return False
        return True

    codes: list[grpc.StatusCode] = []
    passed = await asyncio.gather(*(one(number) for number in range(50)))
    assert sum(passed) == 1
    assert set(codes) == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert len(await listed(stub, ZHANG)) == 4


async def test_a_filter_is_published_by_itself_when_it_is_due(stub: BlacklistServiceAsyncStub) -> None:
    """Once it is full; and, when much was removed, anew. What it tells is about right."""

    async def published() -> Any:
        while True:
            state = await stub.GetBlacklist(pb.GetBlacklistRequest(corp_id="ww1", list=ENTERPRISE))
            if state.filter.published and state.filter.added_count == state.filter.removed_count == 0:
                return state.filter
            await asyncio.sleep(0.02)

    ids = [f"wm{number}" for number in range(1_100)]
    await imported(
        stub, part(0, *ids[:600], blacklist=ENTERPRISE), part(600, *ids[600:], blacklist=ENTERPRISE)
    )
    async with asyncio.timeout(10):
        found = await published()
    assert (found.entry_count, found.capacity, found.tail_length) == (1_100, 2_100, 0)
    assert found.predicted_false_positives < 0.0005
    assert found.observed_false_positives < 0.0005
    await stub.RemoveEntries(
        pb.RemoveEntriesRequest(corp_id="ww1", list=ENTERPRISE, external_userids=ids[:200])
    )
    async with asyncio.timeout(10):
        assert (await published()).entry_count == 900


async def test_a_filter_that_many_ask_for_is_made_for_all_of_them(
    stub: BlacklistServiceAsyncStub, client: StoreClient
) -> None:
    """Every caller gets what was published; one that asks later gets a new one."""
    await imported(stub, part(0, *(f"wm{number}" for number in range(900)), blacklist=ENTERPRISE))

    async def asked() -> Filter:
        answers = stub.RebuildFilter(RebuildFilterRequest(corp_id="ww1"))
        return [it async for it in answers][-1].filter

    found = await asyncio.gather(*(asked() for _ in range(10)))
    assert all(it.published and it.entry_count == 900 for it in found)
    commands: Any = client  # redis-py types every answer as a union over all of its modes
    begun = int(await commands.get("gg:blacklist:{ww1}:filter-version"))
    assert begun < 5
    await asked()
    assert int(await commands.get("gg:blacklist:{ww1}:filter-version")) == begun + 1


async def test_who_may_do_what(serve: Any, client: StoreClient) -> None:
    """Members with their own list, viewers may read, services may have a filter rebuilt."""
    stub = await serve(RedisBlacklistStore(client), lambda: 1_764_000_000.0, TOKENS)
    rule = pb.Source(kind=pb.SOURCE_KIND_RULE, id="r1")
    rows: list[tuple[str, Any, set[str]]] = [
        ("ListEntries", pb.ListEntriesRequest(corp_id="ww1", list=ZHANG), {"admin", "viewer", "zhang"}),
        ("GetBlacklist", pb.GetBlacklistRequest(corp_id="ww1", list=ENTERPRISE), {"admin", "viewer"}),
        ("ExportEntries", pb.ExportEntriesRequest(corp_id="ww1", list=ZHANG), {"admin", "viewer", "zhang"}),
        ("ExportEntries", pb.ExportEntriesRequest(corp_id="ww1"), {"admin", "viewer", "zhang", "li"}),
        ("ImportEntries", part(0, "a"), {"admin", "zhang"}),
        ("RemoveBySource", pb.RemoveBySourceRequest(corp_id="ww1", source=rule), {"admin"}),
        (
            "RemoveBySource",
            pb.RemoveBySourceRequest(corp_id="ww1", source=rule, list=ZHANG),
            {"admin", "zhang"},
        ),
        ("RebuildFilter", RebuildFilterRequest(corp_id="ww1"), {"admin", "filter"}),
    ]
    for method, request, allowed in rows:
        for token in TOKENS:
            code = await _code(stub, method, request, token)
            expected = grpc.StatusCode.OK if token in allowed else grpc.StatusCode.PERMISSION_DENIED
            assert (method, token, code) == (method, token, expected)
    exported = stub.ExportEntries(pb.ExportEntriesRequest(corp_id="ww1"), metadata=_metadata("li"))
    assert [it async for it in exported] == []


async def _code(stub: Any, method: str, request: Any, token: str) -> grpc.StatusCode:
    try:
        if method == "ImportEntries":
            await imported(stub, request, token=token)
        elif method in ("ListEntries", "GetBlacklist"):
            await getattr(stub, method)(request, metadata=_metadata(token))
        else:
            async for _ in getattr(stub, method)(request, metadata=_metadata(token)):
                pass
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (
            pb.AddEntriesRequest(
                corp_id="ww1",
                list=ZHANG,
                external_userids=["a"],
                source=pb.Source(kind=pb.SOURCE_KIND_IMPORT, id="i"),
            ),
            ["source.kind"],
        ),
        (
            pb.RemoveBySourceRequest(corp_id="ww1", source=pb.Source(kind=pb.SOURCE_KIND_MANUAL)),
            ["source.kind"],
        ),
        (pb.RemoveBySourceRequest(corp_id="ww1", source=pb.Source(kind=pb.SOURCE_KIND_RULE)), ["source.id"]),
        (
            pb.ListEntriesRequest(corp_id="ww1", list=pb.List(kind=BLACKLIST_KIND_PERSONAL)),
            ["list.owner_userid"],
        ),
        (
            pb.CheckCustomersRequest(
                corp_id="ww1",
                queries=[pb.CheckCustomersRequest.Query(external_userid="a")],
                min_blacklist_revision="x",
            ),
            ["min_blacklist_revision"],
        ),
    ],
)
async def test_bad_requests_name_their_fields(
    stub: BlacklistServiceAsyncStub, message: Any, fields: list[str]
) -> None:
    """With INVALID_ARGUMENT."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _called(stub, message)
    failed = failure(refused.value)
    assert (failed.code, [field for field, _ in failed.violations]) == ("INVALID_ARGUMENT", fields)


async def _called(stub: Any, request: Any) -> None:
    call = getattr(stub, type(request).__name__.removesuffix("Request"))(request)
    if hasattr(call, "__aiter__"):
        async for _ in call:
            pass
    else:
        await call


async def test_expiry_must_be_ahead(stub: BlacklistServiceAsyncStub, clock: Clock) -> None:
    """And within a hundred years; an import refuses the item alone."""
    for at in (clock.now, clock.now - 1, clock.now + 101 * 366 * 86_400):
        request = pb.AddEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=["a"])
        request.expire_time.FromMicroseconds(round(at * 1e6))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.AddEntries(request)
        assert [field for field, _ in failure(refused.value).violations] == ["expire_time"]
        sent = part(0, "a", "b", id=f"i {at}")
        sent.items[0].expire_time.CopyFrom(request.expire_time)
        [account] = await imported(stub, sent)
        assert [(it.index, it.why.partition(":")[0]) for it in account.refusals] == [(0, "expire_time")]


async def test_a_revision_that_was_not_reached_is_unknown(stub: BlacklistServiceAsyncStub) -> None:
    """Every write returns one; look-ups may demand it."""
    added = await stub.AddEntries(pb.AddEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=["a"]))
    again = await stub.AddEntries(pb.AddEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=["a"]))
    assert again.blacklist_revision == added.blacklist_revision
    removed = await stub.RemoveEntries(
        pb.RemoveEntriesRequest(corp_id="ww1", list=ZHANG, external_userids=["a"])
    )
    queries = [pb.CheckCustomersRequest.Query(external_userid="a")]
    for token in (added.blacklist_revision, removed.blacklist_revision):
        await stub.CheckCustomers(
            pb.CheckCustomersRequest(corp_id="ww1", queries=queries, min_blacklist_revision=token)
        )
    for token in (
        "3-ab",
        f"{removed.blacklist_revision[:-1]}g".replace(
            "g", "0" if removed.blacklist_revision[-1] != "0" else "1"
        ),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.CheckCustomers(
                pb.CheckCustomersRequest(corp_id="ww1", queries=queries, min_blacklist_revision=token)
            )
        failed = failure(refused.value)
        assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "REVISION_UNKNOWN")


# ----------------------------------------------------------------------------------------------------------- kill -9


def _parts(first: int) -> Iterator[pb.ImportEntriesRequest]:
    """An import in which every tenth customer was named before and every hundredth is none."""
    for begin in range(first, IMPORTED, 1_000):
        yield part(begin, *map(_customer, range(begin, min(begin + 1_000, IMPORTED))), blacklist=ENTERPRISE)


def _customer(number: int) -> str:
    if number % 100 == 99:
        return "x" * 65
    return f"wm{number - 1 if number % 10 == 5 else number:030d}"


@pytest.mark.parametrize("victim", ["blacklist", "durable"])
def test_an_import_outlasts_kill_9_with_exact_counts(folder: Path, victim: str) -> None:
    """Pitfall 22, in batches; of BlacklistService and of its store: whoever goes on where the import was told to be ends with the right account."""
    with EmbeddedStore(folder / "data") as store:
        for kill in range(1, _KILLS + 1):
            with serving(store) as (process, gg):
                pid = store.pids["durable"] if victim == "durable" else process.popen.pid
                import_until_killed(gg, IMPORTED * kill // (_KILLS + 1), pid)
            if victim == "durable":
                assert wait_until(lambda: bool(store.ensure_running()), 10)
                store.wait_ready()
        with serving(store) as (_, gg):
            account = import_until_killed(gg, IMPORTED, 0)
            exported = gg.blacklist.ExportEntries(pb.ExportEntriesRequest(corp_id="ww1"))
            ids = [it.external_userid for some in exported for it in some.entries]
    refused, again = IMPORTED // 100, IMPORTED // 10
    new = IMPORTED - refused - again
    assert figures(account) == (IMPORTED, new, again, refused, new)
    assert len(ids) == len(set(ids)) == new
    assert set(ids) == {_customer(number) for number in range(IMPORTED) if number % 100 != 99}


@contextmanager
def serving(store: EmbeddedStore) -> Iterator[tuple[ServiceProcess, GroupGuard]]:
    """A process that serves the store's lists, and a client of it."""
    with (
        running("blacklist_service", {"GROUPGUARD_DURABLE_URL": store.durable_url}) as process,
        GroupGuard(Addresses(blacklist=process.target)) as gg,
    ):
        yield process, gg


def import_until_killed(gg: GroupGuard, at: int, pid: int) -> pb.ImportEntriesResponse:
    """Goes on with the import, and kills a process as soon as so much is taken; returns the last account."""
    [account] = gg.blacklist.ImportEntries(iter([part(0, blacklist=ENTERPRISE)]))
    answers = gg.blacklist.ImportEntries(_parts(account.next_index))
    try:
        for answer in answers:
            account = answer
            if pid and account.next_index >= at:
                os.kill(pid, signal.SIGKILL)
                pid = 0
    except grpc.RpcError:
        assert at < IMPORTED
    return account
