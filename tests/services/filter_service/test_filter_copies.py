"""FilterService's copies of filters: when they are trusted, how they keep up, and what they cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest

from filter_service.blacklists import BlacklistsUnavailable
from filter_service.domain.rule import Blacklist
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.blacklist.v1.filter_pb2 import RebuildFilterRequest
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE
from groupguard_client import Addresses, AsyncGroupGuard
from service_kit.bloom import FilterKeys
from service_kit.errors import RevisionUnknown
from service_kit.redis_client import connect
from service_kit.revision import Revision
from support.blacklists import MIB, Replica, replica, served_blacklists

ENTERPRISE = pb.List(kind=BLACKLIST_KIND_ENTERPRISE)
KEYS = FilterKeys("ww1")


class World:
    """A BlacklistService on a real store, and replicas that follow it."""

    def __init__(self, url: str, gg: AsyncGroupGuard, client: Any, stack: AsyncExitStack) -> None:
        self.url = url
        self.gg = gg
        self.client = client
        self._stack = stack

    async def replica(self, **options: Any) -> Replica:
        return await self._stack.enter_async_context(replica(self.url, self.gg, **options))

    async def add(self, *ids: str, corp_id: str = "ww1") -> Revision:
        request = pb.AddEntriesRequest(corp_id=corp_id, list=ENTERPRISE, external_userids=ids)
        return Revision.parse((await self.gg.blacklist.AddEntries(request)).blacklist_revision)

    async def remove(self, *ids: str) -> Revision:
        request = pb.RemoveEntriesRequest(corp_id="ww1", list=ENTERPRISE, external_userids=ids)
        return Revision.parse((await self.gg.blacklist.RemoveEntries(request)).blacklist_revision)

    async def publish(self, corp_id: str = "ww1") -> None:
        async for _ in self.gg.blacklist.RebuildFilter(RebuildFilterRequest(corp_id=corp_id)):
            pass


@pytest.fixture
async def world(store_url: str) -> AsyncIterator[World]:
    """Once on a single server and once on a cluster."""
    async with AsyncExitStack() as stack:
        client = connect(store_url, timeout=30)
        stack.push_async_callback(client.aclose)
        gg = await stack.enter_async_context(served_blacklists(store_url))
        yield World(store_url, gg, client, stack)


async def listed(each: Replica, id: str, at_least: Revision | None = None, corp_id: str = "ww1") -> bool:
    return bool(await each.lists.look_up(corp_id, [(id, "")], at_least))


async def until(condition: Callable[[], Any], seconds: float = 30.0) -> float:
    """Waits for a condition; returns how long it took."""
    begun = time.monotonic()
    while not await condition():
        assert time.monotonic() < begun + seconds
        await asyncio.sleep(0.001)
    return time.monotonic() - begun


async def test_unlisted_senders_cost_no_question_and_listed_ones_few(world: World) -> None:
    """Neither of a corp without lists; a listed sender who keeps trying is asked about once, until anything is removed."""
    each = await world.replica()
    await each.heard()
    await each.ready("ww1")
    before = each.exact.asked
    assert not await listed(each, "wm1")
    assert each.exact.asked == before
    await each.ready("ww1", await world.add("wm1", "wm2"))
    before = each.exact.asked
    for _ in range(5):
        assert await listed(each, "wm1")
        assert not await listed(each, "stranger")
    assert each.exact.asked == before + 1
    await each.ready("ww1", await world.remove("wm2"))
    assert await listed(each, "wm1")
    assert each.exact.asked == before + 2


async def test_an_answer_that_a_write_overtook_is_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 18: the customer is taken off, and the copy follows, between BlacklistService's answer and its arrival."""
    each = await world.replica()
    await each.heard()
    await each.ready("ww1", await world.add("wm1"))
    find = each.exact.find

    async def overtaken(corp_id: str, lookups: Any, at_least: Any = None) -> Any:
        answer = await find(corp_id, lookups, at_least)
        monkeypatch.setattr(each.exact, "find", find)
        await each.ready("ww1", await world.remove("wm1"))
        return answer

    monkeypatch.setattr(each.exact, "find", overtaken)
    assert await listed(each, "wm1")
    assert not await listed(each, "wm1")


