"""Counting is exact however many replicas count, and a retry ends what another replica began."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack

import pytest

from filter_service.blacklists import Blacklists, BlacklistsUnavailable, Lookup
from filter_service.domain.rule import Blacklist
from groupguard.blacklist.v1.blacklist_service_pb2 import CheckCustomersRequest
from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest, CheckMessageRequest
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import (
    CHECK_ADD_TO_BLACKLIST,
    CONDITION_FREQUENCY,
    DECISION_ALLOW,
    DECISION_KICK,
    DECISION_WARN,
    Verdict,
)
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_service_pb2 import (
    ConfigureGroupsRequest,
    CreateRuleRequest,
    UpsertGroupsRequest,
)
from groupguard_client import Addresses, AsyncGroupGuard, text_message
from service_kit.embedded import EmbeddedStore
from service_kit.revision import Revision
from support.oracle import protos
from support.oracle.facts import Limit, RuleFacts
from support.replica import replica

REPLICAS, SENDERS, MESSAGES = 8, 32, 30
MOST, WINDOW_MS = 5, 10_000
CHAT = "wrMarket"


@pytest.fixture
async def replicas(
    targets: list[Addresses], session_store: EmbeddedStore
) -> AsyncIterator[list[AsyncGroupGuard]]:
    """Eight replicas in this process, each with its own connections and snapshots."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(replica(targets[0], session_store.ephemeral_url))
            for _ in range(REPLICAS)
        ]


async def corp_with(gg: AsyncGroupGuard, rule: RuleFacts) -> tuple[str, str]:
    """A corp with one group and one rule in it; its id and the token of its rules."""
    corp_id = f"ww{uuid.uuid4().hex[:14]}"
    await gg.rules.UpsertGroups(
        UpsertGroupsRequest(corp_id=corp_id, groups=[Group(chat_id=CHAT, owner_userid="zhang")])
    )
    created = await gg.rules.CreateRule(CreateRuleRequest(corp_id=corp_id, rule=protos.rule(rule)))
    bound = await gg.rules.ConfigureGroups(
        ConfigureGroupsRequest(
            corp_id=corp_id,
            operation=ConfigureGroupsRequest.OPERATION_BIND,
            rule_ids=[created.rule.rule_id],
            chat_ids=[CHAT],
        )
    )
    return corp_id, bound.rules_revision


def said(sender: str, ms: int, text: str = "早") -> Message:
    message = text_message(CHAT, sender, text, message_id=uuid.uuid4().hex, group_nickname="")
    message.send_time.FromMilliseconds(ms)
    return message


def observed(verdict: Verdict) -> int:
    """Messages counted up to this one, as far as the verdict shows it: in the hit, or in what is left."""
    for hit in verdict.hits:
        if hit.condition == CONDITION_FREQUENCY:
            return hit.figures.observed
    [allowance] = verdict.allowances
    return MOST - allowance.remaining


async def test_frequency_is_exact_with_8_replicas_and_32_senders(replicas: list[AsyncGroupGuard]) -> None:
    """Over window borders and with archives that come minutes late: every count is a naive one's (pitfalls 13, 14)."""
    rule = RuleFacts("ENABLED", "WARN", text="慢点", frequency=Limit(MOST, WINDOW_MS))
    corp_id, token = await corp_with(replicas[0], rule)
    now = time.time_ns() // 1_000_000

    async def send(number: int) -> None:
        """One sender's messages, in the order in which they arrive, each at any replica."""
        dice = random.Random(number)
        times = [now - dice.choice([0, 5 * 60_000]) - dice.randint(0, 40) * 500 for _ in range(MESSAGES)]
        arrived: list[int] = []
        while times:
            part = [times.pop() for _ in range(min(len(times), dice.choice([1, 1, 3])))]
            request = BatchCheckMessagesRequest(
                corp_id=corp_id,
                messages=[said(f"wm{number}", ms) for ms in part],
                min_rules_revision=token,
            )
            answer = await dice.choice(replicas).filter.BatchCheckMessages(request)
            for ms, result in zip(part, answer.results, strict=True):
                arrived.append(ms)
                counted = sum(1 for at in arrived if ms - WINDOW_MS < at <= ms)
                assert observed(result.verdict) == counted
                wanted = DECISION_WARN if counted > MOST else DECISION_ALLOW
                assert result.verdict.decision == wanted

    await asyncio.gather(*(send(number) for number in range(SENDERS)))


