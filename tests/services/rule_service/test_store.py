"""The promises of `rule_service.store`, on a single server and on a cluster."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import pytest
import redis as sync_redis

from rule_service.domain import limits
from rule_service.domain.bindings import ordinals
from rule_service.domain.group import Group, StoredGroup
from rule_service.domain.rule import Owner, OwnerKind, Rule, State, StoredRule
from rule_service.redis_store import RedisRuleStore
from rule_service.redis_store.keys import RuleKeys
from rule_service.store import BindingChange, Dismissed, Operation, Upserted
from service_kit.errors import (
    BindingNotAllowed,
    EtagMismatch,
    GroupNotFound,
    LimitExceeded,
    RequestIdReused,
    RuleNotFound,
)
from service_kit.redis_client import StoreClient, connect
from service_kit.revision import NO_RULES, Revision
from service_kit.store_errors import StoreUnavailable
from service_kit.writes import Write
from support.racing import before_next_script
from support.rules import ADMINS, BY, CORP, EDIT, a_rule, a_write, groups, register

ZHANG, LI = Owner(OwnerKind.MEMBER, "zhang"), Owner(OwnerKind.MEMBER, "li")
SEVEN = Owner(OwnerKind.STRATEGY, "7")
BIND, UNBIND = Operation.BIND, Operation.UNBIND


async def counts(
    store: RedisRuleStore, operation: Operation, rules: list[Rule], chat_ids: list[str]
) -> list[tuple[int, int]]:
    done, _ = await store.configure_groups(a_write(), operation, rules, chat_ids)
    assert [it.rule_id for it in done] == [rule.rule_id for rule in rules]
    return [(it.before, it.after) for it in done]


async def created(store: RedisRuleStore, *rules: Rule) -> list[Rule]:
    for rule in rules:
        await store.create_rules(a_write(), [rule], EDIT)
    return list(rules)


async def keys_of(url: str) -> set[str]:
    """Every key of the store, on all of its nodes."""
    found: set[str] = set()
    for address in url.removeprefix("redis+cluster://").split(","):
        where = f"redis://{address}" if url.startswith("redis+cluster") else address
        with sync_redis.Redis.from_url(where, decode_responses=True) as node:
            found |= set(node.scan_iter(count=1000))
    return found


# Rules


async def test_a_created_rule_is_returned_as_it_was_written(store: RedisRuleStore) -> None:
    rule = a_rule("代购", "ＶＸ", "/\\\"'\n\x7f😀", owner=ZHANG, display_name="名字 {x}", state=State.SHADOW)
    [stored], revision = await store.create_rules(a_write(), [rule], EDIT)
    assert stored == StoredRule(rule, revision.number, 0)
    assert await store.get_rules(CORP, [rule.rule_id]) == [stored]


async def test_rules_come_in_the_order_asked_and_missing_ones_are_all_named(store: RedisRuleStore) -> None:
    one, two = await created(store, a_rule(), a_rule())
    found = await store.get_rules(CORP, [two.rule_id, one.rule_id])
    assert [it.rule for it in found] == [two, one]
    with pytest.raises(RuleNotFound) as caught:
        await store.get_rules(CORP, ["y", one.rule_id, "x"])
    assert caught.value.names == ("x", "y")


async def test_corps_share_nothing(store: RedisRuleStore) -> None:
    [rule] = await created(store, a_rule())
    with pytest.raises(RuleNotFound):
        await store.get_rules("ww2", [rule.rule_id])
    assert await store.list_rules("ww2", None, "", 10) == []
    assert await store.revision("ww2") == NO_RULES


async def test_pages_follow_each_other_within_an_owners_pool(store: RedisRuleStore) -> None:
    owners = [ADMINS, ZHANG, LI, SEVEN, Owner(OwnerKind.STRATEGY, "zhang")]
    rules = await created(store, *(a_rule(owner=owners[number % 5]) for number in range(20)))
    by_id = sorted(rules, key=lambda rule: rule.rule_id)

    async def pages(owner: Owner | None, size: int) -> list[Rule]:
        read: list[Rule] = []
        while page := await store.list_rules(CORP, owner, read[-1].rule_id if read else "", size):
            assert len(page) <= size
            read += [it.rule for it in page]
        return read

    assert await pages(None, 7) == by_id
    for owner in owners:
        assert await pages(owner, 3) == [rule for rule in by_id if rule.owner == owner]
    assert await pages(Owner(OwnerKind.MEMBER, "wang"), 3) == []


async def test_a_rule_is_replaced_if_it_is_as_expected(store: RedisRuleStore) -> None:
    [rule] = await created(store, a_rule())
    [before] = await store.get_rules(CORP, [rule.rule_id])
    changed = replace(rule, display_name="other", updated_at=rule.updated_at + 1)
    stored, revision = await store.replace_rule(a_write(), changed, before.revision, EDIT)
    assert stored == StoredRule(changed, revision.number)
    assert await store.get_rules(CORP, [rule.rule_id]) == [stored]
    with pytest.raises(EtagMismatch) as caught:
        await store.replace_rule(a_write(), rule, before.revision, EDIT)
    assert caught.value.metadata == {"rule_id": rule.rule_id, "etag": stored.etag}
    assert await store.get_rules(CORP, [rule.rule_id]) == [stored]


async def test_a_replaced_rule_keeps_its_groups(store: RedisRuleStore) -> None:
    [rule] = await created(store, a_rule())
    await counts(store, BIND, [rule], await register(store, 3))
    [stored] = await store.get_rules(CORP, [rule.rule_id])
    replaced, _ = await store.replace_rule(a_write(), rule, stored.revision, EDIT)
    assert replaced.group_count == stored.group_count == 3


async def test_a_rule_that_is_gone_is_neither_replaced_nor_deleted(store: RedisRuleStore) -> None:
    rule = a_rule()
    with pytest.raises(RuleNotFound):
        await store.replace_rule(a_write(), rule, 1, EDIT)
    with pytest.raises(RuleNotFound):
        await store.delete_rule(a_write(), StoredRule(rule, 1), EDIT)


async def test_deleting_leaves_nothing_of_the_rule_but_its_history(
    store: RedisRuleStore, store_url: str
) -> None:
    chat_ids = await register(store, 10_000)  # two chunks of bitmaps
    keeper, rule = await created(store, a_rule(owner=LI), a_rule())
    for part in (chat_ids[:2000], chat_ids[-2000:]):
        await counts(store, BIND, [rule], part)
    assert len([key for key in await keys_of(store_url) if "bits" in key and rule.rule_id in key]) == 2
    [stored] = await store.get_rules(CORP, [rule.rule_id])

    await store.delete_rule(a_write(), stored, EDIT)

    left = [key for key in await keys_of(store_url) if rule.rule_id in key or "bindings" in key]
    assert left == [RuleKeys(CORP).history(rule.rule_id)]
    with pytest.raises(RuleNotFound):
        await store.get_rules(CORP, [rule.rule_id])
    assert [it.rule for it in await store.list_rules(CORP, None, "", 10)] == [keeper]
    assert await store.list_rules(CORP, ADMINS, "", 10) == []


async def test_a_changed_rule_is_not_deleted(store: RedisRuleStore) -> None:
    [rule] = await created(store, a_rule())
    [before] = await store.get_rules(CORP, [rule.rule_id])
    after, _ = await store.replace_rule(
        a_write(), replace(rule, display_name="changed"), before.revision, EDIT
    )
    with pytest.raises(EtagMismatch):
        await store.delete_rule(a_write(), before, EDIT)
    assert await store.get_rules(CORP, [rule.rule_id]) == [after]


async def test_groups_bound_while_a_rule_is_being_deleted_go_too(
    store: RedisRuleStore, redis: StoreClient, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [rule] = await created(store, a_rule())
    chat_ids = await register(store, 3)
    [stored] = await store.get_rules(CORP, [rule.rule_id])
    before_next_script(redis, monkeypatch, lambda: counts(store, BIND, [rule], chat_ids))
    await store.delete_rule(a_write(), stored, EDIT)
    assert [key for key in await keys_of(store_url) if rule.rule_id in key and "history" not in key] == []


async def test_the_thousandth_rule_of_an_owner_is_the_last(
    store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RULES_PER_OWNER", 3)
    await created(store, *(a_rule(owner=owner) for owner in (ADMINS, ZHANG, SEVEN) for _ in range(3)))
    before = await store.revision(CORP)
    for owner in (ADMINS, ZHANG, SEVEN):
        with pytest.raises(LimitExceeded) as caught:
            await created(store, a_rule(owner=owner))
        assert caught.value.metadata == {
            "what": f"rules of {owner}",
            "limit": "3",
            "current": "3",
            "asked": "1",
        }
        assert len(await store.list_rules(CORP, owner, "", 10)) == 3
    assert await store.revision(CORP) == before
    await created(store, a_rule(owner=LI))

    [last] = (await store.list_rules(CORP, ADMINS, "", 10))[2:]
    await store.delete_rule(a_write(), last, EDIT)
    await created(store, a_rule())


async def test_rules_created_together_are_one_change_in_the_order_given(store: RedisRuleStore) -> None:
    """One revision, and one entry of the log that holds all of them."""
    before = await store.revision(CORP)
    rules = [a_rule(str(number), owner=ZHANG) for number in range(5)]
    stored, revision = await store.create_rules(a_write(), rules, EDIT)
    assert stored == [StoredRule(rule, before.number + 1) for rule in rules]
    assert revision == await store.revision(CORP)
    assert await store.changes_since(CORP, before) == (stored, revision)
    assert await store.get_rules(CORP, [rule.rule_id for rule in rules]) == stored


async def test_of_rules_created_together_all_fit_or_none_is_created(
    store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RULES_PER_OWNER", 5)
    await store.create_rules(a_write(), [a_rule(), a_rule()], EDIT)
    before = await store.revision(CORP)
    with pytest.raises(LimitExceeded) as caught:
        await store.create_rules(a_write(), [a_rule() for _ in range(4)], EDIT)
    assert caught.value.metadata == {
        "what": "rules of the super administrators",
        "limit": "5",
        "current": "2",
        "asked": "4",
    }
    assert await store.revision(CORP) == before
    assert len(await store.list_rules(CORP, None, "", 10)) == 2
    await store.create_rules(a_write(), [a_rule() for _ in range(3)], EDIT)


# Groups


async def test_ordinals_are_given_once_and_kept(store: RedisRuleStore) -> None:
    first = await store.upsert_groups(a_write(), groups(3), *BY)
    expected = tuple(StoredGroup(group, n) for n, group in enumerate(groups(3)))
    assert (first.groups, first.created) == (expected, 3)
    moved = [Group("wr1", "li", "name", ("7",)), Group("wr9", "li")]
    second = await store.upsert_groups(a_write(), moved, *BY)
    assert (second.groups, second.created) == ((StoredGroup(moved[0], 1), StoredGroup(moved[1], 3)), 1)


async def test_a_registry_that_is_told_nothing_new_stays_at_its_revision(store: RedisRuleStore) -> None:
    told = groups(3, display_name="群/\"'", strategy_ids=("7", "8"))
    before = await store.upsert_groups(a_write(), told, *BY)
    after = await store.upsert_groups(a_write(), told, *BY)
    assert (after.revision, after.created, after.groups) == (before.revision, 0, before.groups)
    assert await store.revision(CORP) == before.revision


# Bindings


async def test_binding_and_unbinding_count_groups_and_may_be_repeated(store: RedisRuleStore) -> None:
    one, two = await created(store, a_rule(), a_rule())
    chat_ids = await register(store, 5)
    assert await counts(store, BIND, [one], chat_ids[:2]) == [(0, 2)]
    assert await counts(store, BIND, [two, one], chat_ids[1:4]) == [(0, 3), (2, 4)]
    at = await store.revision(CORP)
    assert await counts(store, BIND, [one, two], chat_ids[1:2]) == [(4, 4), (3, 3)]
    assert await store.revision(CORP) == at
    assert await counts(store, UNBIND, [one, two], chat_ids[3:]) == [(4, 3), (3, 2)]
    at = await store.revision(CORP)
    assert await counts(store, UNBIND, [one], chat_ids[3:]) == [(3, 3)]
    assert await store.revision(CORP) == at
    assert [it.group_count for it in await store.get_rules(CORP, [one.rule_id, two.rule_id])] == [3, 2]
    assert await counts(store, UNBIND, [one, two], chat_ids) == [(3, 0), (2, 0)]


async def test_a_rule_without_groups_keeps_no_bitmap(store: RedisRuleStore, store_url: str) -> None:
    [rule] = await created(store, a_rule())
    chat_ids = await register(store, 3)
    await counts(store, BIND, [rule], chat_ids)
    await counts(store, UNBIND, [rule], chat_ids)
    assert [key for key in await keys_of(store_url) if "bits" in key or "scratch" in key] == []


async def test_unknown_groups_and_rules_are_named_and_nothing_is_bound(store: RedisRuleStore) -> None:
    [rule] = await created(store, a_rule())
    chat_ids = await register(store, 2)
    with pytest.raises(GroupNotFound) as missing:
        await store.configure_groups(a_write(), BIND, [rule], ["x", *chat_ids, "y"])
    assert missing.value.names == ("x", "y")
    gone = a_rule()
    with pytest.raises(RuleNotFound) as caught:
        await store.configure_groups(a_write(), BIND, [rule, gone], chat_ids)
    assert caught.value.names == (gone.rule_id,)
    assert (await store.get_rules(CORP, [rule.rule_id]))[0].group_count == 0


@pytest.mark.parametrize(
    ("owner", "chat_id", "allowed"),
    [
        (ADMINS, "of zhang", True),
        (ADMINS, "of li in 7", True),
        (ZHANG, "of zhang", True),
        (ZHANG, "of li in 7", False),
        (LI, "of li in 7", True),
        (SEVEN, "of li in 7", True),
        (SEVEN, "of zhang", False),
        (Owner(OwnerKind.STRATEGY, "zhang"), "of zhang", False),
    ],
    ids=str,
)
async def test_an_owner_binds_only_groups_that_are_his(
    store: RedisRuleStore, owner: Owner, chat_id: str, allowed: bool
) -> None:
    await store.upsert_groups(
        a_write(), [Group("of zhang", "zhang"), Group("of li in 7", "li", "", ("6", "7"))], *BY
    )
    [rule] = await created(store, a_rule(owner=owner))
    if allowed:
        assert await counts(store, BIND, [rule], [chat_id]) == [(0, 1)]
    else:
        with pytest.raises(BindingNotAllowed) as caught:
            await counts(store, BIND, [rule], [chat_id])
        assert caught.value.metadata == {"rule_id": rule.rule_id, "chat_id": chat_id}
        assert await counts(store, UNBIND, [rule], [chat_id]) == [(0, 0)]


async def test_a_group_that_changes_hands_while_it_is_being_bound_is_not_bound(
    store: RedisRuleStore, redis: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_ids = await register(store, 3)
    [rule] = await created(store, a_rule(owner=ZHANG))
    before_next_script(redis, monkeypatch, lambda: store.upsert_groups(a_write(), groups(1, 2, "li"), *BY))
    with pytest.raises(BindingNotAllowed) as caught:
        await counts(store, BIND, [rule], chat_ids)
    assert caught.value.metadata["chat_id"] == "wr2"
    assert (await store.get_rules(CORP, [rule.rule_id]))[0].group_count == 0


async def bound(store: RedisRuleStore, *rules: Rule) -> list[int]:
    return [it.group_count for it in await store.get_rules(CORP, [rule.rule_id for rule in rules])]


async def test_a_group_that_changes_hands_is_released_from_the_rules_of_its_old_owner(
    store: RedisRuleStore,
) -> None:
    """Those of the member who lost it and of the strategies it left; in the same write, whatever the chunk."""
    await register(store, 9000, strategy_ids=("7", "8"))
    rules = await created(
        store,
        a_rule(owner=ZHANG),
        a_rule(owner=ZHANG),
        a_rule(owner=Owner(OwnerKind.STRATEGY, "7")),
        a_rule(owner=Owner(OwnerKind.STRATEGY, "8")),
        a_rule(),
    )
    chat_ids = ["wr0", "wr1", "wr8500"]
    await counts(store, BIND, rules, chat_ids)
    await counts(store, UNBIND, [rules[1]], ["wr0", "wr8500"])
    before = await store.revision(CORP)
    moved = [Group("wr0", "li", "", ("8",)), Group("wr8500", "li", "", ("7", "8")), Group("wrNew", "li")]
    done = await store.upsert_groups(a_write(), moved, *BY)
    assert await bound(store, *rules) == [1, 1, 2, 3, 3]
    assert done.released == 3
    assert done.revision.number == before.number + 1
    followed = await store.changes_since(CORP, before)
    assert followed is not None
    gone = [
        (rule_id, ordinal)
        for change in followed[0]
        if isinstance(change, BindingChange)
        for rule_id in change.rule_ids
        for ordinal in ordinals(change.chunk, change.bitmap)
    ]
    assert set(gone) >= {(rules[0].rule_id, 0), (rules[0].rule_id, 8500), (rules[2].rule_id, 0)}
    assert {rule_id for rule_id, _ in gone} <= {rules[0].rule_id, rules[1].rule_id, rules[2].rule_id}


async def test_a_group_that_keeps_its_hands_keeps_its_bindings(store: RedisRuleStore) -> None:
    """A new name or a further strategy is no reason to lose any."""
    [chat_id] = await register(store, 1)
    [rule] = await created(store, a_rule(owner=ZHANG))
    await counts(store, BIND, [rule], [chat_id])
    done = await store.upsert_groups(a_write(), [Group(chat_id, "zhang", "new", ("7",))], *BY)
    assert (done.released, await bound(store, rule)) == (0, [1])


async def test_a_binding_made_while_a_group_changes_hands_goes_too(
    store: RedisRuleStore, redis: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan of what to release is made anew when the corp changed meanwhile."""
    [chat_id] = await register(store, 1)
    [rule] = await created(store, a_rule(owner=ZHANG))
    before_next_script(redis, monkeypatch, lambda: counts(store, BIND, [rule], [chat_id]))
    done = await store.upsert_groups(a_write(), [Group(chat_id, "li")], *BY)
    assert (done.released, await bound(store, rule)) == (1, [0])


