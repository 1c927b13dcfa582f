"""ListRuleProblems: pages, permissions, and how long anything else has to wait."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import grpc.aio
import pytest

from groupguard.common.v1.message_type_pb2 import MESSAGE_TYPE_LINK
from groupguard.rule.v1 import problems_pb2, rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import AsyncGroupGuard, failure
from rule_service.domain.conditions import (
    Conditions,
    Keyword,
    KeywordCondition,
    MessageType,
    MessageTypeCondition,
)
from rule_service.redis_store import RedisRuleStore
from rule_service.rule_problems import list_problems
from support.callers import tokens
from support.rules import CORP, EDIT, a_rule, a_write, asked, client_of, create, member, rule_service

Kind = problems_pb2.RuleProblem


async def listed(gg: AsyncGroupGuard, size: int = 0, **query: Any) -> list[problems_pb2.RuleProblem]:
    """All problems, page by page."""
    found: list[problems_pb2.RuleProblem] = []
    token = ""
    while True:
        page = await gg.rules.ListRuleProblems(
            problems_pb2.ListRuleProblemsRequest(corp_id=CORP, page_size=size, page_token=token, **query)
        )
        assert len(page.problems) <= (size or 100)
        found += page.problems
        token = page.next_page_token
        if not token:
            return found


def faulty(*keywords: str, **fields: Any) -> rule_pb2.Rule:
    """A rule with a problem of each kind, if another has its keywords."""
    rule = asked(*keywords, state=rule_pb2.RULE_STATE_SHADOW, **fields)
    rule.conditions.keywords.allow_phrases.append(keywords[0])
    rule.conditions.message_types.types.append(MESSAGE_TYPE_LINK)
    rule.conditions.message_types.web_whitelist.extend(["ok.com", "a.ok.com", "b.ok.com/x"])
    return rule


async def test_pages_of_any_size_hold_the_same_problems_in_order(gg: AsyncGroupGuard) -> None:
    """By rule, kind and field; a page may end within a rule."""
    rules = [await create(gg, faulty("代购", f"词{number}")) for number in range(7)]
    for _ in range(3):
        await create(gg, asked("别的"))
    found = await listed(gg, 1000)
    assert [(it.rule_id, it.kind, it.field) for it in found] == sorted(
        (it.rule_id, it.kind, it.field) for it in found
    )
    assert {it.rule_id for it in found} == {rule.rule_id for rule in rules}
    first = [it for it in found if it.rule_id == min(rule.rule_id for rule in rules)]
    assert [it.kind for it in first] == [
        Kind.KIND_BOUND_TO_NO_GROUP,
        Kind.KIND_KEYWORD_ALWAYS_EXCUSED,
        Kind.KIND_DUPLICATE_KEYWORD,
        Kind.KIND_WHITELIST_ENTRY_COVERED,
        Kind.KIND_WHITELIST_ENTRY_COVERED,
    ]
    assert (first[1].field, first[1].value) == ("conditions.keywords.keywords[0].text", "代购")
    assert (first[4].value, first[4].because_of) == ("b.ok.com/x", "ok.com")
    for size in (1, 2, 3, 4, 5, 34, 35):
        assert await listed(gg, size) == found
    for rule in rules[:2]:
        assert await listed(gg, 2, rule_id=rule.rule_id) == [it for it in found if it.rule_id == rule.rule_id]


async def test_a_rule_that_is_gone_does_not_end_the_list(gg: AsyncGroupGuard) -> None:
    """The page behind it goes on with the next rule."""
    rules = sorted([(await create(gg, faulty("代购", f"词{number}"))).rule_id for number in range(3)])
    asking = problems_pb2.ListRuleProblemsRequest(corp_id=CORP, page_size=2)
    page = await gg.rules.ListRuleProblems(asking)
    await gg.rules.DeleteRule(pb.DeleteRuleRequest(corp_id=CORP, rule_id=rules[0]))
    asking.page_token = page.next_page_token
    page = await gg.rules.ListRuleProblems(asking)
    assert [(it.rule_id, it.kind) for it in page.problems] == [
        (rules[1], Kind.KIND_BOUND_TO_NO_GROUP),
        (rules[1], Kind.KIND_KEYWORD_ALWAYS_EXCUSED),
    ]


async def code_of(gg: AsyncGroupGuard, **query: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await listed(gg, **query)
    return failure(caught.value).code


async def test_nobody_learns_of_rules_that_are_not_theirs(one_store: RedisRuleStore) -> None:
    """Neither of their problems nor of their keywords."""
    known = tokens({role: {CORP: [role]} for role in ("super_admin", "viewer", "member:zhang", "registry")})
    async with rule_service(one_store, known) as target, client_of(target, "super_admin") as root:
        enabled = rule_pb2.RULE_STATE_ENABLED
        mine = await create(root, asked("代购", owner=member("zhang"), state=enabled))
        theirs = await create(root, asked("代购", state=enabled))
        unbound = Kind(kind=Kind.KIND_BOUND_TO_NO_GROUP, rule_id=mine.rule_id)
        async with client_of(target, "member:zhang") as zhang, client_of(target, "viewer") as viewer:
            assert await listed(zhang) == [unbound]
            assert await listed(zhang, rule_id=mine.rule_id) == [unbound]
            assert await code_of(zhang, rule_id=theirs.rule_id) == "PERMISSION_DENIED"
            for gg in (root, viewer):
                found = [it for it in await listed(gg) if it.kind == Kind.KIND_DUPLICATE_KEYWORD]
                assert {it.rule_id: list(it.other_rule_ids) for it in found} == {
                    mine.rule_id: [theirs.rule_id],
                    theirs.rule_id: [mine.rule_id],
                }
                assert await code_of(gg, rule_id="f" * 24) == "NOT_FOUND"
        async with client_of(target, "registry") as registry:
            assert await code_of(registry) == "PERMISSION_DENIED"


async def test_a_token_of_another_query_is_refused(gg: AsyncGroupGuard) -> None:
    """As in all lists."""
    rule = await create(gg, faulty("代购"))
    asking = problems_pb2.ListRuleProblemsRequest(corp_id=CORP, page_size=1)
    token = (await gg.rules.ListRuleProblems(asking)).next_page_token
    asking = problems_pb2.ListRuleProblemsRequest(corp_id=CORP, rule_id=rule.rule_id, page_token=token)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gg.rules.ListRuleProblems(asking)
    assert failure(caught.value).violations[0][0] == "page_token"


async def test_a_corp_full_of_rules_is_looked_through_while_others_are_served(
    one_store: RedisRuleStore,
) -> None:
    """100 rules with every list full: no single stretch of it holds up the event loop for a third of the time.

    What other processes took of a stretch is left out.
    """
    for start in range(0, 100, 10):
        await one_store.create_rules(a_write(), [full(number) for number in range(start, start + 10)], EDIT)
    shares = []
    for _ in range(4):  # a busy machine makes a stretch longer now and then
        shares.append(await _longest_share_of_looking_through(one_store))
        if shares[-1] < 1 / 3:
            break
    assert min(shares) < 1 / 3


async def _longest_share_of_looking_through(store: RedisRuleStore) -> float:
    longest, stop = 0.0, asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        while not stop.is_set():
            wall, cpu = time.perf_counter(), time.process_time()
            await asyncio.sleep(0.001)
            longest = max(longest, min(time.perf_counter() - wall, time.process_time() - cpu))

    watching = asyncio.create_task(watch())
    began = time.process_time()
    found = await list_problems(store, CORP, "", None, 1001)
    took = time.process_time() - began
    stop.set()
    await watching
    assert len(found) == 100
    return longest / took


def full(number: int) -> Any:
    """A rule with full lists and one problem: it is bound to no group."""
    words = KeywordCondition(
        tuple(Keyword(f"词{number}之{it}") for it in range(100)),
        tuple(f"词语{number}之{it}" for it in range(100)),
    )
    entries = tuple(f"https://shop{it}.example{number}.com/spring/{it}" for it in range(1000))
    types = MessageTypeCondition((MessageType.LINK,), entries)
    return a_rule(conditions=Conditions(keywords=words, message_types=types))
