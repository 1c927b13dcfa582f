"""What went because groups changed hands or were dismissed: recorded exactly, listed to those who may see it."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import Any

import grpc
import pytest

from groupguard.rule.v1 import group_registry_pb2 as pb
from groupguard_client import AsyncGroupGuard, failure
from rule_service.domain import limits
from rule_service.domain.group import Group
from rule_service.domain.rule import Owner, OwnerKind, Rule, StoredRule
from rule_service.redis_store import RedisRuleStore, registry, release
from rule_service.redis_store.released import pack, unpack
from rule_service.store import BindingChange, Operation
from service_kit import auth, pages
from service_kit.errors import BindingNotAllowed, GroupNotFound
from support.rules import ADMINS, CORP, EDIT, NOW, a_rule, a_write, client_of, groups, register, rule_service

BIND = Operation.BIND
ZHANG, LI = Owner(OwnerKind.MEMBER, "zhang"), Owner(OwnerKind.MEMBER, "li")
SEVEN = Owner(OwnerKind.STRATEGY, "7")


async def created(store: RedisRuleStore, *owners: Owner) -> list[Rule]:
    rules = [a_rule(owner=owner) for owner in owners]
    for rule in rules:
        await store.create_rules(a_write(), [rule], EDIT)
    return rules


async def listed(
    gg: AsyncGroupGuard, rule_id: str = "", size: int = 0
) -> list[tuple[str, list[str], str, int]]:
    """Everything on every page: rule_id, chat_ids, actor and revision."""
    found: list[tuple[str, list[str], str, int]] = []
    token = ""
    while True:
        page = await gg.rules.ListReleasedBindings(
            pb.ListReleasedBindingsRequest(corp_id=CORP, rule_id=rule_id, page_size=size, page_token=token)
        )
        assert len(page.released_bindings) <= (size or 100)
        found += [(it.rule_id, list(it.chat_ids), it.actor, it.revision) for it in page.released_bindings]
        token = page.next_page_token
        if not token:
            return found


@pytest.mark.parametrize("seed", range(3))
async def test_the_record_is_what_a_model_loses(
    store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Random bindings, handovers and dismissals over several chunks: each write's losses, counts and log entries."""
    dice = random.Random(seed)
    monkeypatch.setattr(release, "_BATCH", 3)
    monkeypatch.setattr(registry, "_RECORDS", 2)
    await register(store, 8_300)
    chat_ids = [f"wr{number}" for number in (*range(4), *range(8_190, 8_195))]
    known = {chat_id: Group(chat_id, "zhang") for chat_id in chat_ids}
    rules = await created(store, ADMINS, ADMINS, ZHANG, ZHANG, LI, SEVEN, SEVEN)
    by_id = {rule.rule_id: rule for rule in rules}
    bound: dict[str, set[str]] = {rule.rule_id: set() for rule in rules}
    expected: list[tuple[int, str, set[str]]] = []
    for _ in range(120):
        chosen = dice.sample(chat_ids, dice.randint(1, 4))
        before = await store.revision(CORP)
        match dice.choice(["bind", "bind", "hand over", "dismiss"]):
            case "bind":
                rule = dice.choice(rules)
                for chat_id in chosen:
                    try:
                        await store.configure_groups(a_write(), BIND, [rule], [chat_id])
                        bound[rule.rule_id].add(chat_id)
                    except (BindingNotAllowed, GroupNotFound):
                        continue
                continue
            case "hand over":
                for chat_id in chosen:
                    strategies = tuple(dice.sample(["7", "8"], dice.randint(0, 2)))
                    known[chat_id] = Group(chat_id, dice.choice(["zhang", "li"]), "", strategies)
                moved = [known[chat_id] for chat_id in chosen]
                done: Any = await store.upsert_groups(a_write(), moved, NOW, "x")
            case _:
                done = await store.dismiss_groups(a_write(), chosen, NOW, "x")
                for chat_id in chosen:
                    known[chat_id] = Group(chat_id, "", "", ())
        lost = {
            rule_id: {it for it in chats if it in chosen and not allowed(by_id[rule_id].owner, known[it])}
            for rule_id, chats in bound.items()
        }
        losing = {rule_id for rule_id, chats in lost.items() if chats}
        expected += [(done.revision.number, rule_id, lost[rule_id]) for rule_id in losing]
        for rule_id in losing:
            bound[rule_id] -= lost[rule_id]
        assert done.released == sum(map(len, lost.values()))
        followed = await store.changes_since(CORP, before)
        assert followed is not None
        told = {id for it in followed[0] if isinstance(it, BindingChange) for id in it.rule_ids}
        assert told == losing
    stored: list[StoredRule] = await store.get_rules(CORP, list(bound))
    assert {it.rule.rule_id: it.group_count for it in stored} == {id: len(it) for id, it in bound.items()}

    async def found(rule_id: str, seen_by: frozenset[Owner] | None) -> list[tuple[int, str, set[str]]]:
        every: list[tuple[int, str, set[str]]] = []
        place: tuple[int, int] | None = None
        while True:
            part, place = await store.list_released(CORP, rule_id, seen_by, place, 3)
            every += [(it.revision, it.rule_id, set(it.chat_ids)) for it in part]
            if place is None:
                return every

    async def check(rule_id: str, seen_by: frozenset[Owner] | None) -> None:
        told = await found(rule_id, seen_by)
        wanted = [
            it
            for it in expected
            if rule_id in ("", it[1]) and (seen_by is None or by_id[it[1]].owner in seen_by)
        ]
        assert [it[0] for it in told] == sorted((it[0] for it in wanted), reverse=True)
        assert sorted(told, key=lambda it: it[:2]) == sorted(wanted, key=lambda it: it[:2])

    assert len(expected) > 10
    await check("", None)
    await check(rules[2].rule_id, None)
    await check("", frozenset({ZHANG, SEVEN}))
    await check(rules[0].rule_id, frozenset({ZHANG}))


