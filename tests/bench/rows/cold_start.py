"""P7: how long a new FilterService takes to its first verdict, and what it takes in memory."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from bench.filling import (
    apart,
    at_once,
    bind,
    import_listed,
    import_rules,
    parts,
    register,
    rule,
)
from bench.processes import another_filter, cpu_seconds, resident
from bench.row import Figure, Must, Row
from bench.words import SOURCE, words
from groupguard.common.v1.message_type_pb2 import MESSAGE_TYPE_LINK, MESSAGE_TYPE_MINI_PROGRAM
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.filter.v1.snapshot_pb2 import GetSnapshotRequest
from groupguard.rule.v1.rule_pb2 import OWNER_KIND_MEMBER, Owner, Rule
from groupguard_client import Addresses, AsyncGroupGuard, text_message
from service_kit.embedded import EmbeddedStore
from service_kit.suite import Suite
from support.valkey import short_folder

_STARTS = 3
_PATIENCE = 300.0
"""Seconds that a start may take: it is measured, not given up."""
_A, _B = "ww00000000000000aa", "ww00000000000000bb"
_A_RULES, _A_GROUPS, _PER_RULE, _WHITELIST, _LISTED = 1_000, 20_000, 100, 1_000, 2_000_000
_B_RULES, _B_POOLS, _B_GROUPS, _B_PER_RULE = 50_000, 300, 300_000, 5
_B_SHARE = 0.3
"""Of a pool's groups that one of its rules is bound to."""
_PART_A = (
    f"a) {_A_RULES:,} rules × {_PER_RULE} keywords, each with {2 * _WHITELIST:,} whitelist entries, in {_A_GROUPS:,} groups; "
    f"{_LISTED:,} blacklisted"
)
_PART_B = (
    f"b) {_B_RULES:,} rules of {_B_POOLS} members, {_B_GROUPS:,} groups, each rule in a third of its member's"
)


@dataclass(frozen=True, slots=True)
class _Start:
    seconds: float
    cpu: float
    """Seconds that the process took of a core, which other processes do not change."""
    memory: float
    estimated: float
    """Both in MiB."""


def _measure() -> list[Figure]:
    with short_folder() as folder, Suite(EmbeddedStore(folder / "data"), log_folder=folder) as suite:
        return asyncio.run(_run(suite, folder))


async def _run(suite: Suite, folder: Path) -> list[Figure]:
    ports = {name: f"127.0.0.1:{service.port}" for name, service in suite.services.items()}
    figures: list[Figure] = []
    async with AsyncGroupGuard(Addresses(**ports), token="", timeout=_PATIENCE) as gg:
        for part, corp_id, fill, seconds, memory in (
            (_PART_A, _A, _fill_large, Must(15), Must(512)),
            (_PART_B, _B, _fill_wide, Must(60), Must(1_536)),
        ):
            chat, text = await fill(gg, corp_id)
            starts = [await _start(suite, folder, corp_id, chat, text) for _ in range(_STARTS)]
            figures += [
                Figure(part, "process started → first verdict", _median(starts, "seconds"), "s", seconds),
                Figure(part, "CPU of the process until then", _median(starts, "cpu"), "s"),
                Figure(part, "memory of the process", _median(starts, "memory"), "MiB", memory),
                Figure(part, "memory of the snapshot, estimated", _median(starts, "estimated"), "MiB"),
            ]
    return figures


def _median(starts: list[_Start], name: str) -> float:
    return float(statistics.median(getattr(start, name) for start in starts))


