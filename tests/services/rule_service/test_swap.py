"""Binding some groups and unbinding others in one call, within what the outcome allows."""

from __future__ import annotations

import random
from collections.abc import Awaitable
from typing import Any

import grpc
import pytest

from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.domain import limits
from rule_service.domain.bindings import ordinals
from rule_service.domain.group import Group
from rule_service.domain.rule import Owner, OwnerKind, Rule
from rule_service.redis_store import RedisRuleStore
from rule_service.store import BindingChange, Operation
from service_kit.errors import BindingNotAllowed, GroupNotFound, LimitExceeded
from support.rules import BY, CORP, EDIT, a_rule, a_write, asked, create, member, register, upsert

BIND, UNBIND = Operation.BIND, Operation.UNBIND


async def one_rule(store: RedisRuleStore, **changes: Any) -> Rule:
    rule = a_rule(**changes)
    await store.create_rules(a_write(), [rule], EDIT)
    return rule


async def swap(
    store: RedisRuleStore, rules: list[Rule], bind: list[str], unbind: list[str]
) -> list[tuple[int, int]]:
    done, _ = await store.configure_groups(a_write(), BIND, rules, bind, unbind)
    return [(it.before, it.after) for it in done]


async def groups_of(store: RedisRuleStore, rule: Rule) -> set[str]:
    return {it.group.chat_id for it in await store.list_rule_groups(CORP, rule.rule_id, -1, 30_000)}


async def refusal(call: Awaitable[object]) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure(caught.value)


