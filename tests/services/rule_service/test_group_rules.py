"""A group's rules as a whole, the lists of groups and rules, and previews; on a single server and on a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1.group_pb2 import Group
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.domain import limits
from rule_service.redis_store import RedisRuleStore
from service_kit import auth
from service_kit.redis_client import connect
from support.rules import CORP, client_of, rule_service

BIND, UNBIND = pb.ConfigureGroupsRequest.OPERATION_BIND, pb.ConfigureGroupsRequest.OPERATION_UNBIND
ADMIN = rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_SUPER_ADMIN)
ZHANG = rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_MEMBER, userid="zhang")


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[RedisRuleStore]:
    client = connect(store_url)
    yield RedisRuleStore(client)
    await client.aclose()


@pytest.fixture
async def gg(store: RedisRuleStore) -> AsyncIterator[AsyncGroupGuard]:
    async with rule_service(store) as target, client_of(target) as made:
        yield made


async def create(gg: AsyncGroupGuard, count: int, owner: rule_pb2.Owner = ADMIN) -> list[str]:
    rule = rule_pb2.Rule(
        owner=owner,
        display_name="no ads",
        conditions=rule_pb2.Conditions(length=rule_pb2.LengthCondition(max_lines=3)),
        action=rule_pb2.Action(kind=rule_pb2.ACTION_KIND_KICK),
    )
    requests = [pb.CreateRuleRequest(corp_id=CORP, rule=rule) for _ in range(count)]
    return sorted([(await gg.rules.CreateRule(request)).rule.rule_id for request in requests])


async def register(gg: AsyncGroupGuard, count: int, owner: str = "zhang", members: int = 0) -> list[str]:
    groups = [Group(chat_id=f"wr{it:04}", owner_userid=owner, member_count=members) for it in range(count)]
    await gg.rules.UpsertGroups(pb.UpsertGroupsRequest(corp_id=CORP, groups=groups))
    return [group.chat_id for group in groups]


async def configure(
    gg: AsyncGroupGuard, operation: Any, rules: list[str], chats: list[str], **more: Any
) -> Any:
    return await gg.rules.ConfigureGroups(
        pb.ConfigureGroupsRequest(corp_id=CORP, operation=operation, rule_ids=rules, chat_ids=chats, **more)
    )


async def set_rules(gg: AsyncGroupGuard, chat_id: str, rule_ids: list[str], **more: Any) -> Any:
    return await gg.rules.SetGroupRules(
        pb.SetGroupRulesRequest(corp_id=CORP, chat_id=chat_id, rule_ids=rule_ids, **more)
    )


async def rules_of(gg: AsyncGroupGuard, chat_id: str) -> list[str]:
    page = await gg.rules.ListGroupRules(pb.ListGroupRulesRequest(corp_id=CORP, chat_id=chat_id))
    return [rule.rule_id for rule in page.rules]


async def refusal(call: Any) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure(caught.value)


async def test_a_groups_rules_are_replaced_as_a_whole(gg: AsyncGroupGuard) -> None:
    """What is asked and missing is bound, what is there and not asked goes; other groups are left alone."""
    one, two, three = await create(gg, 3)
    chat, other = await register(gg, 2)
    await configure(gg, BIND, [one, two], [chat, other])
    done = await set_rules(gg, chat, [three, two])
    assert (list(done.bound_rule_ids), list(done.unbound_rule_ids)) == ([three], [one])
    assert await rules_of(gg, chat) == [two, three]
    assert await rules_of(gg, other) == [one, two]
    counts = [
        (await gg.rules.GetRule(pb.GetRuleRequest(corp_id=CORP, rule_id=it))).group_count
        for it in (one, two, three)
    ]
    assert counts == [1, 2, 1]
    assert (await set_rules(gg, chat, [two, three])).rules_revision == done.rules_revision
    await set_rules(gg, chat, [])
    assert await rules_of(gg, chat) == []


async def test_followers_hear_of_a_groups_new_rules(gg: AsyncGroupGuard) -> None:
    """What was bound and what was unbound come in one revision."""
    one, two = await create(gg, 2)
    [chat] = await register(gg, 1)
    before = await set_rules(gg, chat, [one])
    after = await set_rules(gg, chat, [two])
    request = pb.FetchRulesRequest(corp_id=CORP, since=before.rules_revision)
    chunks = [chunk async for chunk in gg.rules.FetchRules(request)]
    told = [change.binding for chunk in chunks for change in chunk.changes]
    assert [(it.operation, list(it.rule_ids), it.bitmap) for it in told] == [
        (2, [two], b"\x80"),
        (3, [one], b"\x80"),
    ]
    assert chunks[-1].rules_revision == after.rules_revision


async def test_a_repeated_setting_gets_the_first_answer(gg: AsyncGroupGuard) -> None:
    """Also when others changed the group in between."""
    one, two = await create(gg, 2)
    [chat] = await register(gg, 1)
    request = pb.SetGroupRulesRequest(
        corp_id=CORP, chat_id=chat, rule_ids=[one], request_id="5f0c7a1e-3d52-4a3c-9a57-0c1f6d6e2b11"
    )
    first = await gg.rules.SetGroupRules(request)
    await set_rules(gg, chat, [two])
    assert await gg.rules.SetGroupRules(request) == first
    assert await rules_of(gg, chat) == [two]


async def test_settings_at_the_same_time_leave_exactly_one_of_them(gg: AsyncGroupGuard) -> None:
    """Each is planned on what it then really changes: no mixture of two remains."""
    rules = await create(gg, 4)
    [chat] = await register(gg, 1)
    wanted = [[rules[0], rules[1]], [rules[2]], [rules[1], rules[3]]]
    await asyncio.gather(*(set_rules(gg, chat, each) for each in wanted * 3))
    assert await rules_of(gg, chat) in [sorted(each) for each in wanted]


async def test_limits_and_owners_hold_for_a_group_as_a_whole(
    gg: AsyncGroupGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing happens if one rule is full, not there, or not for this group."""
    [full] = await create(gg, 1)
    [mine] = await create(gg, 1, ZHANG)
    chat, other = await register(gg, 2, owner="li")
    await configure(gg, BIND, [full], [other])
    monkeypatch.setattr(limits, "GROUPS_PER_RULE", 1)
    preview = await set_rules(gg, chat, [full], validate_only=True)
    assert list(preview.blast_radius.rule_ids_over_limit) == [full]
    assert (await refusal(set_rules(gg, chat, [full]))).reason == "LIMIT_EXCEEDED"
    assert (await refusal(set_rules(gg, chat, [mine]))).reason == "BINDING_NOT_ALLOWED"
    assert (await refusal(set_rules(gg, chat, ["nope"]))).reason == "RULE_NOT_FOUND"
    assert (await refusal(set_rules(gg, "wrNope", []))).reason == "GROUP_NOT_FOUND"
    told = await refusal(set_rules(gg, chat, [f"r{number}" for number in range(1001)]))
    assert told.violations == (("rule_ids", "0 to 1000 are allowed, not 1001"),)
    assert await rules_of(gg, chat) == []


