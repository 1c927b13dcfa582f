"""Dismissing groups: what goes, what stays, and who may race it; on a single server and on a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import grpc
import pytest

from groupguard.rule.v1 import group_registry_pb2 as registry_pb
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1.group_pb2 import Group as GroupMessage
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.convert.change import write_change
from rule_service.domain.group import Group
from rule_service.domain.rule import Owner, OwnerKind, Rule
from rule_service.redis_store import RedisRuleStore
from rule_service.store import Operation
from service_kit.errors import BindingNotAllowed, GroupNotFound
from service_kit.redis_client import StoreClient
from support.rules import ADMINS, BY, CORP, EDIT, NOW, a_rule, a_write, create, groups, register, upsert

BIND = Operation.BIND
ZHANG, SEVEN = Owner(OwnerKind.MEMBER, "zhang"), Owner(OwnerKind.STRATEGY, "7")


async def created(store: RedisRuleStore, *owners: Owner) -> list[Rule]:
    rules = [a_rule(owner=owner) for owner in owners]
    for rule in rules:
        await store.create_rules(a_write(), [rule], EDIT)
    return rules


async def bound(store: RedisRuleStore, *rules: Rule) -> list[int]:
    return [it.group_count for it in await store.get_rules(CORP, [rule.rule_id for rule in rules])]


def during_next_script(client: StoreClient, monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Has something happen between a write's reads and its script, once."""
    execute = client.execute_command
    waiting = [act]

    async def run(*args: Any, **options: Any) -> Any:
        if args[0] in ("EVALSHA", "EVAL") and waiting:
            await waiting.pop()()
        return await execute(*args, **options)

    monkeypatch.setattr(client, "execute_command", run)


async def refusal(call: Awaitable[object]) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure(caught.value)


async def test_a_dismissed_group_loses_the_bindings_of_every_owners_rules(store: RedisRuleStore) -> None:
    """In one write, in every chunk; the other groups keep theirs."""
    chat_ids = await register(store, 8_500, strategy_ids=("7",))
    rules = await created(store, ADMINS, ZHANG, SEVEN, ADMINS)
    for chosen in (["wr0", "wr1"], ["wr8400", "wr8401"]):
        await store.configure_groups(a_write(), BIND, rules[:3], chosen)
    before = await store.revision(CORP)
    done = await store.dismiss_groups(a_write(), ["wr0", "wr8400", chat_ids[5]], *BY)
    assert (done.count, done.released) == (3, 6)
    assert done.revision.number == before.number + 1
    assert await bound(store, *rules) == [2, 2, 2, 0]
    left = await store.list_rule_groups(CORP, rules[0].rule_id, -1, 10)
    assert [it.group.chat_id for it in left] == ["wr1", "wr8401"]


async def test_a_dismissal_tells_followers_the_group_and_what_it_lost(store: RedisRuleStore) -> None:
    """Only rules that lost something are in the change."""
    await register(store, 3)
    used, _unused = await created(store, ADMINS, ADMINS)
    await store.configure_groups(a_write(), BIND, [used], ["wr1", "wr2"])
    before = await store.revision(CORP)
    await store.dismiss_groups(a_write(), ["wr0", "wr1"], *BY)
    followed = await store.changes_since(CORP, before)
    assert followed is not None
    told = [write_change(change) for change in followed[0]]
    assert [it.group.chat_id for it in told[:2]] == ["wr0", "wr1"]
    assert {it.group.dismiss_time.ToSeconds() for it in told[:2]} == {int(NOW)}
    assert [(list(it.binding.rule_ids), it.binding.bitmap) for it in told[2:]] == [([used.rule_id], b"\x40")]


async def test_dismissing_again_changes_nothing(store: RedisRuleStore) -> None:
    """Those dismissed before keep their time and are not counted; unknown ones are all named."""
    await register(store, 2)
    first = await store.dismiss_groups(a_write(), ["wr0"], NOW, "x")
    again = await store.dismiss_groups(a_write(), ["wr0"], NOW + 9, "x")
    assert (again.count, again.released, again.revision) == (0, 0, first.revision)
    both = await store.dismiss_groups(a_write(), ["wr1", "wr0"], NOW + 9, "x")
    assert (both.count, both.revision.number) == (1, first.revision.number + 1)
    with pytest.raises(GroupNotFound) as caught:
        await store.dismiss_groups(a_write(), ["x", "wr0", "y"], *BY)
    assert caught.value.names == ("x", "y")


