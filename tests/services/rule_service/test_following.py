"""A follower that applies what FetchRules says ends with exactly what the store has."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest
import redis as sync_redis

from groupguard.rule.v1.rule_service_pb2 import FetchRulesRequest, FetchRulesResponse
from rule_service.domain.group import Group
from rule_service.domain.rule import Owner, OwnerKind, Rule
from rule_service.fetch import fetch
from rule_service.redis_store import RedisRuleStore
from rule_service.redis_store.keys import RuleKeys
from rule_service.store import Operation
from service_kit.redis_client import StoreClient
from service_kit.revision import Revision
from support.follower import Follower
from support.rules import ADMINS, CORP, a_rule, a_write, client_of, groups, register, rule_service

DIFF, RESET = FetchRulesResponse.KIND_DIFF, FetchRulesResponse.KIND_RESET


class Writer:
    """Writes at random and knows what must come of it."""

    def __init__(self, store: RedisRuleStore, seed: int) -> None:
        self.store = store
        self.random = random.Random(seed)
        self.rules: dict[str, tuple[Rule, int]] = {}
        self.groups: dict[str, tuple[int, str]] = {}
        self.bound: dict[str, set[int]] = {}

    def state(self) -> tuple[dict[str, tuple[str, int]], dict[str, tuple[int, str]], dict[str, set[int]]]:
        rules = {id: (rule.display_name, revision) for id, (rule, revision) in self.rules.items()}
        return rules, self.groups, {id: bound for id, bound in self.bound.items() if bound}

    async def write(self) -> None:
        """Makes one write."""
        kinds = ["create", "upsert"]
        if self.rules:
            kinds += ["replace", "replace", "delete"]
            if self.groups:
                kinds += ["bind"] * 4 + ["unbind"] * 3
        kind = self.random.choice(kinds)
        if kind == "create":
            rule = a_rule(owner=self.random.choice([ADMINS, Owner(OwnerKind.MEMBER, "zhang")]))
            [stored], _ = await self.store.create_rules(a_write(), [rule])
            self.rules[rule.rule_id] = rule, stored.revision
        elif kind == "upsert":
            await self._upsert()
        elif kind == "replace":
            rule_id = self.random.choice(list(self.rules))
            rule, revision = self.rules[rule_id]
            changed = replace(rule, display_name=f"name {self.random.random()}")
            stored, _ = await self.store.replace_rule(a_write(), changed, revision)
            self.rules[rule_id] = changed, stored.revision
        elif kind == "delete":
            rule_id = self.random.choice(list(self.rules))
            [stored] = await self.store.get_rules(CORP, [rule_id])
            await self.store.delete_rule(a_write(), stored)
            del self.rules[rule_id]
            self.bound.pop(rule_id, None)
        else:
            await self._configure(Operation(kind))

    async def _upsert(self) -> None:
        numbers = self.random.sample(range(40), self.random.randint(1, 8))
        owner = self.random.choice(["zhang", "li"])
        done = await self.store.upsert_groups(a_write(), [Group(f"wr{number}", owner) for number in numbers])
        self.groups |= {it.group.chat_id: (it.ordinal, owner) for it in done.groups}
        for rule_id, (rule, _) in self.rules.items():
            if rule.owner.kind is OwnerKind.MEMBER:
                mine = {ordinal for ordinal, whose in self.groups.values() if whose == rule.owner.id}
                self.bound[rule_id] = self.bound.get(rule_id, set()) & mine

    async def _configure(self, operation: Operation) -> None:
        rule_ids = self.random.sample(list(self.rules), self.random.randint(1, min(4, len(self.rules))))
        chat_ids = self.random.sample(list(self.groups), self.random.randint(1, min(10, len(self.groups))))
        rules = [self.rules[rule_id][0] for rule_id in rule_ids]
        if operation is Operation.BIND and any(rule.owner.kind is OwnerKind.MEMBER for rule in rules):
            chat_ids = [chat_id for chat_id in chat_ids if self.groups[chat_id][1] == "zhang"]
        if not chat_ids:
            return
        counts, _ = await self.store.configure_groups(a_write(), operation, rules, chat_ids)
        named = {self.groups[chat_id][0] for chat_id in chat_ids}
        for count in counts:
            bound = self.bound.setdefault(count.rule_id, set())
            assert count.before == len(bound)
            self.bound[count.rule_id] = bound | named if operation is Operation.BIND else bound - named
            assert count.after == len(self.bound[count.rule_id])


@pytest.fixture
def spread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes everything be read in small parts, so that few objects are many parts."""
    monkeypatch.setattr("rule_service.redis_store.reader._BATCH", 3)
    monkeypatch.setattr("rule_service.redis_store.reader._LOG_BATCH", 4)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("spread")
async def test_followers_end_where_the_store_is(store: RedisRuleStore, seed: int) -> None:
    """Random writes; one follower goes by differences, another starts anew every time."""
    writer, follower = Writer(store, seed), Follower()
    for turn in range(20):
        for _ in range(writer.random.randint(0, 12)):
            await writer.write()
        kinds = await follower.follow(store)
        assert kinds[0] == (RESET if turn == 0 else DIFF)
        assert follower.since == str(await store.revision(CORP))
        assert follower.state() == writer.state()
        fresh = Follower()
        await fresh.follow(store)
        assert fresh.kinds[0] == RESET
        assert fresh.state() == writer.state()


