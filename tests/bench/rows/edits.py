"""P6: how soon a rule that was saved is enforced, and what edits cost the checks beside them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count

from bench.filling import bind, create, register, rule
from bench.messages import SOURCE as MESSAGES
from bench.messages import messages
from bench.processes import another_filter, cpu_seconds_aside
from bench.row import Figure, Must, Row
from bench.words import SOURCE as WORDS
from bench.words import words
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.rule.v1.rule_pb2 import Keyword, Rule
from groupguard.rule.v1.rule_service_pb2 import UpdateRuleRequest
from groupguard_client import Addresses, AsyncGroupGuard, text_message
from service_kit.embedded import EmbeddedStore
from service_kit.service_process import ServiceProcess
from service_kit.suite import Suite
from support.valkey import short_folder

_CORP, _CHAT = "ww0123456789abcdef", "wrOgQhDgAAMYQiS50000000000000000"
_RULES, _PER_RULE = 1_000, 100
_SAVES = 100
_PHASE_SECONDS = 12.0
_EDITS_A_SECOND = 10
_IN_FLIGHT = 4
_PAUSE = 0.005
"""Seconds between two checks of a caller, so that the two cores of a small machine are not full."""


@dataclass(frozen=True, slots=True)
class _Phase:
    p99: float
    """Seconds."""
    checks: int
    edits: int
    aside: float
    """Cores that threads beside the event loop took."""


def _measure() -> list[Figure]:
    with short_folder() as folder, Suite(EmbeddedStore(folder / "data"), log_folder=folder) as suite:
        return asyncio.run(_run(suite, folder))


async def _run(suite: Suite, folder: object) -> list[Figure]:
    figures: list[Figure] = []
    first = suite.services["filter"]
    async with _client(suite, first) as gg:
        vocabulary = words(_RULES * _PER_RULE)
        rule_ids = await create(gg, _CORP, [rule(vocabulary[at::_RULES]) for at in range(_RULES)])
        await register(gg, _CORP, [_CHAT], lambda _: "zhangmin")
        await bind(gg, _CORP, rule_ids, [_CHAT])
        with ExitStack() as stack:
            others = [stack.enter_context(another_filter(suite, folder)) for _ in range(2)]  # type: ignore[arg-type]
            clients = [gg, *(_client(suite, other) for other in others)]
            figures += await _save(gg, clients, rule_ids[0])
            for client in clients[1:]:
                await client.close()
        figures += await _edit(gg, first, rule_ids, vocabulary)
    return figures


def _client(suite: Suite, replica: ServiceProcess) -> AsyncGroupGuard:
    rules, lists = (suite.services[name].port for name in ("rule", "blacklist"))
    ports = (rules, replica.port, lists)
    return AsyncGroupGuard(Addresses(*(f"127.0.0.1:{port}" for port in ports)), token="", timeout=60)


async def _save(gg: AsyncGroupGuard, clients: Sequence[AsyncGroupGuard], rule_id: str) -> Iterator[Figure]:
    """Saves a rule again and again, and asks every replica until it enforces it; nobody waits for a token."""
    for client in clients:
        await _check(client, "你好")
    seconds = []
    for number in range(_SAVES + 5):
        word = f"新词第{number}号广告"
        await gg.rules.UpdateRule(_edit_request(rule_id, [word]))
        saved = time.perf_counter()
        await asyncio.gather(*(_until_enforced(client, word) for client in clients))
        seconds.append(time.perf_counter() - saved)
    seconds = sorted(seconds[5:])
    part = f"saved → enforced on {len(clients)} replicas, {_RULES * _PER_RULE:,} keywords"
    return iter(
        [
            Figure(part, "median", seconds[len(seconds) // 2] * 1000, "ms"),
            Figure(part, "p99", seconds[len(seconds) * 99 // 100 - 1] * 1000, "ms", Must(300)),
        ]
    )


async def _until_enforced(client: AsyncGroupGuard, word: str) -> None:
    while not await _check(client, word):
        await asyncio.sleep(0.001)


async def _check(client: AsyncGroupGuard, text: str) -> int:
    """Returns how many hits there are."""
    request = CheckMessageRequest(corp_id=_CORP, message=text_message(_CHAT, "wmCustomer", text))
    return (await client.filter.CheckMessage(request)).verdict.hit_count


def _edit_request(rule_id: str, keywords: Sequence[str]) -> UpdateRuleRequest:
    edited = Rule(rule_id=rule_id)
    edited.conditions.keywords.keywords.extend(Keyword(text=word) for word in keywords)
    return UpdateRuleRequest(corp_id=_CORP, rule=edited)


async def _edit(
    gg: AsyncGroupGuard, replica: ServiceProcess, rule_ids: Sequence[str], vocabulary: Sequence[str]
) -> list[Figure]:
    await _phase(gg, replica, None)  # warms up
    quiet = await _phase(gg, replica, None)
    figures = [Figure("checks without edits", "p99", quiet.p99 * 1000, "ms")]
    for changed, must in ((5, Must(2)), (_PER_RULE, None)):
        edits = _edits(rule_ids, vocabulary, changed)
        busy = await _phase(gg, replica, edits)
        part = f"checks during {_EDITS_A_SECOND} edits/s of {changed} keywords"
        figures += [
            Figure(part, "p99", busy.p99 * 1000, "ms"),
            Figure(part, "p99 against none", busy.p99 / quiet.p99, "×", must),
            Figure(part, "edits", busy.edits / _PHASE_SECONDS, "edits/s"),
            Figure(part, "rebuilds and large edits", busy.aside, "cores", Must(0.25) if must else None),
        ]
    return figures


def _edits(rule_ids: Sequence[str], vocabulary: Sequence[str], changed: int) -> Iterator[UpdateRuleRequest]:
    """Yields edits of one rule after the other, each of which replaces some of its words."""
    for number in count():
        place = 1 + number % (_RULES - 1)
        old = vocabulary[place::_RULES][changed:]
        new = [f"改{changed}的{number}之{nth}词" for nth in range(changed)]
        yield _edit_request(rule_ids[place], [*new, *old])


async def _phase(
    gg: AsyncGroupGuard, replica: ServiceProcess, edits: Iterator[UpdateRuleRequest] | None
) -> _Phase:
    texts = [message.text for message in messages()]
    seconds: list[float] = []
    made = 0
    end = time.perf_counter() + _PHASE_SECONDS

    async def check(first: int) -> None:
        for number in count(first, _IN_FLIGHT):
            begun = time.perf_counter()
            if begun > end:
                return
            await _check(gg, texts[number % len(texts)])
            seconds.append(time.perf_counter() - begun)
            await asyncio.sleep(_PAUSE)

    async def edit() -> None:
        nonlocal made
        begun = time.perf_counter()
        for number, request in enumerate(edits or ()):
            await asyncio.sleep(max(0.0, begun + number / _EDITS_A_SECOND - time.perf_counter()))
            if time.perf_counter() > end:
                return
            await gg.rules.UpdateRule(request)
            made += 1

    aside = cpu_seconds_aside(replica)
    await asyncio.gather(edit(), *(check(first) for first in range(_IN_FLIGHT)))
    aside = cpu_seconds_aside(replica) - aside
    seconds.sort()
    return _Phase(seconds[len(seconds) * 99 // 100], len(seconds), made, aside / _PHASE_SECONDS)


ROW = Row(
    name="edits",
    title="P6, from saving a rule to enforcing it, and what edits cost the checks",
    about=(
        f"{_RULES:,} rules with {_PER_RULE} keywords each ({WORDS}), all bound to one group, in real processes on the embedded "
        f"store. A save counts from RuleService's answer until every one of three FilterServices, which are asked again and again "
        f"without a token, hits the new keyword; {_SAVES} saves. Checks are of {MESSAGES}, one by one, {_IN_FLIGHT} at a time, on one "
        "FilterService alone. What its threads beside the event loop take of a core is what rebuilding indexes costs."
    ),
    measure=_measure,
    repetitions=3,
)
