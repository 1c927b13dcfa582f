"""Whatever happens to the lists and to the filter, every replica says who is listed as a dict would."""

from __future__ import annotations

import asyncio
import itertools
import os
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blacklist_service.domain.limits import Limits
from filter_service.domain.rule import Blacklist
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.blacklist.v1.filter_pb2 import RebuildFilterRequest
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from groupguard_client import AsyncGroupGuard
from service_kit.bloom import FilterKeys
from service_kit.redis_client import connect
from service_kit.revision import Revision
from support.blacklists import Replica, replica, served_blacklists

OWNERS = ["", "zhang", "zhang:1"]
"""Of the lists; the first is the enterprise list."""
CUSTOMERS = ["wm1", "wm2", "a:b", "{}", "群", "%", "wm1 ", "wm3"]
LIMITS = Limits(enterprise=6, personal=4)
RULES, IMPORTS = ["r1", "r2"], ["i1", "i2"]
BEGIN = 1_764_000_000.0
EXAMPLES = int(os.environ.get("GROUPGUARD_TEST_EXAMPLES", "15"))
_EXAMPLE_SECONDS = 120

_owners = st.sampled_from(OWNERS)
_customers = st.lists(st.sampled_from(CUSTOMERS), min_size=1, unique=True)
_lifetimes = st.none() | st.integers(1, 20)


@dataclass(frozen=True)
class Add:
    owner: str
    customers: list[str]
    lifetime: int | None
    rule: str


@dataclass(frozen=True)
class Remove:
    owner: str
    customers: list[str]


@dataclass(frozen=True)
class Import:
    owner: str
    import_id: str
    customers: list[str]
    lifetime: int | None


@dataclass(frozen=True)
class RemoveSource:
    kind: pb.SourceKind.ValueType
    id: str


@dataclass(frozen=True)
class Wait:
    seconds: int


@dataclass(frozen=True)
class Publish:
    pass


@dataclass(frozen=True)
class Damage:
    """Something happens to what is stored of the filter."""

    part: str
    drop: bool


@dataclass(frozen=True)
class Restart:
    """A replica begins anew, without any filter."""


_steps = st.lists(
    st.builds(Add, _owners, _customers, _lifetimes, st.sampled_from(["", *RULES]))
    | st.builds(Remove, _owners, _customers)
    | st.builds(Import, _owners, st.sampled_from(IMPORTS), _customers, _lifetimes)
    | st.builds(RemoveSource, st.just(pb.SOURCE_KIND_RULE), st.sampled_from(RULES))
    | st.builds(RemoveSource, st.just(pb.SOURCE_KIND_IMPORT), st.sampled_from(IMPORTS))
    | st.builds(Wait, st.integers(1, 15))
    | st.just(Publish())
    | st.builds(Damage, st.sampled_from(["header", "piece", "tail", "revision"]), st.booleans())
    | st.just(Restart()),
    min_size=1,
    max_size=14,
)
_corps = (f"corp {number}" for number in itertools.count())


@dataclass
class Listed:
    """An entry as the model knows it."""

    until: float
    source: tuple[int, str]


@dataclass
class World:
    """The lists, and a dict that says what they should say."""

    gg: AsyncGroupGuard
    client: Any
    corp_id: str
    replicas: list[Replica]
    now: float = BEGIN
    entries: dict[str, dict[str, Listed]] = field(default_factory=lambda: defaultdict(dict))
    taken: dict[str, tuple[str, int]] = field(default_factory=dict)
    token: str = ""

    def live(self, owner: str) -> dict[str, Listed]:
        return {id: it for id, it in self.entries[owner].items() if it.until > self.now}

    def put(self, owner: str, customer: str, lifetime: int | None, source: tuple[int, str]) -> bool:
        """Lists a customer in the model; returns whether that is new."""
        if customer in self.live(owner):
            return False
        until = float("inf") if lifetime is None else self.now + lifetime
        self.entries[owner][customer] = Listed(until, source)
        return True


def test_replicas_say_what_a_dict_says(store_url: str) -> None:
    """Adds, removals, expiries, imports, undoing, publishing; the filter's parts lost or damaged; replicas that begin anew.

    Pitfalls 20 and 24: right after each step, with the write's token, and again once a filter answers. The filter answers for most.
    """
    with asyncio.Runner() as runner:
        asked = runner.run(_run(store_url))
    assert asked["by the filter"] > asked["in all"] / 10, asked


async def _run(url: str) -> dict[str, int]:
    asked: dict[str, int] = defaultdict(int)
    loop = asyncio.get_running_loop()

    @settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(_steps)
    def compare(steps: list[Any]) -> None:
        asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(_compare(url, steps, asked), _EXAMPLE_SECONDS), loop
        ).result()

    await asyncio.to_thread(compare)
    return asked


async def _compare(url: str, steps: list[Any], asked: dict[str, int]) -> None:
    world: World
    async with AsyncExitStack() as stack:
        client = connect(url, timeout=30)
        stack.push_async_callback(client.aclose)
        gg = await stack.enter_async_context(served_blacklists(url, LIMITS, lambda: world.now))
        replicas = [
            await stack.enter_async_context(replica(url, gg, lambda: world.now, listens=listens))
            for listens in (True, False)
        ]
        world = World(gg, client, next(_corps), replicas)
        for step in steps:
            await _do(world, step)
            for each in replicas:
                await _check(world, each, asked)
                await each.ready(world.corp_id, _revision(world))
                await _check(world, each, asked)


def _revision(world: World) -> Revision | None:
    return Revision.parse(world.token) if world.token else None


