"""Lists of groups: by ordinal and by activity, who sees what, and how activity comes to be known."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import grpc
import pytest
import redis as sync_redis
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.rule.v1 import group_registry_pb2 as pb
from groupguard.rule.v1.group_pb2 import Group as GroupMessage
from groupguard.rule.v1.rule_service_pb2 import UpsertGroupsRequest
from groupguard.rule.v1.rule_service_pb2_grpc import add_RuleServiceServicer_to_server
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service import access
from rule_service.domain import limits
from rule_service.domain.group import Group, GroupSelection
from rule_service.redis_store import RedisRuleStore, registry
from rule_service.servicers import RuleServicer
from rule_service.watch import Watch
from service_kit import auth, pages
from support.rules import CORP, NOW, SERVICE, a_write, client_of, groups, register
from support.services import in_process

ALL = GroupSelection()


@dataclass
class Clock:
    """Seconds since 1970, as a test wants them."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def service(store: RedisRuleStore, clock: Clock, **callers: list[str]) -> AsyncIterator[str]:
    """Serves by a clock; each caller's token is its name, its roles are in ww1."""
    tokens = auth.Tokens(
        (
            sha256(name.encode()).hexdigest(),
            auth.Caller(name, {CORP: frozenset(map(auth.Role.parse, roles))}),
        )
        for name, roles in callers.items()
    )
    servicer = RuleServicer(store, Watch(store), clock)
    async with in_process(
        SERVICE,
        lambda server: add_RuleServiceServicer_to_server(servicer, server),
        access.PERMISSIONS,
        tokens=tokens if callers else None,
    ) as target:
        yield target


async def pages_of(gg: AsyncGroupGuard, size: int, **query: Any) -> list[GroupMessage]:
    """Every group of every page, none of them too long."""
    found: list[GroupMessage] = []
    token = ""
    while True:
        page = await gg.rules.ListGroups(
            pb.ListGroupsRequest(corp_id=CORP, page_size=size, page_token=token, **query)
        )
        assert len(page.groups) <= size
        found += page.groups
        token = page.next_page_token
        if not token:
            return found


def ids(found: list[GroupMessage]) -> list[str]:
    return [group.chat_id for group in found]


def stamp(seconds: float) -> Timestamp:
    made = Timestamp()
    made.FromMilliseconds(round(seconds * 1000))
    return made


async def report(gg: AsyncGroupGuard, active: dict[str, float]) -> int:
    activities = [pb.GroupActivity(chat_id=id, active_time=stamp(at)) for id, at in active.items()]
    answer = await gg.rules.ReportActivity(pb.ReportActivityRequest(corp_id=CORP, activities=activities))
    return answer.unknown_count


async def refusal(call: Awaitable[object]) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure(caught.value)


# Against a model


ROLES: dict[str, list[str]] = {
    "root": ["super_admin", "service"],
    "viewer": ["viewer"],
    "registry": ["registry"],
    "zhang": ["member:zhang"],
    "seven": ["strategy_admin:7"],
    "both": ["member:li", "strategy_admin:8", "checker"],
    "nobody": ["member:wang"],
}


QUERIES: list[dict[str, str]] = [{}, {"owner_userid": "li"}, {"strategy_id": "7"}]


def sees(name: str, group: Group) -> bool:
    match name:
        case "zhang":
            return group.owner_userid == "zhang"
        case "seven":
            return "7" in group.strategy_ids
        case "both":
            return group.owner_userid == "li" or "8" in group.strategy_ids
        case "nobody":
            return False
    return True


def chosen_by(query: dict[str, str], group: Group) -> bool:
    wanted = query.get("owner_userid", group.owner_userid) == group.owner_userid
    return wanted and ("strategy_id" not in query or query["strategy_id"] in group.strategy_ids)