async def test_a_repeated_dismissal_gets_the_first_answer(store: RedisRuleStore) -> None:
    """Also when the group lives again by then, and then it stays alive."""
    await register(store, 1)
    write = a_write()
    first = await store.dismiss_groups(write, ["wr0"], *BY)
    await store.upsert_groups(a_write(), groups(1), *BY)
    assert await store.dismiss_groups(write, ["wr0"], *BY) == first
    assert len(await store.get_groups(CORP, ["wr0"])) == 1


async def test_a_dismissed_group_lives_again_in_its_place_without_bindings(store: RedisRuleStore) -> None:
    """The ordinal is not reused for another, and no old binding comes back."""
    await register(store, 2)
    [rule] = await created(store, ADMINS)
    await store.configure_groups(a_write(), BIND, [rule], ["wr0", "wr1"])
    await store.dismiss_groups(a_write(), ["wr0"], *BY)
    done = await store.upsert_groups(a_write(), [Group("wrNew", "li"), Group("wr0", "li")], *BY)
    assert [(it.ordinal, it.group) for it in done.groups] == [
        (2, Group("wrNew", "li")),
        (0, Group("wr0", "li")),
    ]
    assert (done.created, done.released) == (1, 0)
    assert await store.get_groups(CORP, ["wr0"]) == [done.groups[1]]
    assert await bound(store, rule) == [1]


async def test_everything_there_is_has_no_dismissed_groups(store: RedisRuleStore) -> None:
    """A follower that starts anew need not know them."""
    await register(store, 3)
    await store.dismiss_groups(a_write(), ["wr1"], *BY)
    told = [change async for part in store.read_everything(CORP) for change in part]
    assert sorted(write_change(it).group.chat_id for it in told) == ["wr0", "wr2"]


