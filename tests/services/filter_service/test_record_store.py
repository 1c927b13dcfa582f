"""The store of records: a contract suite over a single server and a cluster, and bounds on what it keeps."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from filter_service.domain.decision_log import DecisionLog
from filter_service.domain.rule import ActionKind, State
from filter_service.records import redis_store
from filter_service.records.record import Record
from filter_service.records.redis_store import RedisRecordStore
from filter_service.records.store import KEPT_DAYS, Batch
from service_kit.redis_client import StoreClient, connect
from support.decisions import TODAY, a_hit, a_message, a_record

CORP = "ww 1}{"
TOMORROW, LATER = "2030-03-18", "2030-03-19"


@pytest.fixture
async def client(store_url: str) -> AsyncIterator[StoreClient]:
    client = connect(store_url)
    yield client
    await client.aclose()


@pytest.fixture
async def store(client: StoreClient) -> RedisRecordStore:
    return RedisRecordStore(client)


def a_batch(*records: Record, day: str = TODAY, judged: int = 0) -> Batch:
    return Batch(uuid.uuid4().hex, day, judged, 0, [(record, b"entry") for record in records])


async def logged(store: RedisRecordStore) -> int:
    return len(await store.read_log(CORP, "-", "+", 1_000))


async def test_a_batch_counts_once_however_often_it_is_written(store: RedisRecordStore) -> None:
    """Whether the first attempt went through is not known to who tries again."""
    batch = a_batch(a_record(a_message(), a_hit()), a_record(a_message(), a_hit()), judged=5)
    for _ in range(3):
        await store.write(CORP, batch)
    [numbers] = await store.numbers(CORP, [TODAY])
    assert (numbers.totals["messages"], numbers.totals["warned"], await logged(store)) == (5, 2, 2)


async def test_a_message_is_recorded_once_in_a_day_and_longer(store: RedisRecordStore) -> None:
    """By sender and message_id, over midnight too; without a message_id every one counts."""
    once = a_record(a_message("m1"), a_hit())
    await store.write(CORP, a_batch(once, once))
    await store.write(CORP, a_batch(once, a_record(a_message("m1", by="wm2"), a_hit()), day=TOMORROW))
    assert await logged(store) == 2
    await store.write(CORP, a_batch(once, day=LATER))
    assert await logged(store) == 3
    nameless = a_record(a_message(), a_hit())
    await store.write(CORP, a_batch(nameless, nameless, day=LATER))
    assert await logged(store) == 5


async def test_rules_are_counted_by_day_condition_and_reach(store: RedisRecordStore) -> None:
    """Enforced and in state SHADOW; senders and groups over several days are counted once."""
    enforced, shadow = a_hit("r 1"), a_hit("r2", kind=ActionKind.KICK, state=State.SHADOW)
    for day, by, chat in ((TODAY, "wm1", "wr1"), (TOMORROW, "wm1", "wr2"), (TOMORROW, "wm2", "wr2")):
        records = [a_record(a_message(by=by, chat=chat), enforced, shadow)]
        await store.write(CORP, a_batch(*records, day=day))
    await store.write(CORP, a_batch(a_record(a_message(by="wm3"), shadow), day=TOMORROW))
    today, tomorrow = await store.numbers(CORP, [TODAY, TOMORROW])
    assert today.rules == {
        ("r 1", "hits"): 1,
        ("r 1", "condition:keywords"): 1,
        ("r2", "shadow"): 1,
        ("r2", "would_kick"): 1,
        ("r2", "overlap"): 1,
        ("r2", "condition:keywords"): 1,
    }
    assert (tomorrow.rules["r2", "shadow"], tomorrow.rules["r2", "overlap"]) == (3, 2)
    assert tomorrow.groups == {("wr2", "warned"): 2}
    assert await store.reach(CORP, "r 1", [TODAY, TOMORROW]) == (2, 2)
    assert await store.reach(CORP, "r2", [TODAY, TOMORROW]) == (3, 2)
    assert await store.reach(CORP, "r2", [TODAY]) == (1, 1)
    last = await store.last_hits(CORP)
    assert last.keys() == {"", "r 1", "r2"}


async def test_the_log_is_read_in_both_directions(store: RedisRecordStore) -> None:
    """Behind a place, up to another one."""
    assert await store.end_of_log(CORP) == "0-0"
    for _ in range(4):
        await store.write(CORP, a_batch(a_record(a_message(), a_hit())))
    places = [it.place for it in await store.read_log(CORP, "-", "+", 10)]
    assert await store.end_of_log(CORP) == places[-1]
    forth = await store.read_log(CORP, places[0], places[2], 10)
    back = await store.read_log(CORP, places[3], places[1], 10, newest_first=True)
    assert [it.place for it in forth] == places[1:3] == [it.place for it in back][::-1]
    assert [it.place for it in await store.read_log(CORP, "-", "+", 2)] == places[:2]


async def test_what_is_kept_is_bounded(
    store: RedisRecordStore, client: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log by length, counters by number; every key goes by itself."""
    monkeypatch.setattr(redis_store, "MOST_LOGGED", 100)
    monkeypatch.setattr(redis_store, "MOST_GROUP_FIELDS", 10)
    monkeypatch.setattr(redis_store, "MOST_RULE_FIELDS", 10)
    monkeypatch.setattr(redis_store, "MOST_RULES", 10)
    monkeypatch.setattr(redis_store, "MOST_SEEN", 10)
    for part in range(10):
        await store.write(
            CORP,
            a_batch(
                *(
                    a_record(a_message(f"m{number}", chat=f"wr{number}"), a_hit(f"r{number}"))
                    for number in range(part * 50, part * 50 + 50)
                )
            ),
        )
    assert await logged(store) < 300  # the store cuts off whole nodes of a stream
    [numbers] = await store.numbers(CORP, [TODAY])
    assert len(numbers.groups) == 11
    assert numbers.groups["", "warned"] == 490
    assert len(numbers.rules) <= 12
    assert sum(numbers.rules.values()) == 1_000
    assert len(await store.last_hits(CORP)) <= 11
    # One hash tag, so one node has all keys of the corp.
    for key in await client.keys("gg:filter:*", **_everywhere(client)):
        assert 0 < await client.ttl(key) <= 400 * 86_400, key


def _everywhere(client: StoreClient) -> dict[str, str]:
    return {"target_nodes": "primaries"} if "Cluster" in type(client).__name__ else {}


async def test_a_log_goes_with_the_time_that_the_corp_keeps_it(
    store: RedisRecordStore, client: StoreClient
) -> None:
    """Older entries go with the next one, and all of it if there is none."""
    short = DecisionLog(enabled=True, retention_seconds=3_600)
    key = "gg:filter:{ww%201%7D%7B}:hits"
    await client.execute_command("XADD", key, "1-1", "d", "old")
    await store.write(CORP, a_batch(a_record(a_message(), a_hit(), log=short)))
    assert [it.entry for it in await store.read_log(CORP, "-", "+", 10)] == [b"entry"]
    assert 3_590 < await client.ttl(key) <= 3_600
    assert KEPT_DAYS == 35
