"""A corp as large as one may be, through the public API: rules, groups, and every rule in every group."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.phases import Phase, run
from bench.row import Figure, Must, Row
from bench.single_bits import block_times
from bench.stalls import Pings, pinging
from bench.store_watch import StoreWatch
from bench.words import SOURCE, words
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    OWNER_KIND_SUPER_ADMIN,
    RULE_STATE_ENABLED,
    Action,
    Conditions,
    Keyword,
    KeywordCondition,
    Owner,
    Rule,
)
from groupguard.rule.v1.rule_service_pb2 import (
    ConfigureGroupsRequest,
    CreateRuleRequest,
    FetchRulesRequest,
    UpsertGroupsRequest,
)
from groupguard_client import Addresses, AsyncGroupGuard, text_message
from rule_service.domain import limits
from service_kit.embedded import EmbeddedStore, socket_in
from service_kit.suite import Suite
from support.valkey import short_folder

_CORP = "ww0123456789abcdef"
_RULES, _GROUPS, _KEYWORDS = limits.RULES_PER_OWNER, limits.GROUPS_PER_RULE, limits.KEYWORDS_PER_RULE
_CHATS = [f"wrOgQhDgAAMYQiS5{number:016d}" for number in range(_GROUPS)]
_SECONDS = 60.0
"""How long a call may take: a cold start is measured, not given up."""
_STALL = Must(50, always=True)
_BINDINGS = Must(4)
"""MiB: three chunks of 1 KB a rule are 3 MB, and each is a key of its own."""


def _measure() -> list[Figure]:
    with short_folder() as folder:
        store = EmbeddedStore(folder)
        with Suite(store, log_folder=folder) as suite:
            figures = asyncio.run(_load(suite, store))
    bits, masks = block_times(_RULES, limits.GROUPS_PER_CALL)
    part = f"{_RULES:,} rules × {limits.GROUPS_PER_CALL:,} groups in one script, in a scratch store"
    return [*figures, Figure(part, "bit by bit", bits, "ms"), Figure(part, "by masks", masks, "ms")]


async def _load(suite: Suite, store: EmbeddedStore) -> list[Figure]:
    ports = {name: f"127.0.0.1:{service.port}" for name, service in suite.services.items()}
    watch = StoreWatch(store.durable_url)
    before = watch.used_memory()
    sockets = [socket_in(store.folder / name) for name in ("durable", "ephemeral")]
    async with AsyncGroupGuard(Addresses(**ports), token="", timeout=_SECONDS) as gg:
        with pinging(*sockets) as pings:
            written = await _write(gg, watch)
            after = watch.used_memory()
            filter_before = _resident(suite)
            fetching, [fetched] = await run("fetch everything", [partial(_fetch, gg)], watch)
            judging, _ = await run("first verdict", [partial(_judge, gg)], watch)
    bindings = sum(watch.memory_of(f"gg:rule:{{{_CORP}}}:{kind}") for kind in ("bits:*", "bindings"))
    causes = [
        Figure("causes of stalls", name, watch.longest_event(event), "ms")
        for name, event in (
            ("longest command", "command"),
            ("longest fsync of the AOF", "aof-fsync-always"),
            ("longest write to the AOF", "aof-write"),
            ("longest fork", "fork"),
        )
    ]
    watch.close()
    whole = "the whole load"
    return [
        Figure(whole, "time", written[-1].ended - written[0].begun, "s", Must(300)),
        Figure(whole, "bindings in the store", bindings / 2**20, "MiB", _BINDINGS),
        Figure(whole, "store before", before / 2**20, "MiB"),
        Figure(whole, "store after", after / 2**20, "MiB"),
        *_figures([*written, fetching, judging], pings),
        Figure(fetching.name, "answer", fetched / 2**20, "MiB"),
        Figure(judging.name, "FilterService's memory before", filter_before, "MiB"),
        Figure(judging.name, "FilterService's memory after", _resident(suite), "MiB"),
        *causes,
    ]


def _figures(phases: list[Phase], pings: Pings) -> Iterator[Figure]:
    for phase in phases:
        yield from phase.figures(pings, _STALL)


async def _write(gg: AsyncGroupGuard, watch: StoreWatch) -> list[Phase]:
    vocabulary = words(_RULES * _KEYWORDS)
    # Neighbours in a lexicon may be the same after folding, so they go to different rules.
    creations = [CreateRuleRequest(corp_id=_CORP, rule=_rule(vocabulary[at::_RULES])) for at in range(_RULES)]
    creating, created = await run(
        f"create {_RULES:,} rules of {_KEYWORDS} keywords",
        [partial(gg.rules.CreateRule, request) for request in creations],
        watch,
    )
    rule_ids = [answer.rule.rule_id for answer in created]
    upserts = [
        UpsertGroupsRequest(
            corp_id=_CORP, groups=[Group(chat_id=chat, owner_userid=f"member{chat[-3:]}") for chat in chats]
        )
        for chats in _parts(_CHATS, limits.GROUPS_PER_UPSERT)
    ]
    registering, _ = await run(
        f"register {_GROUPS:,} groups, {limits.GROUPS_PER_UPSERT:,} a call",
        [partial(gg.rules.UpsertGroups, request) for request in upserts],
        watch,
    )
    bindings = [
        ConfigureGroupsRequest(
            corp_id=_CORP,
            operation=ConfigureGroupsRequest.OPERATION_BIND,
            rule_ids=some_rules,
            chat_ids=some_chats,
        )
        for some_rules in _parts(rule_ids, limits.RULES_PER_CALL)
        for some_chats in _parts(_CHATS, limits.GROUPS_PER_CALL)
    ]
    binding, bound = await run(
        f"bind, {limits.RULES_PER_CALL} rules × {limits.GROUPS_PER_CALL:,} groups a call",
        [partial(gg.rules.ConfigureGroups, request) for request in bindings],
        watch,
    )
    full = {result.rule_id for answer in bound for result in answer.results if result.groups_after == _GROUPS}
    assert full == set(rule_ids), "not every rule is in every group"
    return [creating, registering, binding]


async def _fetch(gg: AsyncGroupGuard) -> int:
    """Returns the bytes of everything that a follower has to read."""
    chunks = gg.rules.FetchRules(FetchRulesRequest(corp_id=_CORP), timeout=_SECONDS)
    return sum([chunk.ByteSize() async for chunk in chunks])


async def _judge(gg: AsyncGroupGuard) -> None:
    """Has the one FilterService judge a message: it has never heard of the corp."""
    message = text_message(_CHATS[0], "wmCustomer", f"看看{words(1)[0]}。")
    answer = await gg.filter.CheckMessage(CheckMessageRequest(corp_id=_CORP, message=message))
    assert answer.verdict.hits, "the first verdict is not by the rules"


def _rule(keywords: list[str]) -> Rule:
    condition = KeywordCondition(keywords=[Keyword(text=word) for word in keywords])
    return Rule(
        owner=Owner(kind=OWNER_KIND_SUPER_ADMIN),
        display_name="防广告",
        state=RULE_STATE_ENABLED,
        conditions=Conditions(keywords=condition),
        action=Action(kind=ACTION_KIND_KICK),
    )


def _parts(items: list[str], size: int) -> list[list[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _resident(suite: Suite) -> float:
    """Returns FilterService's resident memory in MiB; 0 where the system does not tell."""
    status = Path(f"/proc/{suite.services['filter'].pid}/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


ROW = Row(
    name="load",
    title="the largest corp, written and read",
    about=f"{_RULES:,} rules of the super administrators with {_KEYWORDS} keywords each ({SOURCE}), {_GROUPS:,} groups, every "
    f"rule bound to every group: through gRPC, one call at a time, to a RuleService process on the embedded store (AOF, "
    "fsync on every write). A second client PINGs the store every millisecond, and an idle store beside it: what both have in common is the machine's doing.",
    measure=_measure,
    repetitions=5,
)