async def test_a_group_that_is_dismissed_while_it_is_being_bound_is_not_bound(
    store: RedisRuleStore, redis: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by a super administrator's rule nor while others are bound."""
    await register(store, 2)
    [rule] = await created(store, ADMINS)
    during_next_script(redis, monkeypatch, lambda: store.dismiss_groups(a_write(), ["wr1"], *BY))
    with pytest.raises(GroupNotFound) as caught:
        await store.configure_groups(a_write(), BIND, [rule], ["wr0", "wr1"])
    assert caught.value.names == ("wr1",)
    assert await bound(store, rule) == [0]


async def test_a_binding_made_while_a_group_is_dismissed_goes_too(
    store: RedisRuleStore, redis: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is released is planned anew, and counted and recorded as it really was."""
    await register(store, 1)
    [rule] = await created(store, ADMINS)
    during_next_script(redis, monkeypatch, lambda: store.configure_groups(a_write(), BIND, [rule], ["wr0"]))
    done = await store.dismiss_groups(a_write(), ["wr0"], *BY)
    assert (done.count, done.released, await bound(store, rule)) == (1, 1, [0])
    [record], _ = await store.list_released(CORP, "", None, None, 10)
    assert (record.rule_id, record.chat_ids, record.revision) == (
        rule.rule_id,
        ("wr0",),
        done.revision.number,
    )


async def test_no_binding_outlives_a_storm_of_writes(store: RedisRuleStore) -> None:
    """Binding, handing over and dismissing at the same time: what is bound at the end may be bound."""
    await register(store, 6)
    rules = await created(store, ADMINS, ZHANG, ADMINS)

    async def bind(rule: Rule) -> None:
        for number in range(6):
            try:
                await store.configure_groups(a_write(), BIND, [rule], [f"wr{number}"])
            except (GroupNotFound, BindingNotAllowed):
                continue

    async def dismiss() -> None:
        for number in (0, 1):
            await store.dismiss_groups(a_write(), [f"wr{number}"], *BY)

    async def hand_over() -> None:
        for number in (2, 3):
            await store.upsert_groups(a_write(), groups(1, number, "li"), *BY)

    await asyncio.gather(*map(bind, rules), dismiss(), hand_over())
    for rule in rules:
        kept = {it.group.chat_id for it in await store.list_rule_groups(CORP, rule.rule_id, -1, 10)}
        allowed = {"wr4", "wr5"} | (set() if rule.owner == ZHANG else {"wr2", "wr3"})
        assert kept <= allowed
        assert [len(kept)] == await bound(store, rule)


async def test_many_bindings_go_in_a_moment(store: RedisRuleStore) -> None:
    """1,000 groups, each in 100 rules: 100,000 bindings, exactly counted and recorded."""
    await register(store, 1_000)
    rules = await created(store, *[ADMINS] * 100)
    chat_ids = [f"wr{number}" for number in range(1_000)]
    await store.configure_groups(a_write(), BIND, rules, chat_ids)
    done = await store.dismiss_groups(a_write(), chat_ids, *BY)
    assert (done.count, done.released) == (1_000, 100_000)
    records, _ = await store.list_released(CORP, "", None, None, 1_000)
    assert sum(len(it.chat_ids) for it in records) == 100_000


# Through the service


async def test_a_dismissed_group_is_not_found(gg: AsyncGroupGuard) -> None:
    """By whatever looks at a group or binds it; the first answer of a repeated binding stays what it was."""
    await upsert(gg, ["a", "b"])
    rule = await create(gg)
    bind = pb.ConfigureGroupsRequest(
        corp_id=CORP,
        operation=pb.ConfigureGroupsRequest.OPERATION_BIND,
        rule_ids=[rule.rule_id],
        chat_ids=["a"],
        request_id="0e4c7a1e-3d52-4a3c-9a57-0c1f6d6e2b11",
    )
    first = await gg.rules.ConfigureGroups(bind)
    done = await gg.rules.DismissGroups(registry_pb.DismissGroupsRequest(corp_id=CORP, chat_ids=["a"]))
    assert (done.dismissed_count, done.released_binding_count) == (1, 1)
    assert await gg.rules.ConfigureGroups(bind) == first
    fresh: dict[str, Any] = {"corp_id": CORP, "rule_ids": [rule.rule_id]}
    for call in (
        gg.rules.ConfigureGroups(
            pb.ConfigureGroupsRequest(
                operation=pb.ConfigureGroupsRequest.OPERATION_BIND, chat_ids=["a"], **fresh
            )
        ),
        gg.rules.ConfigureGroups(
            pb.ConfigureGroupsRequest(
                operation=pb.ConfigureGroupsRequest.OPERATION_BIND,
                chat_ids=["b"],
                unbind_chat_ids=["a"],
                **fresh,
            )
        ),
        gg.rules.ConfigureGroups(
            pb.ConfigureGroupsRequest(
                operation=pb.ConfigureGroupsRequest.OPERATION_UNBIND,
                chat_ids=["a"],
                validate_only=True,
                **fresh,
            )
        ),
        gg.rules.SetGroupRules(pb.SetGroupRulesRequest(chat_id="a", **fresh)),
        gg.rules.ListGroupRules(pb.ListGroupRulesRequest(corp_id=CORP, chat_id="a")),
    ):
        told = await refusal(call)
        assert (told.reason, told.metadata["chat_id"]) == ("GROUP_NOT_FOUND", "a")
    again = await gg.rules.UpsertGroups(
        pb.UpsertGroupsRequest(corp_id=CORP, groups=[GroupMessage(chat_id="a", owner_userid="zhang")])
    )
    assert not again.groups[0].HasField("dismiss_time")
    page = await gg.rules.ListGroupRules(pb.ListGroupRulesRequest(corp_id=CORP, chat_id="a"))
    assert list(page.rules) == []


async def test_a_dismissal_names_everything_wrong_with_it(gg: AsyncGroupGuard) -> None:
    """Too many, none, twice, no ids; and all groups that are not in the registry."""
    await upsert(gg, ["a"])

    async def told(chat_ids: list[str]) -> Failure:
        return await refusal(
            gg.rules.DismissGroups(registry_pb.DismissGroupsRequest(corp_id=CORP, chat_ids=chat_ids))
        )

    assert (await told([f"wr{n}" for n in range(1_001)])).violations == (
        ("chat_ids", "1 to 1000 are allowed, not 1001"),
    )
    assert [field for field, _ in (await told(["a", "a", "x" * 65])).violations] == [
        "chat_ids[2]",
        "chat_ids[1]",
    ]
    assert (await told([])).violations == (("chat_ids", "required; it is empty"),)
    missing = await told(["x", "a", "y"])
    assert (missing.reason, missing.metadata["missing"]) == ("GROUP_NOT_FOUND", "2")