async def test_a_full_rule_changes_groups(store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is the outcome: as many come as go, within a chunk and across chunks."""
    await register(store, 9_000)
    rule = await one_rule(store)
    await store.configure_groups(a_write(), BIND, [rule], ["wr0", "wr1", "wr8500"])
    monkeypatch.setattr(limits, "GROUPS_PER_RULE", 3)
    assert await swap(store, [rule], ["wr2"], ["wr0"]) == [(3, 3)]
    assert await groups_of(store, rule) == {"wr1", "wr2", "wr8500"}
    assert await swap(store, [rule], ["wr8501", "wr8502"], ["wr1", "wr2"]) == [(3, 3)]
    assert await groups_of(store, rule) == {"wr8500", "wr8501", "wr8502"}
    with pytest.raises(LimitExceeded) as caught:
        await swap(store, [rule], ["wr5", "wr6"], ["wr8500", "wr7"])
    assert [(it.limit, it.current, it.asked) for it in caught.value.limits] == [(3, 3, 1)]
    assert await groups_of(store, rule) == {"wr8500", "wr8501", "wr8502"}


async def test_a_rule_above_the_limit_is_swapped_and_shrunk_but_not_grown(
    store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Historical rules keep what they have; what they gave up is gone."""
    chat_ids = await register(store, 12)
    rule = await one_rule(store)
    await store.configure_groups(a_write(), BIND, [rule], chat_ids[:8])
    monkeypatch.setattr(limits, "GROUPS_PER_RULE", 5)
    assert await swap(store, [rule], chat_ids[8:10], chat_ids[:2]) == [(8, 8)]
    with pytest.raises(LimitExceeded):
        await swap(store, [rule], chat_ids[:2], chat_ids[8:9])
    assert await swap(store, [rule], chat_ids[:1], chat_ids[2:4]) == [(8, 7)]
    with pytest.raises(LimitExceeded):
        await swap(store, [rule], chat_ids[2:4], chat_ids[:1])
    assert await groups_of(store, rule) == {"wr0", *chat_ids[4:10]}


async def test_a_swap_is_one_change_and_one_revision(store: RedisRuleStore) -> None:
    """Followers hear of both parts at once, and a swap that finds everything done changes nothing."""
    await register(store, 4)
    rule = await one_rule(store)
    await store.configure_groups(a_write(), BIND, [rule], ["wr0"])
    before = await store.revision(CORP)
    write = a_write()
    first = await store.configure_groups(write, BIND, [rule], ["wr1"], ["wr0", "wr3"])
    followed = await store.changes_since(CORP, before)
    assert followed is not None
    assert followed[1].number == before.number + 1
    told = [
        (it.operation, list(ordinals(it.chunk, it.bitmap)))
        for it in followed[0]
        if isinstance(it, BindingChange)
    ]
    assert told == [(BIND, [1]), (UNBIND, [0, 3])]
    assert await store.configure_groups(a_write(), BIND, [rule], ["wr1"], ["wr0"]) == (
        [type(first[0][0])(rule.rule_id, 1, 1)],
        followed[1],
    )
    await store.configure_groups(a_write(), BIND, [rule], ["wr2"])
    assert await store.configure_groups(write, BIND, [rule], ["wr1"], ["wr0", "wr3"]) == first


async def test_only_groups_to_bind_must_be_the_owners(store: RedisRuleStore) -> None:
    """A member may leave a group that went to somebody else, not enter it."""
    await store.upsert_groups(a_write(), [Group("mine", "zhang"), Group("theirs", "li")], *BY)
    rule = await one_rule(store, owner=Owner(OwnerKind.MEMBER, "zhang"))
    assert await swap(store, [rule], ["mine"], ["theirs"]) == [(0, 1)]
    with pytest.raises(BindingNotAllowed):
        await swap(store, [rule], ["theirs"], ["mine"])
    with pytest.raises(GroupNotFound) as caught:
        await swap(store, [rule], ["mine", "x"], ["y"])
    assert caught.value.names == ("x", "y")


@pytest.mark.parametrize("seed", range(3))
async def test_swaps_follow_a_model_of_sets(
    one_store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Random calls on two rules under a low limit leave exactly the groups that sets would hold."""
    dice = random.Random(seed)
    await register(one_store, 8_300)
    chat_ids = [f"wr{number}" for number in (*range(6), *range(8_188, 8_196))]
    rules = [await one_rule(one_store) for _ in range(2)]
    model: list[set[str]] = [set(), set()]
    monkeypatch.setattr(limits, "GROUPS_PER_RULE", 7)
    for _ in range(120):
        chosen = dice.sample(chat_ids, dice.randint(1, 8))
        cut = dice.randint(1, len(chosen))
        bind, unbind = chosen[:cut], chosen[cut:]
        picked = dice.choice([[0], [1], [0, 1]])
        after = [(model[it] | set(bind)) - set(unbind) for it in picked]
        expected = [(len(model[it]), len(new)) for it, new in zip(picked, after, strict=True)]
        if all(new <= max(7, old) for old, new in expected):
            assert await swap(one_store, [rules[it] for it in picked], bind, unbind) == expected
            for it, new in zip(picked, after, strict=True):
                model[it] = new
        else:
            with pytest.raises(LimitExceeded):
                await swap(one_store, [rules[it] for it in picked], bind, unbind)
        assert [await groups_of(one_store, rule) for rule in rules] == model


# Through the service


async def test_a_preview_accounts_for_what_is_unbound(
    gg: AsyncGroupGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Groups touched are those that come and those that go; the counts are what the call then answers."""
    await upsert(gg, [f"wr{number}" for number in range(6)])
    rule = await create(gg)
    request = pb.ConfigureGroupsRequest(
        corp_id=CORP,
        operation=pb.ConfigureGroupsRequest.OPERATION_BIND,
        rule_ids=[rule.rule_id],
        chat_ids=["wr0", "wr1", "wr2"],
    )
    await gg.rules.ConfigureGroups(request)
    monkeypatch.setattr(limits, "GROUPS_PER_RULE", 3)
    del request.chat_ids[:]
    request.chat_ids.extend(["wr2", "wr3"])
    request.unbind_chat_ids.extend(["wr0", "wr5"])
    request.validate_only = True
    preview = await gg.rules.ConfigureGroups(request)
    assert [(it.groups_before, it.groups_after) for it in preview.results] == [(3, 3)]
    assert preview.blast_radius == pb.BlastRadius(group_count=2)
    request.chat_ids.append("wr4")
    over = await gg.rules.ConfigureGroups(request)
    assert list(over.blast_radius.rule_ids_over_limit) == [rule.rule_id]
    del request.chat_ids[-1]
    request.validate_only = False
    assert (await gg.rules.ConfigureGroups(request)).results == preview.results


async def test_a_swap_names_everything_wrong_with_it(gg: AsyncGroupGuard) -> None:
    """A group in both lists, groups to unbind where nothing is bound, too many together, nothing to bind."""
    rule = await create(gg, asked(owner=member("zhang")))

    async def wrong(operation: Any, chat_ids: list[str], unbind: list[str]) -> tuple[tuple[str, str], ...]:
        request = pb.ConfigureGroupsRequest(
            corp_id=CORP,
            operation=operation,
            rule_ids=[rule.rule_id],
            chat_ids=chat_ids,
            unbind_chat_ids=unbind,
        )
        told = await refusal(gg.rules.ConfigureGroups(request))
        assert told.reason == "INVALID_FIELD"
        return told.violations

    many = [f"wr{number}" for number in range(2_001)]
    assert await wrong("OPERATION_BIND", ["a", "b"], ["c", "b", "c"]) == (
        ("unbind_chat_ids[2]", "the same as unbind_chat_ids[0]"),
        ("unbind_chat_ids[1]", "the same as chat_ids[1]"),
    )
    assert await wrong("OPERATION_UNBIND", ["a"], ["b"]) == (
        ("unbind_chat_ids", "must be empty unless groups are bound; chat_ids are unbound"),
    )
    assert await wrong("OPERATION_BIND", many[:1001], many[1001:]) == (
        ("unbind_chat_ids", "with chat_ids together at most 2000, not 2001"),
    )
    assert await wrong("OPERATION_BIND", ["a"], many) == (
        ("unbind_chat_ids", "0 to 2000 are allowed, not 2001"),
    )
    assert await wrong("OPERATION_BIND", [], ["a"]) == (("chat_ids", "required; it is empty"),)