@pytest.mark.usefixtures("spread")
async def test_what_is_written_while_everything_is_read_is_in_it_or_comes_after(
    store: RedisRuleStore,
) -> None:
    """Pitfall 18: a write during a fetch."""
    writer = Writer(store, 99)
    for _ in range(80):
        await writer.write()

    async def write_on() -> None:
        for _ in range(150):
            await writer.write()

    writing = asyncio.create_task(write_on())
    followers = []
    while not writing.done():
        followers.append(Follower())
        await followers[-1].follow(store)
    await writing
    assert len(followers) > 2
    for follower in followers:
        assert (await follower.follow(store))[0] == DIFF
        assert follower.state() == writer.state()


async def test_a_follower_that_is_up_to_date_gets_nothing_but_the_token(store: RedisRuleStore) -> None:
    await register(store, 3)
    at = await store.revision(CORP)
    chunks = [chunk async for chunk in fetch(store, CORP, at)]
    assert chunks == [FetchRulesResponse(kind=DIFF, rules_revision=str(at))]


async def test_an_unknown_corp_has_nothing(store: RedisRuleStore) -> None:
    assert [chunk async for chunk in fetch(store, "nobody", None)] == [
        FetchRulesResponse(kind=RESET, rules_revision="0-0")
    ]
    assert [chunk async for chunk in fetch(store, "nobody", Revision(0, "0"))] == [
        FetchRulesResponse(kind=DIFF, rules_revision="0-0")
    ]


async def kind_since(store: RedisRuleStore, since: Revision) -> FetchRulesResponse.Kind.ValueType:
    follower = Follower()
    await follower.apply(fetch(store, CORP, since))
    fresh = Follower()
    await fresh.follow(store)
    assert follower.since == fresh.since
    if follower.kinds[0] == RESET:
        assert follower.state() == fresh.state()
    return follower.kinds[0]


async def test_a_token_of_another_history_starts_anew(store: RedisRuleStore) -> None:
    """The store lost writes in a fail-over or was restored, and went on."""
    await register(store, 3)
    before = await store.revision(CORP)
    await register(store, 5)
    now = await store.revision(CORP)
    assert await kind_since(store, before) == DIFF
    assert await kind_since(store, replace(before, chain="abc")) == RESET  # behind
    assert await kind_since(store, replace(now, chain="abc")) == RESET  # level
    assert await kind_since(store, replace(now, number=now.number + 1)) == RESET  # ahead
    assert await kind_since(store, replace(now, number=10**17)) == RESET
    assert await kind_since(store, Revision(0, "0")) == DIFF
    assert await kind_since(store, Revision(0, "1")) == RESET


async def test_a_follower_behind_the_logs_beginning_starts_anew(
    store: RedisRuleStore, redis: StoreClient
) -> None:
    tokens = []
    for count in range(1, 7):
        await register(store, count)
        tokens.append(await store.revision(CORP))
    await redis.xtrim(RuleKeys(CORP).log, maxlen=3, approximate=False)
    kinds = [await kind_since(store, token) for token in tokens]
    assert kinds == [RESET, RESET, DIFF, DIFF, DIFF, DIFF]


async def test_a_follower_is_not_left_waiting_when_the_log_is_gone(
    store: RedisRuleStore, redis: StoreClient
) -> None:
    await register(store, 1)
    before = await store.revision(CORP)
    await register(store, 2)
    await redis.delete(RuleKeys(CORP).log)
    assert await kind_since(store, before) == RESET
    assert await kind_since(store, await store.revision(CORP)) == DIFF


async def test_the_log_keeps_to_its_bound(one_store: RedisRuleStore, valkey_url: str) -> None:
    for start in range(0, 1_300, 100):
        await asyncio.gather(
            *(one_store.upsert_groups(a_write(), groups(1, start + number)) for number in range(100))
        )
    with sync_redis.Redis.from_url(valkey_url) as client:
        assert 1_000 <= client.xlen(RuleKeys(CORP).log) < 1_200


async def test_a_large_corp_comes_in_chunks_below_1_mib(one_store: RedisRuleStore) -> None:
    """Through gRPC, whose limit of a message is 4 MiB: 100 rules of 100 keywords, the longest there are."""
    keywords = [[f"{number:02}{'字' * 60}{word:02}" for word in range(100)] for number in range(100)]
    rules = [a_rule(*words) for words in keywords]
    await asyncio.gather(*(one_store.create_rules(a_write(), [rule]) for rule in rules))
    names = await register(one_store, 2_000, display_name="群" * 128)
    await one_store.configure_groups(a_write(), Operation.BIND, rules, names)
    follower = Follower()
    async with rule_service(one_store) as target, client_of(target) as client:
        await follower.apply(aiter(client.rules.FetchRules(FetchRulesRequest(corp_id=CORP))))
        assert len(follower.kinds) > 3
        assert follower.kinds == [RESET, *[FetchRulesResponse.KIND_UNSPECIFIED] * (len(follower.kinds) - 1)]
        assert [it.text for it in follower.rules[rules[0].rule_id].conditions.keywords.keywords] == keywords[
            0
        ]
        assert len(follower.groups) == 2_000
        assert follower.bound == {rule.rule_id: set(range(2_000)) for rule in rules}

        again = Follower()  # the same as differences
        await again.apply(aiter(client.rules.FetchRules(FetchRulesRequest(corp_id=CORP, since="0-0"))))
        assert again.kinds[0] == DIFF
        assert len(again.kinds) > 3
        assert again.state() == follower.state()