def allowed(owner: Owner, group: Group) -> bool:
    match owner.kind:
        case OwnerKind.SUPER_ADMIN:
            return bool(group.owner_userid)  # the model's mark of a group that lives
        case OwnerKind.MEMBER:
            return group.owner_userid == owner.id
    return owner.id in group.strategy_ids


async def test_a_record_says_who_and_when_and_outlives_the_rule(one_store: RedisRuleStore) -> None:
    """The actor is the name of the caller's token; a deleted rule's losses are still listed to its owner."""
    await register(one_store, 2)
    [rule] = await created(one_store, ZHANG)
    await one_store.configure_groups(a_write(), BIND, [rule], ["wr0", "wr1"])
    async with guarded(one_store) as target, client_of(target, "crm") as crm:
        done = await crm.rules.DismissGroups(pb.DismissGroupsRequest(corp_id=CORP, chat_ids=["wr1"]))
        [stored] = await one_store.get_rules(CORP, [rule.rule_id])
        await one_store.delete_rule(a_write(), stored, EDIT)
        async with client_of(target, "zhang") as zhang:
            page = await zhang.rules.ListReleasedBindings(pb.ListReleasedBindingsRequest(corp_id=CORP))
    [record] = page.released_bindings
    assert (record.rule_id, list(record.chat_ids), record.actor) == (rule.rule_id, ["wr1"], "crm")
    assert record.release_time.ToSeconds() == int(NOW)
    assert record.revision == int(done.rules_revision.partition("-")[0])


def guarded(store: RedisRuleStore) -> Any:
    """The service, with a caller for each role that matters."""
    callers = {
        "crm": ["registry"],
        "root": ["super_admin"],
        "viewer": ["viewer"],
        "zhang": ["member:zhang"],
        "li": ["member:li"],
        "seven and li": ["strategy_admin:7", "member:li"],
    }
    return rule_service(
        store,
        auth.Tokens(
            (
                sha256(name.encode()).hexdigest(),
                auth.Caller(name, {CORP: frozenset(map(auth.Role.parse, roles))}),
            )
            for name, roles in callers.items()
        ),
    )


async def test_everybody_sees_what_the_own_rules_lost(one_store: RedisRuleStore) -> None:
    """Administrators and viewers all of it, others that of their rules, the registry nothing; in pages of any size."""
    await register(one_store, 6, strategy_ids=("7",))
    rules = await created(one_store, ADMINS, ZHANG, SEVEN)
    await one_store.configure_groups(a_write(), BIND, rules, [f"wr{number}" for number in range(6)])
    for number in range(3):
        await one_store.dismiss_groups(a_write(), [f"wr{2 * number}", f"wr{2 * number + 1}"], NOW, "x")
    async with guarded(one_store) as target:
        for name, visible in {
            "root": rules,
            "viewer": rules,
            "zhang": rules[1:2],
            "li": [],
            "seven and li": rules[2:],
        }.items():
            async with client_of(target, name) as gg:
                for size in (1, 2, 3, 0):
                    told = await listed(gg, size=size)
                    assert [chats for _, chats, _, _ in told] == [
                        [f"wr{2 * number}", f"wr{2 * number + 1}"] for number in (2, 1, 0) for _ in visible
                    ]
                    assert {rule_id for rule_id, _, _, _ in told} == {rule.rule_id for rule in visible}
                    assert len({(it[0], it[3]) for it in told}) == len(told) == 3 * len(visible)
                assert len(await listed(gg, rules[1].rule_id)) == 3 * (rules[1] in visible)
        async with client_of(target, "crm") as gg:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await listed(gg)
            assert failure(caught.value).code == "PERMISSION_DENIED"


