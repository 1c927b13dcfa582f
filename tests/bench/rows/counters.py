"""P8: round trips for counting, how long a script takes, and whether it is exact with eight replicas."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from contextlib import AsyncExitStack

from bench.row import Figure, Must, Row
from filter_service.counters import RedisCounters
from filter_service.domain.conditions import FrequencyCondition
from filter_service.domain.counting import Question, Tally
from filter_service.domain.rule import Action, ActionKind, Rule, State
from filter_service.domain.sender_findings import Counted
from service_kit.redis_client import StoreClient, connect
from service_kit.revision import Revision
from support.valkey import embedded_store

_CORP, _REVISION = "ww0123456789abcdef", Revision(1, "a")
_MOST, _WINDOW_MS = 5, 10_000
_REPLICAS, _SENDERS, _MESSAGES = 8, 32, 200
_RULE = Rule(
    "0" * 24,
    1,
    State.ENABLED,
    (),
    Action(ActionKind.WARN, 0, "慢点"),
    frequency=FrequencyCondition(_MOST, _WINDOW_MS),
)
_numbers = itertools.count()


def _measure() -> list[Figure]:
    with embedded_store() as store:
        return asyncio.run(_measured(store.ephemeral_url))


async def _measured(url: str) -> list[Figure]:
    async with AsyncExitStack() as stack:
        clients = [connect(url) for _ in range(_REPLICAS)]
        for client in clients:
            stack.push_async_callback(client.aclose)
        return [*await _round_trips(clients[0]), *await _accuracy(clients)]


async def _round_trips(client: StoreClient) -> list[Figure]:
    figures = []
    counters = RedisCounters(client)
    for name, count, trips in (
        ("one message", 1, 1),
        ("a batch of 200", 200, 1),
        ("a batch of 1,000", 1_000, 5),
    ):
        spent, calls = [], 0
        for _ in range(20):
            asked = [_question(f"wm{next(_numbers) % 5_000}", _now()) for _ in range(count)]
            await client.execute_command("CONFIG", "RESETSTAT")
            await counters.count(_CORP, _REVISION, _now(), asked)
            stats = await client.execute_command("INFO", "commandstats")
            scripts = [it for name, it in stats.items() if name.startswith("cmdstat_eval")]
            calls = max(calls, sum(it["calls"] - it["failed_calls"] for it in scripts))
            spent.append(sum(it["usec"] for it in scripts))
        figures.append(Figure("counting", f"{name}: round trips", calls, "", Must(trips)))
        figures.append(Figure("counting", f"{name}: the store's time, a message", min(spent) / count, "µs"))
    return figures


async def _accuracy(clients: list[StoreClient]) -> list[Figure]:
    """Every sender's messages come in an order of their own, each at any replica."""
    replicas = [RedisCounters(client) for client in clients]
    now = _now()

    async def send(number: int) -> int:
        dice, arrived, wrong = random.Random(number), [], 0
        for _ in range(_MESSAGES):
            ms = now - dice.choice([0, 300_000]) - dice.randint(0, 60) * 500
            [tally] = await dice.choice(replicas).count(
                _CORP, _REVISION, now, [_question(f"wmS{number}", ms)]
            )
            arrived.append(ms)
            counted = sum(1 for at in arrived if ms - _WINDOW_MS < at <= ms)
            wrong += not isinstance(tally, Tally) or tally.frequency[_RULE.rule_id] != counted
        return wrong

    wrong = sum(await asyncio.gather(*(send(number) for number in range(_SENDERS))))
    what = f"{_REPLICAS} replicas, {_SENDERS} senders at once, {_SENDERS * _MESSAGES:,} messages"
    return [Figure("accuracy", f"{what}: wrong counts", wrong, "", Must(0, always=True))]


def _question(sender: str, ms: int) -> Question:
    number = f"{next(_numbers):020d}_1780000000_external"
    return Question(number, "wrMarket", sender, ms, counted=Counted((_RULE,)), owner_userid="zhang")


def _now() -> int:
    return time.time_ns() // 1_000_000


ROW = Row(
    name="counters",
    title="P8, counting",
    about=(
        f"A frequency rule of {_MOST} messages in {_WINDOW_MS // 1000} s, on the embedded ephemeral store. Accuracy: each sender's messages in an order "
        "of their own, over window borders and up to five minutes late, each counted at one of eight replicas, against a naive count."
    ),
    measure=lambda: iter(_measure()),
    repetitions=3,
)