async def _check(world: World, each: Replica, asked: dict[str, int]) -> None:
    lookups = [(customer, owner) for customer in CUSTOMERS for owner in OWNERS]
    before = each.exact.asked
    found = await each.lists.look_up(world.corp_id, lookups, _revision(world))
    asked["in all"] += len(lookups)
    asked["by the filter"] += len(lookups) - (each.exact.asked - before)
    lists = {owner: world.live(owner) for owner in OWNERS}
    expected = {}
    for customer, owner in lookups:
        if customer in lists[""]:
            expected[customer, owner] = Blacklist.ENTERPRISE
        elif owner and customer in lists[owner]:
            expected[customer, owner] = Blacklist.PERSONAL
    assert found == expected


async def _do(world: World, step: Any) -> None:
    match step:
        case Add():
            await _add(world, step)
        case Remove():
            answer = await world.gg.blacklist.RemoveEntries(
                pb.RemoveEntriesRequest(
                    corp_id=world.corp_id, list=_list(step.owner), external_userids=step.customers
                )
            )
            live = world.live(step.owner)
            removed = pb.RemoveEntriesResponse.OUTCOME_REMOVED
            assert [it == removed for it in answer.outcomes] == [id in live for id in step.customers]
            for customer in step.customers:
                world.entries[step.owner].pop(customer, None)
            world.token = answer.blacklist_revision
        case Import():
            await _import(world, step)
        case RemoveSource():
            await _remove_source(world, step)
        case Wait():
            world.now += step.seconds
        case Publish():
            async for _ in world.gg.blacklist.RebuildFilter(RebuildFilterRequest(corp_id=world.corp_id)):
                pass
        case Damage():
            await _damage(world, step)
        case Restart():
            world.replicas[0].copies._corps.clear()


async def _add(world: World, step: Add) -> None:
    request = pb.AddEntriesRequest(
        corp_id=world.corp_id, list=_list(step.owner), external_userids=step.customers, reason="rude"
    )
    if step.rule:
        request.source.CopyFrom(pb.Source(kind=pb.SOURCE_KIND_RULE, id=step.rule))
    if step.lifetime is not None:
        request.expire_time.FromMicroseconds(round((world.now + step.lifetime) * 1e6))
    live = world.live(step.owner)
    limit = LIMITS.enterprise if not step.owner else LIMITS.personal
    new = [id for id in step.customers if id not in live]
    if len(live) + len(new) > limit and new:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await world.gg.blacklist.AddEntries(request)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        return
    answer = await world.gg.blacklist.AddEntries(request)
    assert [it == pb.AddEntriesResponse.OUTCOME_ADDED for it in answer.outcomes] == [
        id in new for id in step.customers
    ]
    source = (pb.SOURCE_KIND_RULE, step.rule) if step.rule else (pb.SOURCE_KIND_MANUAL, "")
    for customer in step.customers:
        world.put(step.owner, customer, step.lifetime, source)
    world.token = answer.blacklist_revision


async def _import(world: World, step: Import) -> None:
    owner, first = world.taken.get(step.import_id, (step.owner, 0))
    items = [pb.ImportEntriesRequest.Item(external_userid=id) for id in step.customers]
    for item in items:
        if step.lifetime is not None:
            item.expire_time.FromMicroseconds(round((world.now + step.lifetime) * 1e6))
    request = pb.ImportEntriesRequest(
        corp_id=world.corp_id, import_id=step.import_id, list=_list(owner), first_index=first, items=items
    )
    limit = LIMITS.enterprise if not owner else LIMITS.personal
    taken = 0
    for customer in step.customers:
        live = world.live(owner)
        if customer not in live and len(live) >= limit:
            break
        world.put(owner, customer, step.lifetime, (pb.SOURCE_KIND_IMPORT, step.import_id))
        taken += 1

    async def parts() -> AsyncIterator[pb.ImportEntriesRequest]:
        yield request

    [account] = [it async for it in world.gg.blacklist.ImportEntries(parts())]
    assert (account.next_index, account.list_full) == (first + taken, taken < len(items))
    world.taken[step.import_id] = (owner, first + taken)
    world.token = account.blacklist_revision


async def _remove_source(world: World, step: RemoveSource) -> None:
    request = pb.RemoveBySourceRequest(corp_id=world.corp_id, source=pb.Source(kind=step.kind, id=step.id))
    async for answer in world.gg.blacklist.RemoveBySource(request):
        world.token = answer.blacklist_revision
    for entries in world.entries.values():
        for customer in [id for id, it in entries.items() if it.source == (step.kind, step.id)]:
            del entries[customer]
    if step.kind == pb.SOURCE_KIND_IMPORT:
        world.taken.pop(step.id, None)


async def _damage(world: World, step: Damage) -> None:
    keys = FilterKeys(world.corp_id)
    if step.part == "piece":
        version = int(await world.client.hget(keys.header, "version") or 0)
        key = keys.chunks(version, 1)[0]
    else:
        key = {"header": keys.header, "tail": keys.tail, "revision": keys.revision}[step.part]
    if not await world.client.exists(key):
        return
    if step.drop or step.part in ("tail", "revision"):
        await world.client.delete(key)
    elif step.part == "piece":
        await world.client.setrange(key, 5, b"\x00\x01\x02")
    else:
        await world.client.hset(key, "chain", uuid.uuid4().hex[:16])
    if step.part == "revision":
        world.token = ""  # no token is known any more


def _list(owner: str) -> pb.List:
    if not owner:
        return pb.List(kind=BLACKLIST_KIND_ENTERPRISE)
    return pb.List(kind=BLACKLIST_KIND_PERSONAL, owner_userid=owner)