async def test_the_last_writes_are_kept_and_not_one_more(
    store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest goes first; writes that take nothing away take no place."""
    monkeypatch.setattr(limits, "RELEASES_KEPT", 3)
    await register(store, 8)
    [rule] = await created(store, ADMINS)
    await store.configure_groups(a_write(), BIND, [rule], [f"wr{number}" for number in range(5)])
    for number in range(8):
        await store.dismiss_groups(a_write(), [f"wr{number}"], NOW, "x")
    found, more = await store.list_released(CORP, "", None, None, 10)
    assert ([it.chat_ids for it in found], more) == ([("wr4",), ("wr3",), ("wr2",)], None)


async def test_a_call_looks_at_so_many_writes(
    one_store: RedisRuleStore, gg: AsyncGroupGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages may be short; the tokens lead to the end."""
    monkeypatch.setattr(limits, "RELEASES_LOOKED_AT", 2)
    monkeypatch.setattr(registry, "_RECORDS", 3)
    await register(one_store, 7)
    often, once = await created(one_store, ADMINS, ADMINS)
    await one_store.configure_groups(a_write(), BIND, [often], [f"wr{number}" for number in range(7)])
    await one_store.configure_groups(a_write(), BIND, [once], ["wr0"])
    for number in range(7):
        await one_store.dismiss_groups(a_write(), [f"wr{number}"], NOW, "x")
    assert [chats for _, chats, _, _ in await listed(gg, once.rule_id)] == [["wr0"]]
    assert [chats for _, chats, _, _ in await listed(gg, often.rule_id)] == [
        [f"wr{n}"] for n in range(6, -1, -1)
    ]


async def test_a_page_of_large_records_is_shorter(
    one_store: RedisRuleStore, gg: AsyncGroupGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends in the middle of a write, and the next one goes on there."""
    monkeypatch.setattr(pages, "PAGE_BYTES", 3_000)
    await register(one_store, 100)
    rules = await created(one_store, *[ADMINS] * 12)
    chat_ids = [f"wr{number}" for number in range(100)]
    await one_store.configure_groups(a_write(), BIND, rules, chat_ids)
    await one_store.dismiss_groups(a_write(), chat_ids, NOW, "x")
    page = await gg.rules.ListReleasedBindings(pb.ListReleasedBindingsRequest(corp_id=CORP))
    assert 1 < len(page.released_bindings) < 12
    assert page.ByteSize() < 3_200
    told = await listed(gg)
    assert sorted(it[0] for it in told) == sorted(rule.rule_id for rule in rules)
    assert all(chats == chat_ids for _, chats, _, _ in told)


async def test_a_repeated_handover_is_recorded_once(store: RedisRuleStore) -> None:
    """The second call gets the first answer."""
    await register(store, 1)
    [rule] = await created(store, ZHANG)
    await store.configure_groups(a_write(), BIND, [rule], ["wr0"])
    write = a_write()
    first = await store.upsert_groups(write, groups(1, owner="li"), NOW, "x")
    assert await store.upsert_groups(write, groups(1, owner="li"), NOW, "x") == first
    found, _ = await store.list_released(CORP, "", None, None, 10)
    assert [(it.rule_id, it.chat_ids, it.owner) for it in found] == [(rule.rule_id, ("wr0",), ZHANG)]


def test_the_largest_record_is_bounded() -> None:
    """1,000 rules that lose any of 1,000 groups, at random, with the longest ids there are."""
    dice = random.Random(1)
    chat_ids = [f"{number:064}" for number in range(1_000)]
    lost = [
        (
            f"{number:024x}",
            Owner(OwnerKind.MEMBER, f"{number:064}"),
            [it for it in chat_ids if dice.random() < 0.5],
        )
        for number in range(1_000)
    ]
    packed = pack(NOW, "crm", lost)
    assert len(packed) < 250_000
    read = list(unpack(7, packed))
    assert [(it.rule_id, it.owner, sorted(it.chat_ids)) for it in read] == lost
    same = pack(NOW, "crm", [(rule_id, ADMINS, chat_ids) for rule_id, _, _ in lost])
    assert len(same) < 20_000