@pytest.mark.parametrize("seed", range(6))
async def test_lists_are_what_sorting_a_model_gives(
    one_store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Random registrations, handovers, activity and dismissals; every caller, filter and page size."""
    dice = random.Random(seed)
    monkeypatch.setattr(limits, "ACTIVE_GROUPS", 11)
    monkeypatch.setattr(limits, "GROUPS_LOOKED_AT", 9)
    monkeypatch.setattr(registry, "_BATCH", 4)
    clock = Clock()
    ordinals: dict[str, int] = {}
    living: dict[str, tuple[float, Group]] = {}
    names = [f"wr{number}" for number in range(40)] + ["wr群", "WR", "{}"]
    async with service(one_store, clock, **ROLES) as target, client_of(target, "root") as root:
        for _ in range(60):
            clock.now += dice.choice([0, 0, 0.25, 1])
            chosen = dice.sample(names, dice.randint(1, 12))
            match dice.choice(["upsert", "upsert", "report", "report", "dismiss"]):
                case "upsert":
                    for name in chosen:
                        group = Group(
                            name,
                            dice.choice(["zhang", "li"]),
                            strategy_ids=tuple(dice.sample(["7", "8"], dice.randint(0, 2))),
                        )
                        ordinals.setdefault(name, len(ordinals))
                        living[name] = (max(clock.now, living.get(name, (0, group))[0]), group)
                    await root.rules.UpsertGroups(
                        UpsertGroupsRequest(corp_id=CORP, groups=[message(living[it][1]) for it in chosen])
                    )
                case "report":
                    told = {name: clock.now + dice.choice([-2, -0.5, -0.5, 0, 3]) for name in chosen}
                    assert await report(root, told) == len(told.keys() - living.keys())
                    for name in told.keys() & living.keys():
                        at, group = living[name]
                        living[name] = (max(at, min(told[name], clock.now)), group)
                case "dismiss":
                    gone = [name for name in chosen[:3] if name in ordinals]
                    if gone:
                        await root.rules.DismissGroups(pb.DismissGroupsRequest(corp_id=CORP, chat_ids=gone))
                    for name in gone:
                        living.pop(name, None)
        for name in ROLES:
            async with client_of(target, name) as gg:
                for query in QUERIES:
                    selected = {
                        chat_id: at
                        for chat_id, (at, group) in living.items()
                        if sees(name, group) and chosen_by(query, group)
                    }
                    size = dice.choice([1, 2, 3, 7, 100])
                    by_ordinal = await pages_of(gg, size, **query)
                    assert ids(by_ordinal) == sorted(selected, key=ordinals.__getitem__)
                    recent = await pages_of(gg, size, recently_active=True, **query)
                    assert ids(recent) == sorted(selected, key=lambda it: (-selected[it], it))[:11]
                    for group_message in (*by_ordinal, *recent):
                        assert group_message.last_active_time == stamp(selected[group_message.chat_id])
                        assert not group_message.HasField("dismiss_time")


def message(group: Group) -> GroupMessage:
    return GroupMessage(
        chat_id=group.chat_id, owner_userid=group.owner_userid, strategy_ids=group.strategy_ids
    )


# Recently active


async def test_exactly_2000_groups_are_offered_and_all_can_be_bound(one_store: RedisRuleStore) -> None:
    """Of 2,600 that were registered at once, the one that was active and the first 1,999 by chat_id."""
    chat_ids = await register(one_store, 2_600)
    clock = Clock(NOW + 10)
    async with service(one_store, clock) as target, client_of(target) as gg:
        assert await report(gg, {chat_ids[-1]: NOW + 1}) == 0
        expected = [chat_ids[-1], *sorted(chat_ids[:-1])[:1_999]]
        assert ids(await pages_of(gg, 2_000, recently_active=True)) == expected
        assert ids(await pages_of(gg, 300, recently_active=True)) == expected
        assert len(await pages_of(gg, 1_000)) == 2_600


async def test_pages_show_no_group_twice_while_groups_talk(one_store: RedisRuleStore) -> None:
    """A group that becomes active between two pages moves to the front: shown before, or missing."""
    chat_ids = sorted(await register(one_store, 10))
    clock = Clock(NOW + 10)
    async with service(one_store, clock) as target, client_of(target) as gg:
        request = pb.ListGroupsRequest(corp_id=CORP, recently_active=True, page_size=4)
        first = await gg.rules.ListGroups(request)
        await report(gg, {chat_ids[3]: NOW + 5, chat_ids[1]: NOW + 6, chat_ids[7]: NOW + 7})
        await gg.rules.DismissGroups(
            pb.DismissGroupsRequest(corp_id=CORP, chat_ids=[chat_ids[0], chat_ids[8]])
        )
        request.page_token = first.next_page_token
        second = await gg.rules.ListGroups(request)
        assert ids(list(first.groups)) == chat_ids[:4]
        assert ids(list(second.groups)) == [chat_ids[it] for it in (4, 5, 6, 9)]


async def test_a_registry_that_is_told_nothing_new_is_activity(store: RedisRuleStore) -> None:
    """It moves the group to the front and no revision; a repeat of the call does nothing."""
    await store.upsert_groups(a_write(), groups(3), NOW, "x")
    before = await store.revision(CORP)
    write = a_write()
    for _ in range(2):
        await store.upsert_groups(write, groups(1, 2), NOW + 5, "x")
    await store.upsert_groups(a_write(), groups(1, 1), NOW + 4, "x")
    await store.upsert_groups(write, groups(1, 2), NOW + 9, "x")
    assert await store.revision(CORP) == before
    seen = await store.list_active_groups(CORP, ALL, None, 10)
    assert [(it.stored.group.chat_id, it.active_ms) for it in seen.groups] == [
        ("wr2", int(NOW + 5) * 1000),
        ("wr1", int(NOW + 4) * 1000),
        ("wr0", int(NOW) * 1000),
    ]


async def test_activity_never_goes_back_and_never_revives(store: RedisRuleStore) -> None:
    """Unknown and dismissed groups are counted; nothing is kept of them, and no revision moves."""
    await register(store, 3)
    await store.dismiss_groups(a_write(), ["wr0"], NOW, "x")
    before = await store.revision(CORP)
    told = {"wr0": 9_000, "wr1": int(NOW * 1000) + 7, "wr2": 5, "unheard of": 9_000}
    assert await store.report_activity(CORP, told) == 2
    seen = await store.list_active_groups(CORP, ALL, None, 10)
    assert [(it.stored.group.chat_id, it.active_ms) for it in seen.groups] == [
        ("wr1", int(NOW * 1000) + 7),
        ("wr2", int(NOW * 1000)),
    ]
    assert await store.revision(CORP) == before


async def test_a_report_names_everything_wrong_with_it(one_store: RedisRuleStore) -> None:
    """A group twice, a time that is none, no id, too many."""
    async with service(one_store, Clock()) as target, client_of(target) as gg:

        async def told(*activities: pb.GroupActivity) -> tuple[tuple[str, str], ...]:
            request = pb.ReportActivityRequest(corp_id=CORP, activities=activities)
            return (await refusal(gg.rules.ReportActivity(request))).violations

        good = pb.GroupActivity(chat_id="a", active_time=stamp(NOW))
        assert await told(good, good) == (("activities[1].chat_id", "the same as activities[0].chat_id"),)
        bad_time = pb.GroupActivity(chat_id="b", active_time=Timestamp(seconds=10**15))
        long = pb.GroupActivity(chat_id="x" * 65, active_time=stamp(NOW))
        assert [field for field, _ in await told(bad_time, good)] == ["activities[0].active_time"]
        assert [field for field, _ in await told(good, long)] == ["activities[1].chat_id"]
        assert [field for field, _ in await told(pb.GroupActivity(chat_id="a"))] == [
            "activities[0].active_time"
        ]
        many = [pb.GroupActivity(chat_id=f"wr{n}", active_time=stamp(NOW)) for n in range(1_001)]
        assert await told(*many) == (("activities", "1 to 1000 are allowed, not 1001"),)
        assert await told() == (("activities", "required; it is empty"),)


# Pages


async def test_a_call_looks_at_so_many_groups_and_goes_on_by_its_token(
    one_store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter that selects little makes short pages, even empty ones, and every group comes at the end."""
    monkeypatch.setattr(limits, "GROUPS_LOOKED_AT", 100)
    monkeypatch.setattr(registry, "_BATCH", 50)
    await register(one_store, 350)
    await one_store.upsert_groups(a_write(), groups(1, 320, "li"), NOW - 5, "x")
    async with service(one_store, Clock()) as target, client_of(target) as gg:
        for recently in (False, True):
            request = pb.ListGroupsRequest(corp_id=CORP, owner_userid="li", recently_active=recently)
            sizes = []
            while True:
                page = await gg.rules.ListGroups(request)
                sizes.append(len(page.groups))
                request.page_token = page.next_page_token
                if not page.next_page_token:
                    break
            assert sum(sizes) == 1
            assert 3 <= len(sizes) <= 5


async def test_a_page_of_large_groups_is_shorter(
    one_store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends where its bytes do; the next one goes on there."""
    await register(one_store, 50, display_name="群" * 100)
    monkeypatch.setattr(pages, "PAGE_BYTES", 4_000)
    async with service(one_store, Clock()) as target, client_of(target) as gg:
        for recently in (False, True):
            request = pb.ListGroupsRequest(corp_id=CORP, recently_active=recently, page_size=40)
            page = await gg.rules.ListGroups(request)
            assert 5 < len(page.groups) < 40
            assert page.ByteSize() < 4_200
            assert len(await pages_of(gg, 40, recently_active=recently)) == 50


async def test_a_list_refuses_what_it_does_not_know(one_store: RedisRuleStore) -> None:
    """Page sizes beyond 2,000, tokens of another query, ids that are none."""
    await register(one_store, 5)
    async with service(one_store, Clock()) as target, client_of(target) as gg:

        async def fields(**query: Any) -> list[str]:
            told = await refusal(gg.rules.ListGroups(pb.ListGroupsRequest(corp_id=CORP, **query)))
            assert told.reason == "INVALID_FIELD"
            return [field for field, _ in told.violations]

        assert await fields(page_size=2_001) == ["page_size"]
        assert await fields(page_size=-1, recently_active=True) == ["page_size"]
        assert await fields(owner_userid="x" * 65, strategy_id="\n") == ["owner_userid", "strategy_id"]
        page = await gg.rules.ListGroups(pb.ListGroupsRequest(corp_id=CORP, page_size=2))
        assert await fields(page_token=page.next_page_token, recently_active=True) == ["page_token"]
        assert await fields(page_token=page.next_page_token, owner_userid="zhang") == ["page_token"]
        assert len((await gg.rules.ListGroups(pb.ListGroupsRequest(corp_id=CORP))).groups) == 5


async def test_records_of_groups_from_before_there_were_dismissals_are_read(
    one_store: RedisRuleStore, valkey_url: str
) -> None:
    """They say nothing of it, and an upsert that changes nothing leaves them as they are."""
    done = await one_store.upsert_groups(a_write(), [Group("a", "zhang")], NOW, "x")
    with sync_redis.Redis.from_url(valkey_url) as client:
        key = "gg:rule:{ww1}:groups"
        record = b'0:{"chat_id":"a","owner_userid":"zhang","display_name":"","strategy_ids":[]}'
        assert b"dismissed" not in (client.hget(key, "a") or b"")
        client.hset(key, "a", record)
        assert (await one_store.get_groups(CORP, ["a"]))[0] == done.groups[0]
        again = await one_store.upsert_groups(a_write(), [Group("a", "zhang")], NOW, "x")
        assert again.revision == done.revision
        assert client.hget(key, "a") == record