async def test_a_write_is_known_at_once_where_its_token_is_brought(world: World) -> None:
    """On every replica, on the very next look-up; also for removals. Tokens of no history are refused."""
    replicas = [await world.replica(listens=listens) for listens in (True, False, True)]
    for each in replicas:
        await each.ready("ww1")
    for number in range(20):
        added = await world.add(f"wm{number}")
        assert all([await listed(each, f"wm{number}", added) for each in replicas])
        removed = await world.remove(f"wm{number}")
        assert not any([await listed(each, f"wm{number}", removed) for each in replicas])
    for unknown in (Revision(41, "ab"), Revision(40, "ab")):
        for each in replicas:
            with pytest.raises(RevisionUnknown):
                await listed(each, "wm1", unknown)


async def test_writes_are_heard_of_within_moments(world: World) -> None:
    """Additions and removals, on three replicas, without tokens."""
    replicas = [await world.replica() for _ in range(3)]
    for each in replicas:
        await each.heard()
        await each.ready("ww1")
    took = []
    for number in range(20):
        id = f"wm{number}"
        await world.add(id)
        took += [await until(partial(listed, each, id)) for each in replicas]
        await world.remove(id)
        took += [await until(partial(_gone, each, id)) for each in replicas]
    assert sorted(took)[len(took) // 2] < 2


async def _gone(each: Replica, id: str) -> bool:
    return not await listed(each, id)


async def test_without_notices_a_copy_is_trusted_for_a_second(world: World) -> None:
    """Then it has to be compared; so a write is known after a second at most."""
    each = await world.replica(listens=False)
    await each.ready("ww1")
    assert each.copies.usable("ww1", None)
    each.ahead += 1.1
    assert each.copies.usable("ww1", None) is None
    await until(lambda: _usable(each))


async def _usable(each: Replica) -> bool:
    return each.copies.usable("ww1", None) is not None


async def test_who_blacklisted_somebody_knows_it_at_once(world: World) -> None:
    """A replica whose rule put a customer on a list, whether it hears of writes or not."""
    each = await world.replica(listens=False)
    await each.ready("ww1")
    for number in range(10):
        await each.lists.add("ww1", Blacklist.ENTERPRISE, "", f"wm{number}", "r1", f"m{number}")
        assert await listed(each, f"wm{number}")


@pytest.mark.parametrize(
    "part", ["header", "piece", "damaged piece", "damaged header", "tail", "damaged tail"]
)
async def test_a_lost_or_damaged_filter_answers_nothing_and_is_made_anew(world: World, part: str) -> None:
    """Pitfall 20: exact answers meanwhile, by a replica that begins then; the filter is back by itself."""
    await world.add("wm1")
    await world.publish()
    last = await world.add("wm2")
    version = int(await world.client.hget(KEYS.header, "version"))
    piece = KEYS.chunks(version, 1)[0]
    if part == "damaged piece":
        await world.client.setrange(piece, 7, b"\xff\xff")
    elif part == "damaged tail":
        await world.client.xadd(KEYS.tail, {"chain": "x"}, id="9-0")
    elif part == "damaged header":
        await world.client.hset(KEYS.header, "bits", "many")
    else:
        await world.client.delete({"header": KEYS.header, "piece": piece, "tail": KEYS.tail}[part])
    each = await world.replica()
    assert [await listed(each, id) for id in ("wm1", "wm2", "wm3")] == [True, True, False]
    await each.ready("ww1", last)
    assert int(await world.client.hget(KEYS.header, "version")) > version
    before = each.exact.asked
    assert [await listed(each, id) for id in ("wm1", "wm2", "wm3")] == [True, True, False]
    assert each.exact.asked == before + 2


async def test_a_new_filter_takes_the_old_ones_place_without_a_gap(world: World) -> None:
    """While customers are added, removed and looked up: nobody who is listed is ever missed."""
    each = await world.replica()
    await each.heard()
    await each.ready("ww1")
    known: list[str] = []
    for number in range(30):
        known.append(f"wm{number}")
        revision = await world.add(known[-1])
        if number % 5 == 4:
            await world.publish()
        assert await listed(each, known[-1], revision)
        assert await listed(each, known[number // 2])
    await each.ready("ww1", revision)
    copy = each.copies.usable("ww1", None)
    assert copy is not None
    newest = int(await world.client.hget(KEYS.header, "version"))
    await until(lambda: _has_version(each, newest))
    assert all([await listed(each, id) for id in known])


async def _has_version(each: Replica, version: int) -> bool:
    copy = each.copies.usable("ww1", None)
    return copy is not None and copy.version == version


async def test_copies_keep_to_their_budget(world: World) -> None:
    """The corps that were not asked about for longest go, and come back when they are asked about; too large ones never come."""
    for number in range(8):
        await world.add("wm1", corp_id=f"corp {number}")
        await world.publish(f"corp {number}")
    each = await world.replica(budget=7_000)
    for number in (0, 1, 2, 0, 3, 4):
        await each.ready(f"corp {number}")
        assert each.copies.size <= 7_000
        assert await listed(each, "wm1", corp_id=f"corp {number}")
    assert len(each.copies._corps) == 2
    small = await world.replica(budget=1_000)
    for _ in range(20):
        assert await listed(small, "wm1", corp_id="corp 0")
        await asyncio.sleep(0.005)
    assert small.copies.size == 0


async def test_corps_that_list_nobody_share_their_bits_until_they_do(world: World) -> None:
    """Most corps list nobody, and there may be very many."""
    each = await world.replica()
    for corp_id in ("ww1", "ww2"):
        await each.ready(corp_id)
    assert 0 < each.copies.size < 2_000
    await each.ready("ww1", await world.add("wm1"))
    assert await listed(each, "wm1")
    assert each.copies.size > 3_000
    before = each.exact.asked
    assert not await listed(each, "wm1", corp_id="ww2")
    assert each.exact.asked == before


async def test_a_copy_without_its_store_is_trusted_no_longer_than_it_may(valkey_url: str) -> None:
    """Then everybody is asked about, and where nobody answers nobody is let through unseen."""
    async with served_blacklists(valkey_url) as gg, replica(valkey_url, gg) as each:
        await each.heard()
        await each.ready("ww1")
        nobody = AsyncGroupGuard(Addresses(blacklist="127.0.0.1:1"), attempts=1)
        async with nobody:
            each.exact._stub = nobody.blacklist
            assert not await listed(each, "stranger")
            each.copies._source = each.copies._corps["ww1"]._source = _NoSource()  # type: ignore[assignment]
            each.copies._listening_since = None
            each.ahead += 2
            with pytest.raises(BlacklistsUnavailable):
                await listed(each, "stranger")


class _NoSource:
    async def tail(self, *_: Any) -> Any:
        await asyncio.Event().wait()


async def test_one_load_serves_all_who_ask_for_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody waits for it: look-ups go on, exactly."""
    await world.add("wm1")
    each = await world.replica()
    loads = 0
    load = each.copies._source.load

    async def counted(corp_id: str, most_bytes: int) -> Any:
        nonlocal loads
        loads += 1
        return await load(corp_id, most_bytes)

    monkeypatch.setattr(each.copies._source, "load", counted)
    found = await asyncio.gather(*(listed(each, "wm1") for _ in range(50)))
    assert all(found)
    await each.ready("ww1")
    assert loads == 1
    assert each.copies.size < MIB