async def test_a_group_that_only_changes_its_name_meanwhile_is_bound(
    store: RedisRuleStore, redis: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_ids = await register(store, 3)
    [rule] = await created(store, a_rule(owner=ZHANG))
    renamed = groups(1, 2, display_name="new")
    before_next_script(redis, monkeypatch, lambda: store.upsert_groups(a_write(), renamed, *BY))
    assert await counts(store, BIND, [rule], chat_ids) == [(0, 3)]


async def test_a_historical_rule_above_the_limit_may_be_swapped_and_shrunk_but_not_grown(
    store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, young = await created(store, a_rule(), a_rule())
    chat_ids = await register(store, 12)
    await counts(store, BIND, [old], chat_ids[:8])
    monkeypatch.setattr(limits, "GROUPS_PER_RULE", 5)
    before = await store.revision(CORP)

    with pytest.raises(LimitExceeded) as caught:
        await counts(store, BIND, [old, young], chat_ids[7:9])
    assert [(it.subject, it.limit, it.current, it.asked) for it in caught.value.limits] == [
        (f"rule {old.rule_id}", 5, 8, 1)
    ]
    with pytest.raises(LimitExceeded) as caught:
        await counts(store, BIND, [old, young], chat_ids[6:12])
    assert [(it.subject, it.current, it.asked) for it in caught.value.limits] == [
        (f"rule {old.rule_id}", 8, 4),
        (f"rule {young.rule_id}", 0, 6),
    ]
    assert await store.revision(CORP) == before
    assert [it.group_count for it in await store.get_rules(CORP, [old.rule_id, young.rule_id])] == [8, 0]

    assert await counts(store, BIND, [old], chat_ids[:8]) == [(8, 8)]
    assert await counts(store, UNBIND, [old], chat_ids[:1]) == [(8, 7)]
    with pytest.raises(LimitExceeded):  # what was given up is given up
        await counts(store, BIND, [old], chat_ids[:1])
    assert await counts(store, UNBIND, [old], chat_ids[1:4]) == [(7, 4)]
    assert await counts(store, BIND, [old], chat_ids[:1]) == [(4, 5)]


async def test_a_rule_is_in_20000_groups_and_no_more(store: RedisRuleStore) -> None:
    chat_ids = await register(store, 20_001)
    [rule] = await created(store, a_rule())
    for start in range(0, 20_000, 2000):
        await counts(store, BIND, [rule], chat_ids[start : start + 2000])
    with pytest.raises(LimitExceeded) as caught:
        await counts(store, BIND, [rule], chat_ids[-2:])
    assert caught.value.metadata == {
        "what": "groups of a rule",
        "limit": "20000",
        "current": "20000",
        "asked": "1",
    }
    await counts(store, UNBIND, [rule], chat_ids[4:5])
    assert await counts(store, BIND, [rule], chat_ids[-1:]) == [(19_999, 20_000)]


async def test_100_rules_are_bound_to_2000_groups_in_a_moment(store: RedisRuleStore) -> None:
    """The store serves nobody else meanwhile; bit by bit it would be half a second."""
    rules = [a_rule() for _ in range(100)]
    await asyncio.gather(*(created(store, rule) for rule in rules))
    chat_ids = await register(store, 10_000)
    scattered = chat_ids[::5]
    begun = time.perf_counter()
    assert await counts(store, BIND, rules, scattered) == [(0, 2000)] * 100
    took = time.perf_counter() - begun
    print(f"2,000 groups x 100 rules: {took * 1000:.1f} ms")
    assert took < 0.5


# Every write


async def write_cases(store: RedisRuleStore) -> dict[str, Callable[[Write], Awaitable[object]]]:
    """Each write on objects of its own, so that their order does not matter."""
    chat_ids = await register(store, 4)
    await store.upsert_groups(a_write(), [Group("wrOld", "wang")], *BY)
    replaced, deleted, bound, unbound, swapped = await created(store, *(a_rule() for _ in range(5)))
    await counts(store, BIND, [unbound], chat_ids)
    await counts(store, BIND, [swapped], [chat_ids[1], "wrOld"])
    at = {it.rule.rule_id: it for it in await store.list_rules(CORP, None, "", 10)}
    new = [a_rule(), a_rule()]
    changed = replace(replaced, state=State.DISABLED)
    return {
        "create": lambda write: store.create_rules(write, new, EDIT),
        "replace": lambda write: store.replace_rule(write, changed, at[replaced.rule_id].revision, EDIT),
        "delete": lambda write: store.delete_rule(write, at[deleted.rule_id], EDIT),
        "bind": lambda write: store.configure_groups(write, BIND, [bound], chat_ids[:2]),
        "unbind": lambda write: store.configure_groups(write, UNBIND, [unbound], chat_ids[:2]),
        "swap": lambda write: store.configure_groups(write, BIND, [swapped], chat_ids[:1], chat_ids[1:2]),
        "upsert": lambda write: store.upsert_groups(write, groups(2, 3, "li"), *BY),
        "dismiss": lambda write: store.dismiss_groups(write, ["wrOld"], *BY),
    }


WRITES = ["create", "replace", "delete", "bind", "unbind", "swap", "upsert", "dismiss"]


def revision_in(answer: Any) -> Revision:
    revision = answer.revision if isinstance(answer, Upserted | Dismissed) else answer
    revision = revision if isinstance(revision, Revision) else revision[-1]
    assert isinstance(revision, Revision)
    return revision


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_moves_the_revision_on_by_one_and_tells_it(store: RedisRuleStore, name: str) -> None:
    act = (await write_cases(store))[name]
    before = await store.revision(CORP)
    told = revision_in(await act(a_write()))
    assert told == await store.revision(CORP)
    assert told.number == before.number + 1
    assert told.chain != before.chain


@pytest.mark.parametrize("name", WRITES)
async def test_a_repeated_write_gets_the_first_answer_and_changes_nothing(
    store: RedisRuleStore, name: str
) -> None:
    act = (await write_cases(store))[name]
    write = a_write()
    first = await act(write)
    await store.create_rules(a_write(), [a_rule()], EDIT)  # so that a second execution would show
    before = await store.revision(CORP)
    assert await act(write) == first
    assert await store.revision(CORP) == before


@pytest.mark.parametrize("name", WRITES)
async def test_a_request_id_with_another_body_is_refused(store: RedisRuleStore, name: str) -> None:
    act = (await write_cases(store))[name]
    used = a_write()
    await store.create_rules(used, [a_rule()], EDIT)
    before = await store.revision(CORP)
    with pytest.raises(RequestIdReused):
        await act(a_write(body="other", request_id=used.request_id))
    assert await store.revision(CORP) == before


@pytest.mark.parametrize("name", WRITES)
async def test_the_same_write_many_times_at_once_happens_once(store: RedisRuleStore, name: str) -> None:
    act = (await write_cases(store))[name]
    before = await store.revision(CORP)
    write = a_write()
    answers = await asyncio.gather(*(act(write) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert (await store.revision(CORP)).number == before.number + 1


async def test_what_was_answered_before_can_be_asked_for(store: RedisRuleStore) -> None:
    acts = await write_cases(store)
    write = a_write()
    assert await store.updated_before(write) is None
    assert await store.deleted_before(write) is None
    assert await store.configured_before(write, ["x"]) is None

    replacing, deleting, binding = a_write(), a_write(), a_write()
    replaced, gone, bound = (
        await acts["replace"](replacing),
        await acts["delete"](deleting),
        await acts["bind"](binding),
    )
    assert await store.updated_before(replacing) == replaced
    assert await store.deleted_before(deleting) == gone
    rule_ids = [it.rule_id for it in cast(Any, bound)[0]]
    assert await store.configured_before(binding, rule_ids) == bound
    with pytest.raises(RequestIdReused):
        await store.updated_before(replace(replacing, fingerprint="other"))


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_is_told_to_listeners(store: RedisRuleStore, name: str) -> None:
    act = (await write_cases(store))[name]
    heard: list[tuple[str, Revision]] = []

    async def listen() -> None:
        async for notice in store.notices():
            heard.append(notice)

    listening = asyncio.create_task(listen())
    try:
        for _ in range(100):  # until the subscription is there
            await store.create_rules(a_write("bell"), [a_rule()], EDIT)
            await asyncio.sleep(0.02)
            if heard:
                break
        told = revision_in(await act(a_write()))
        async with asyncio.timeout(5):
            while (CORP, told) not in heard:
                await asyncio.sleep(0.01)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_two_histories_of_equal_length_have_different_chains(store: RedisRuleStore) -> None:
    await store.create_rules(a_write("ww1"), [a_rule()], EDIT)
    await store.create_rules(a_write("ww2"), [a_rule()], EDIT)
    one, two = await store.revision("ww1"), await store.revision("ww2")
    assert one.number == two.number == 1
    assert one.chain != two.chain


@pytest.mark.parametrize("url", ["unix:///nowhere.sock", "redis+cluster://127.0.0.1:1"])
async def test_a_store_that_is_gone_is_unavailable(url: str) -> None:
    """Reads and writes say so, and do not hang."""
    client = connect(url)
    store = RedisRuleStore(client)
    try:
        with pytest.raises(StoreUnavailable):
            await store.create_rules(a_write(), [a_rule()], EDIT)
        with pytest.raises(StoreUnavailable):
            await store.get_rules(CORP, ["x"])
    finally:
        await client.aclose()