async def test_of_messages_of_one_moment_exactly_the_allowed_pass(replicas: list[AsyncGroupGuard]) -> None:
    """All at once, at all replicas: as many pass as may, whoever is asked first."""
    rule = RuleFacts("ENABLED", "WARN", text="慢点", frequency=Limit(MOST, WINDOW_MS))
    corp_id, token = await corp_with(replicas[0], rule)
    now = time.time_ns() // 1_000_000

    async def send(number: int) -> int:
        request = CheckMessageRequest(corp_id=corp_id, message=said("wm1", now), min_rules_revision=token)
        answer = await replicas[number % REPLICAS].filter.CheckMessage(request)
        return observed(answer.verdict)

    counts = await asyncio.gather(*(send(number) for number in range(64)))
    assert sorted(counts) == list(range(1, 65))


class _Failing:
    """Blacklists that can't take anybody on."""

    def __init__(self, behind: Blacklists) -> None:
        self._behind = behind

    async def look_up(
        self, corp_id: str, lookups: Iterable[Lookup], at_least: Revision | None = None
    ) -> Mapping[Lookup, Blacklist]:
        return await self._behind.look_up(corp_id, lookups, at_least)

    async def add(self, *_: object) -> Revision:
        raise BlacklistsUnavailable("UNAVAILABLE")


async def test_a_retry_ends_what_a_first_attempt_began_and_did_not_finish(
    targets: list[Addresses], session_store: EmbeddedStore
) -> None:
    """Counted, then cut off before the blacklisting: the retry counts nothing, decides the same, and lists the sender."""
    rule = RuleFacts(
        "ENABLED",
        "KICK_AFTER_WARNINGS",
        keywords=("刷单",),
        warnings=1,
        text="请勿打扰。",
        blacklist="ENTERPRISE",
    )
    url = session_store.ephemeral_url
    async with replica(targets[0], url, _Failing) as first, replica(targets[0], url) as second:
        corp_id, token = await corp_with(first, rule)
        now = time.time_ns() // 1_000_000

        async def check(at: AsyncGroupGuard, message: Message) -> Verdict:
            request = CheckMessageRequest(corp_id=corp_id, message=message, min_rules_revision=token)
            return (await at.filter.CheckMessage(request)).verdict

        async def listed() -> bool:
            query = CheckCustomersRequest.Query(external_userid="wm1")
            answer = await second.blacklist.CheckCustomers(
                CheckCustomersRequest(corp_id=corp_id, queries=[query])
            )
            return bool(answer.results[0].entries)

        assert (await check(first, said("wm1", now, "刷单"))).decision == DECISION_WARN
        last = said("wm1", now, "刷单")
        cut_off = await check(first, last)
        assert (cut_off.decision, cut_off.not_evaluated[0].check) == (DECISION_KICK, CHECK_ADD_TO_BLACKLIST)
        assert not await listed()
        for _ in range(2):  # the second time the sender is listed, and the outcome is the first one still
            retried = await check(second, last)
            assert (retried.decision, retried.effects) == (cut_off.decision, cut_off.effects)
            assert (retried.reason, retried.repeated) == (cut_off.reason, True)
            assert [(it.count, it.rule_id) for it in retried.strikes] == [(2, cut_off.hits[0].rule_id)]
            assert not retried.not_evaluated
            assert await listed()