async def test_a_preview_tells_what_would_happen_and_changes_nothing(
    gg: AsyncGroupGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts a rule, the groups and members touched, and the rules that would be in too many groups."""
    one, two = await create(gg, 2)
    chats = await register(gg, 5, members=100)
    await configure(gg, BIND, [one], chats[:3])
    before = (await configure(gg, BIND, [two], chats[:1])).rules_revision
    monkeypatch.setattr(limits, "GROUPS_PER_RULE", 3)
    preview = await configure(gg, BIND, [one, two], chats[1:5], validate_only=True)
    assert [(it.groups_before, it.groups_after) for it in preview.results] == [(3, 5), (1, 5)]
    assert preview.blast_radius == pb.BlastRadius(
        group_count=4, member_count=400, rule_ids_over_limit=[one, two]
    )
    assert preview.rules_revision == before
    away = await configure(gg, UNBIND, [one, two], chats, validate_only=True)
    assert away.blast_radius == pb.BlastRadius(group_count=3, member_count=300)
    monkeypatch.undo()
    done = await configure(gg, BIND, [one, two], chats[1:5])
    assert done.results == preview.results
    assert not done.HasField("blast_radius")


async def test_the_groups_of_a_rule_come_in_pages_by_ordinal(gg: AsyncGroupGuard) -> None:
    """Each once; the token is good for this rule only."""
    rule, other = await create(gg, 2)
    chats = await register(gg, 12)
    await configure(gg, BIND, [rule], chats[::2])
    found, token = [], ""
    while True:
        page = await gg.rules.ListRuleGroups(
            pb.ListRuleGroupsRequest(corp_id=CORP, rule_id=rule, page_size=2, page_token=token)
        )
        found += [group.chat_id for group in page.groups]
        token = page.next_page_token
        if not token:
            break
        wrong = pb.ListRuleGroupsRequest(corp_id=CORP, rule_id=other, page_token=token)
        assert (await refusal(gg.rules.ListRuleGroups(wrong))).reason == "INVALID_FIELD"
    assert found == chats[::2]


async def test_the_rules_of_a_group_come_in_pages_by_rule_id(gg: AsyncGroupGuard) -> None:
    """Each once, none of them of another group."""
    rules = await create(gg, 7)
    chat, other = await register(gg, 2)
    await configure(gg, BIND, rules[:5], [chat])
    await configure(gg, BIND, rules[4:], [other])
    found, token = [], ""
    while True:
        page = await gg.rules.ListGroupRules(
            pb.ListGroupRulesRequest(corp_id=CORP, chat_id=chat, page_size=2, page_token=token)
        )
        found += [rule.rule_id for rule in page.rules]
        token = page.next_page_token
        if not token:
            break
    assert found == rules[:5]


async def test_a_member_sets_the_own_rules_and_leaves_those_of_others(store: RedisRuleStore) -> None:
    """What a caller may not change stays bound, and what a caller may not see is not listed."""
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of "test"
    caller = auth.Caller("zhang", {CORP: frozenset({auth.Role("member", "zhang")})})
    async with rule_service(store) as target, client_of(target) as admin:
        [theirs] = await create(admin, 1)
        old, new = await create(admin, 2, ZHANG)
        [chat] = await register(admin, 1)
        await configure(admin, BIND, [theirs, old], [chat])
        async with (
            rule_service(store, auth.Tokens([(digest, caller)])) as guarded,
            client_of(guarded, "test") as member,
        ):
            done = await set_rules(member, chat, [new])
            assert (list(done.bound_rule_ids), list(done.unbound_rule_ids)) == ([new], [old])
            assert await rules_of(member, chat) == [new]
            assert (await refusal(set_rules(member, chat, [theirs]))).reason == "PERMISSION_DENIED"
        assert await rules_of(admin, chat) == sorted([theirs, new])