async def _start(suite: Suite, folder: Path, corp_id: str, chat: str, text: str) -> _Start:
    ports = {name: f"127.0.0.1:{service.port}" for name, service in suite.services.items()}
    begun = time.perf_counter()
    with another_filter(suite, folder, GROUPGUARD_LONGEST_CALL_SECONDS=f"{_PATIENCE:g}") as replica:
        where = Addresses(ports["rule"], f"127.0.0.1:{replica.port}", ports["blacklist"])
        async with AsyncGroupGuard(where, token="", timeout=_PATIENCE) as gg:
            message = text_message(chat, "wmCustomer", text)
            answer = await gg.filter.CheckMessage(CheckMessageRequest(corp_id=corp_id, message=message))
            seconds = time.perf_counter() - begun
            cpu = cpu_seconds(replica)
            assert answer.verdict.hits, "the first verdict is not by the rules"
            await asyncio.sleep(2)
            held = await gg.filter.GetSnapshot(GetSnapshotRequest(corp_id=corp_id))
            return _Start(seconds, cpu, resident(replica), held.memory_bytes / 2**20)


async def _fill_large(gg: AsyncGroupGuard, corp_id: str) -> tuple[str, str]:
    """Returns a group and a text that hits."""
    vocabulary = words(_A_RULES * _PER_RULE)
    chats = [f"wrOgQhDgAAMYQiS5{number:016d}" for number in range(_A_GROUPS)]
    rules = [_with_whitelists(rule(vocabulary[at::_A_RULES]), at) for at in range(_A_RULES)]
    await register(gg, corp_id, chats, lambda place: f"member{place % 1_000}")
    customers = [f"wmOgQhDgAAListed{number:016d}" for number in range(_LISTED)]
    _, rule_ids = await asyncio.gather(
        import_listed(gg, corp_id, customers), import_rules(gg, corp_id, rules)
    )
    await bind(gg, corp_id, rule_ids, chats)
    return chats[0], f"看看{vocabulary[0]}。"


def _with_whitelists(rule: Rule, number: int) -> Rule:
    types = rule.conditions.message_types
    types.types.extend((MESSAGE_TYPE_LINK, MESSAGE_TYPE_MINI_PROGRAM))
    types.web_whitelist.extend(f"shop{number}-{place}.example.com" for place in range(_WHITELIST))
    types.mini_program_whitelist.extend(f"wx{number:08x}{place:08x}" for place in range(_WHITELIST))
    return rule


async def _fill_wide(gg: AsyncGroupGuard, corp_id: str) -> tuple[str, str]:
    """Returns a group and a text that hits."""
    vocabulary = words(100_000)
    chats = [f"wrOgQhDgAAMYQiS5{number:016d}" for number in range(_B_GROUPS)]
    per_pool = _B_GROUPS // _B_POOLS
    await register(gg, corp_id, chats, lambda place: _member(place // per_pool))

    async def fill(pool: int) -> None:
        owner = Owner(kind=OWNER_KIND_MEMBER, userid=_member(pool))
        first, last = pool * _B_RULES // _B_POOLS, (pool + 1) * _B_RULES // _B_POOLS
        rules = [rule(apart(vocabulary, at, _B_PER_RULE), owner) for at in range(first, last)]
        rule_ids = await import_rules(gg, corp_id, rules)
        own, chance = chats[pool * per_pool : (pool + 1) * per_pool], random.Random(pool)
        # Ten rules share their groups: one after the other would be 50,000 calls.
        for some in parts(rule_ids, 10):
            await bind(gg, corp_id, some, chance.sample(own, int(len(own) * _B_SHARE)))
        if not pool:
            await bind(gg, corp_id, rule_ids[:1], own[:1])

    await at_once(fill, range(_B_POOLS))
    return chats[0], f"看看{vocabulary[0]}。"


def _member(pool: int) -> str:
    return f"member{pool}"


ROW = Row(
    name="cold_start",
    title="P7, from the start of a process to its first verdict, and its memory",
    about=(
        "A FilterService process is started beside a RuleService that holds everything, and asked at once for a verdict that needs "
        f"the corp's rules. Keywords are {SOURCE}. The median of {_STARTS} starts; memory is that of the whole process two seconds later."
    ),
    measure=_measure,
    repetitions=1,
)
