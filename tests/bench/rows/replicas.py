"""P9: more processes on one machine, and very many corps in one of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import grpc.aio

from bench.filling import apart, at_once, bind, create, register, rule
from bench.messages import SOURCE as MESSAGES
from bench.messages import messages
from bench.processes import another_filter, cpu_seconds, resident
from bench.row import Figure, Must, Row
from bench.words import SOURCE as WORDS
from bench.words import words
from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest, CheckMessageRequest
from groupguard.filter.v1.snapshot_pb2 import GetSnapshotRequest
from groupguard_client import Addresses, AsyncGroupGuard, text_message
from service_kit.embedded import EmbeddedStore
from service_kit.service_process import ServiceProcess
from service_kit.suite import Suite
from support.valkey import short_folder

_CORP, _CHAT = "ww0123456789abcdef", "wrOgQhDgAAMYQiS50000000000000000"
_RULES, _PER_RULE = 100, 100
_PROCESSES = (1, 2, 4)
_BATCH = 100
_IN_FLIGHT = 4
"""Batches under way for each process."""
_SECONDS = 5.0
_CORPS, _WORDS_PER_CORP = 10_000, 10
_BUDGET_MIB = 32
_SETTLING_SECONDS = 30.0
"""Until what was judged is counted and told."""
_CHECK_BATCH = "/groupguard.filter.v1.FilterService/BatchCheckMessages"


def _measure() -> list[Figure]:
    with short_folder() as folder, Suite(EmbeddedStore(folder / "data"), log_folder=folder) as suite:
        return asyncio.run(_run(suite, folder))


async def _run(suite: Suite, folder: Path) -> list[Figure]:
    ports = {name: f"127.0.0.1:{service.port}" for name, service in suite.services.items()}
    async with AsyncGroupGuard(Addresses(**ports), token="", timeout=60) as gg:
        await _fill_one(gg)
        figures = [*await _throughput(suite, folder)]
        await _fill_many(gg)
    return figures + await _many_corps(suite, folder)


async def _fill_one(gg: AsyncGroupGuard) -> None:
    vocabulary = words(_RULES * _PER_RULE)
    rule_ids = await create(gg, _CORP, [rule(vocabulary[at::_RULES]) for at in range(_RULES)])
    await register(gg, _CORP, [_CHAT], lambda _: "zhangmin")
    await bind(gg, _CORP, rule_ids, [_CHAT])


async def _throughput(suite: Suite, folder: Path) -> Iterator[Figure]:
    """Sends batches that are written once and answers that nobody reads, so that the caller costs little."""
    texts = cycle(message.text for message in messages())
    batches = [
        BatchCheckMessagesRequest(
            corp_id=_CORP,
            messages=[
                text_message(_CHAT, f"wmCustomer{number}", next(texts), message_id=f"m{part}-{number}")
                for number in range(_BATCH)
            ],
        ).SerializeToString()
        for part in range(50)
    ]
    figures = []
    first = 0.0
    with ExitStack() as stack:
        replicas: list[ServiceProcess] = []
        for processes in _PROCESSES:
            while len(replicas) < processes:
                replicas.append(stack.enter_context(another_filter(suite, folder)))
            rate = await _rate(replicas, batches)
            first = first or rate
            part = f"batches of {_BATCH} messages, {_IN_FLIGHT} under way for each process"
            figures.append(Figure(part, f"{processes} processes", rate, "messages/s"))
            if processes > 1:
                must = Must(1.2, at_least=True) if processes == 2 else None
                figures.append(Figure(part, f"{processes} against 1", rate / first, "×", must))
    return iter(figures)


async def _rate(replicas: Sequence[ServiceProcess], batches: Sequence[bytes]) -> float:
    """Returns the messages that all replicas together judge in a second."""
    done = 0
    begun = end = 0.0

    async def send(channel: grpc.aio.Channel, some: Iterator[bytes], until: float) -> None:
        nonlocal done
        call: Any = channel.unary_unary(_CHECK_BATCH)
        while time.perf_counter() < until:
            await call(next(some))
            done += _BATCH

    channels = [grpc.aio.insecure_channel(f"127.0.0.1:{replica.port}") for replica in replicas]
    for seconds in (1.0, _SECONDS):  # the first warms up
        done, begun = 0, time.perf_counter()
        end = begun + seconds
        await asyncio.gather(
            *(send(channel, cycle(batches), end) for channel in channels for _ in range(_IN_FLIGHT))
        )
    for channel in channels:
        await channel.close()
    return done / (time.perf_counter() - begun)


def _corp_ids() -> list[str]:
    return [f"ww{number:016x}" for number in range(_CORPS)]


async def _fill_many(gg: AsyncGroupGuard) -> None:
    vocabulary = words(100_000)

    async def fill(number: int) -> None:
        corp_id = _corp_ids()[number]
        keywords = apart(vocabulary, number, _WORDS_PER_CORP)
        await register(gg, corp_id, [_CHAT], lambda _: "zhangmin")
        await bind(gg, corp_id, await create(gg, corp_id, [rule(keywords)]), [_CHAT])

    await at_once(fill, range(_CORPS))


async def _many_corps(suite: Suite, folder: Path) -> list[Figure]:
    part = f"{_CORPS:,} corps with a rule of {_WORDS_PER_CORP} keywords each"
    with another_filter(suite, folder, GROUPGUARD_ACTIVITY_SECONDS="1") as replica:
        grown, estimated = await _load(suite, replica)
        await asyncio.sleep(_SETTLING_SECONDS)
        idle = cpu_seconds(replica)
        await asyncio.sleep(_SECONDS)
        idle = (cpu_seconds(replica) - idle) / _SECONDS
    with another_filter(suite, folder, GROUPGUARD_SNAPSHOT_MEMORY=str(_BUDGET_MIB)) as replica:
        bounded, _ = await _load(suite, replica)
    return [
        Figure(part, "memory for each", grown / _CORPS * 1024, "KiB"),
        Figure(part, "estimated against measured", estimated * _CORPS / grown, "×"),
        Figure(part, "CPU of the idle process", idle * 100, "% of a core", Must(1)),
        Figure(part, "memory for all", grown, "MiB"),
        Figure(
            part, f"memory for all under a budget of {_BUDGET_MIB} MiB", bounded, "MiB", Must(2 * _BUDGET_MIB)
        ),
    ]


async def _load(suite: Suite, replica: ServiceProcess) -> tuple[float, float]:
    """Has every corp judge a message; returns by how much the process grew, and the estimate of one corp, in MiB."""
    ports = {name: f"127.0.0.1:{service.port}" for name, service in suite.services.items()}
    where = Addresses(ports["rule"], f"127.0.0.1:{replica.port}", ports["blacklist"])
    corp_ids = _corp_ids()
    async with AsyncGroupGuard(where, token="", timeout=60) as gg:

        async def judge(corp_id: str) -> None:
            message = text_message(_CHAT, "wmCustomer", "你好")
            await gg.filter.CheckMessage(CheckMessageRequest(corp_id=corp_id, message=message))

        await at_once(judge, corp_ids[:100])
        before = resident(replica)
        await at_once(judge, corp_ids[100:])
        after = resident(replica)
        held = await gg.filter.GetSnapshot(GetSnapshotRequest(corp_id=corp_ids[-1]))
    return (after - before) * _CORPS / (_CORPS - 100), held.memory_bytes / 2**20


ROW = Row(
    name="replicas",
    title="P9, more processes, and the 10,000th corp",
    about=(
        f"FilterService processes side by side on one machine, each sent the same batches ({MESSAGES}) against {_RULES} rules of "
        f"{_PER_RULE} keywords ({WORDS}). What calls them, BlacklistService and the stores run on the same cores: with two "
        "cores a second process can't double what one does. Then as many small corps in one process as it may meet."
    ),
    measure=_measure,
    repetitions=1,
)
