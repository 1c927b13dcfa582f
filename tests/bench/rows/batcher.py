"""What the client's batcher gains over single calls, and what it costs the single check in time."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle, islice

from bench.messages import SOURCE, messages
from bench.row import Figure, Must, Row
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import Verdict
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_service_pb2 import ConfigureGroupsRequest, CreateRuleRequest, UpsertGroupsRequest
from groupguard_client import Addresses, AsyncGroupGuard, Batcher, keyword_rule, text_message
from service_kit.embedded import EmbeddedStore
from service_kit.suite import Suite
from support.valkey import short_folder

_CORP, _CHAT = "ww0123456789abcdef", "wrOgQhDgAAMYQiS5"
_TASKS = 256
"""Checks that are under way at any time, each in a task of its own."""
_MESSAGES = 12_000
_DELAY = 0.005
_Check = Callable[[Message], Awaitable[Verdict]]


def _measure() -> list[Figure]:
    with short_folder() as folder, Suite(EmbeddedStore(folder), log_folder=folder) as suite:
        ports = {name: f"127.0.0.1:{service.port}" for name, service in suite.services.items()}
        return asyncio.run(_compare(Addresses(**ports)))


async def _compare(addresses: Addresses) -> list[Figure]:
    async with AsyncGroupGuard(addresses, token="", timeout=60) as gg:
        await _write_rule(gg)
        texts = islice(cycle(messages()), _MESSAGES)
        sent = [text_message(_CHAT, f"wm{at % 500}", message.text) for at, message in enumerate(texts)]

        async def single(message: Message) -> Verdict:
            answer = await gg.filter.CheckMessage(CheckMessageRequest(corp_id=_CORP, message=message))
            return answer.verdict

        async with Batcher(gg, delay=_DELAY) as batcher:

            async def together(message: Message) -> Verdict:
                return await batcher.check(_CORP, message)

            await _check_all(single, sent[:500])
            await _check_all(together, sent[:500])
            unary = await _check_all(single, sent[: _MESSAGES // 4])
            batched = await _check_all(together, sent)
    gain = batched[0] / unary[0]
    return [
        *_figures("one call a message", *unary),
        *_figures("by the batcher", *batched),
        Figure("by the batcher", "throughput against one call a message", gain, "×", Must(3, at_least=True)),
    ]


def _figures(part: str, throughput: float, taken: list[float]) -> Iterator[Figure]:
    yield Figure(part, "throughput", throughput, "checks/s")
    yield Figure(part, "check, median", statistics.median(taken) * 1000, "ms")
    yield Figure(part, "check, 99th percentile", statistics.quantiles(taken, n=100)[98] * 1000, "ms")


async def _check_all(check: _Check, sent: list[Message]) -> tuple[float, list[float]]:
    """Has all messages judged by many tasks, and returns checks a second and the seconds that each took."""
    left, taken = iter(sent), list[float]()

    async def work() -> None:
        for message in left:
            begun = time.perf_counter()
            await check(message)
            taken.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(_TASKS)))
    return len(sent) / (time.perf_counter() - begun), taken


async def _write_rule(gg: AsyncGroupGuard) -> None:
    group = Group(chat_id=_CHAT, owner_userid="zhangmin")
    await gg.rules.UpsertGroups(UpsertGroupsRequest(corp_id=_CORP, groups=[group]))
    rule = keyword_rule("防广告", ["加微信", "兼职", "贷款", "发票"], warning="本群请勿打扰。")
    made = await gg.rules.CreateRule(CreateRuleRequest(corp_id=_CORP, rule=rule))
    bind = ConfigureGroupsRequest(
        corp_id=_CORP,
        operation=ConfigureGroupsRequest.OPERATION_BIND,
        rule_ids=[made.rule.rule_id],
        chat_ids=[_CHAT],
    )
    bound = await gg.rules.ConfigureGroups(bind)
    request = CheckMessageRequest(
        corp_id=_CORP, message=text_message(_CHAT, "wm1", "在吗"), min_rules_revision=bound.rules_revision
    )
    await gg.filter.CheckMessage(request)


ROW = Row(
    name="batcher",
    title="the client's batcher",
    about=f"{_TASKS} tasks of one process check messages ({SOURCE}) one by one, with a call each and through a Batcher (100 a batch, "
    f"{_DELAY * 1000:g} ms delay), against one FilterService process on the same machine. The client's own work is part of it.",
    measure=_measure,
    repetitions=5,
)
