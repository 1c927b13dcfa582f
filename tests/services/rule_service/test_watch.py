"""The doorbell: any number of watchers, through any replica, and an end on request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rule_service.redis_store import RedisRuleStore
from rule_service.redis_store.keys import NOTICES
from rule_service.watch import Watch
from service_kit.redis_client import StoreClient, connect
from service_kit.revision import Revision
from service_kit.store_errors import StoreUnavailable
from support.rules import EDIT, a_rule, a_write


class Bell:
    """As much of a store as a watch needs; fails when an exception is rung."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.listened = 0

    async def notices(self) -> AsyncIterator[tuple[str, Revision]]:
        self.listened += 1
        while True:
            item = await self.queue.get()
            if isinstance(item, Exception):
                raise item
            yield item

    async def ring(self, *items: Any) -> None:
        for item in items:
            self.queue.put_nowait(item)
        async with asyncio.timeout(5):
            while not self.queue.empty():
                await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
async def watch(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watch]:
    monkeypatch.setattr("rule_service.watch._PAUSE_SECONDS", 0.01)
    watch = Watch(bell)  # type: ignore[arg-type]
    running = asyncio.create_task(watch.run())
    yield watch
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def first(changes: AsyncIterator[tuple[str, Revision]]) -> tuple[str, Revision]:
    async with asyncio.timeout(5):
        return await anext(changes)


async def test_every_watcher_hears_every_corp(bell: Bell, watch: Watch) -> None:
    with watch.watcher() as one, watch.watcher() as other:
        await bell.ring(("ww1", Revision(1, "a")), ("ww2", Revision(7, "b")))
        for changes in (one, other):
            assert [await first(changes), await first(changes)] == [
                ("ww1", Revision(1, "a")),
                ("ww2", Revision(7, "b")),
            ]


async def test_a_slow_watcher_hears_only_the_newest_of_each_corp(bell: Bell, watch: Watch) -> None:
    with watch.watcher() as slow:
        await bell.ring(
            *(("ww1", Revision(number, "a")) for number in range(1, 500)), ("ww2", Revision(1, "b"))
        )
        assert [await first(slow), await first(slow)] == [
            ("ww1", Revision(499, "a")),
            ("ww2", Revision(1, "b")),
        ]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(slow)


async def test_all_watchers_end_at_once_and_new_ones_too(watch: Watch) -> None:
    async def listen() -> list[Any]:
        with watch.watcher() as changes:
            return [change async for change in changes]

    waiting = [asyncio.create_task(listen()) for _ in range(3)]
    await asyncio.sleep(0.01)
    watch.end()
    async with asyncio.timeout(1):
        assert await asyncio.gather(*waiting, listen()) == [[], [], [], []]


@pytest.mark.parametrize(
    "error", [StoreUnavailable("gone"), ValueError("a notice that nobody can read")], ids=str
)
async def test_the_watch_goes_on_after_a_failure(bell: Bell, watch: Watch, error: Exception) -> None:
    with watch.watcher() as changes:
        await bell.ring(error, ("ww1", Revision(2, "a")))
        assert await first(changes) == ("ww1", Revision(2, "a"))
    assert bell.listened == 2


async def test_a_write_through_one_replica_rings_at_another(store: RedisRuleStore, store_url: str) -> None:
    client = connect(store_url)
    other = Watch(RedisRuleStore(client))
    running = asyncio.create_task(other.run())
    try:
        with other.watcher() as changes:
            rung = asyncio.create_task(first(changes))
            while not rung.done():  # until the subscription is there
                _, written = await store.create_rules(a_write("a corp {with} spaces"), [a_rule()], EDIT)
                await asyncio.wait({rung}, timeout=0.05)
            corp_id, revision = await rung
            assert corp_id == "a corp {with} spaces"
            assert revision.number <= written.number
            _, written = await store.create_rules(a_write("ww2"), [a_rule()], EDIT)
            while await first(changes) != ("ww2", written):
                pass
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await client.aclose()


async def test_nonsense_on_the_channel_makes_nobody_deaf(
    store: RedisRuleStore, redis: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rule_service.watch._PAUSE_SECONDS", 0.01)
    watch = Watch(store)
    running = asyncio.create_task(watch.run())
    try:
        with watch.watcher() as changes:
            for _ in range(2):
                rung = asyncio.create_task(first(changes))
                while not rung.done():
                    await store.create_rules(a_write(), [a_rule()], EDIT)
                    await asyncio.wait({rung}, timeout=0.05)
                await rung
                await redis.execute_command("PUBLISH", NOTICES, b"\xff hello")
    finally:
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
