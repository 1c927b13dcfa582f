"""Exempt customers through RuleService, on a single server and on a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import grpc
import pytest

from groupguard.rule.v1 import exemptions_pb2 as pb
from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1.rule_service_pb2 import FetchRulesRequest
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.domain.exemptions import Exemption
from rule_service.redis_store import RedisRuleStore, exempt_lists
from rule_service.redis_store.keys import RuleKeys
from service_kit import auth
from service_kit.redis_client import StoreClient
from support.rules import CORP, NOW, a_write, client_of, member, rule_service, strategy

ADMINS = rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_SUPER_ADMIN)
ZHANG, LI = member("zhang"), member("li")
MOST = 10_000
UUID = "5f0c7a1e-3d52-4a3c-9a57-0c1f6d6e2b11"


@pytest.fixture
async def gg(store: RedisRuleStore) -> AsyncIterator[AsyncGroupGuard]:
    async with rule_service(store) as target, client_of(target) as client:
        yield client


async def add(gg: AsyncGroupGuard, owner: rule_pb2.Owner, *ids: str, **more: Any) -> Any:
    customers = [pb.ExemptCustomer(external_userid=id, reason=f"for {id}") for id in ids]
    return await gg.rules.AddExemptCustomers(
        pb.AddExemptCustomersRequest(corp_id=CORP, owner=owner, customers=customers, **more)
    )


async def remove(gg: AsyncGroupGuard, owner: rule_pb2.Owner, *ids: str, **more: Any) -> Any:
    return await gg.rules.RemoveExemptCustomers(
        pb.RemoveExemptCustomersRequest(corp_id=CORP, owner=owner, external_userids=ids, **more)
    )


async def listed(gg: AsyncGroupGuard, size: int = 0, **query: Any) -> list[tuple[str, str]]:
    """owner_userid and external_userid of everybody, over all pages."""
    found: list[tuple[str, str]] = []
    token = ""
    while True:
        page = await gg.rules.ListExemptCustomers(
            pb.ListExemptCustomersRequest(corp_id=CORP, page_size=size, page_token=token, **query)
        )
        assert len(page.customers) <= (size or 100)
        found += [(it.owner.userid, it.external_userid) for it in page.customers]
        token = page.next_page_token
        if not token:
            return found
        assert len(page.customers) == (size or 100)


async def refusal(call: Any) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure(caught.value)


async def fill(store: RedisRuleStore, count: int, owner_userid: str = "") -> None:
    people = [Exemption(owner_userid, f"wm{number:05}", "", "", NOW) for number in range(count)]
    for start in range(0, count, 1_000):
        await store.add_exemptions(a_write(), owner_userid, people[start : start + 1_000])


async def test_a_list_says_who_is_on_it_why_since_when_and_by_whom(store: RedisRuleStore) -> None:
    """What the caller sends for output-only fields does not count."""
    who = auth.Caller("crm", {CORP: frozenset({auth.Role("super_admin")})})
    known = auth.Tokens([(sha256(b"t").hexdigest(), who)])
    async with rule_service(store, known) as target, client_of(target, "t") as gg:
        asked = pb.ExemptCustomer(external_userid="wm1", reason="老客户", owner=LI, actor="me")
        done = await gg.rules.AddExemptCustomers(
            pb.AddExemptCustomersRequest(corp_id=CORP, owner=ZHANG, customers=[asked])
        )
        assert done.added_count == 1
        page = await gg.rules.ListExemptCustomers(pb.ListExemptCustomersRequest(corp_id=CORP))
    [found] = page.customers
    assert (found.external_userid, found.reason, found.owner, found.actor) == ("wm1", "老客户", ZHANG, "crm")
    assert found.create_time.ToMicroseconds() == NOW * 1_000_000


async def test_who_is_on_the_list_stays_as_is(gg: AsyncGroupGuard) -> None:
    """Only new ones count; a call that adds nobody moves no revision, nor does one that removes nobody."""
    first = await add(gg, ADMINS, "wm1", "wm2")
    second = await add(gg, ADMINS, "wm2", "wm3")
    assert (first.added_count, second.added_count) == (2, 1)
    again = await gg.rules.AddExemptCustomers(
        pb.AddExemptCustomersRequest(
            corp_id=CORP, owner=ADMINS, customers=[pb.ExemptCustomer(external_userid="wm1", reason="other")]
        )
    )
    assert (again.added_count, again.rules_revision) == (0, second.rules_revision)
    page = await gg.rules.ListExemptCustomers(pb.ListExemptCustomersRequest(corp_id=CORP))
    assert page.customers[0].reason == "for wm1"
    gone = await remove(gg, ADMINS, "wm2", "wm9")
    assert gone.removed_count == 1
    nobody = await remove(gg, ADMINS, "wm2", "wm9")
    assert (nobody.removed_count, nobody.rules_revision) == (0, gone.rules_revision)
    assert await listed(gg) == [("", "wm1"), ("", "wm3")]


async def test_an_emptied_list_leaves_no_trace(gg: AsyncGroupGuard, redis: StoreClient) -> None:
    """Neither the list nor its name: what is read is what there is."""
    keys = RuleKeys(CORP)
    await add(gg, ADMINS, "wm1")
    await add(gg, ZHANG, "wm1", "wm2")
    assert await redis.exists(keys.exempt(""), keys.exempt("zhang"), keys.exempt_lists) == 3
    await remove(gg, ZHANG, "wm1", "wm2")
    assert await redis.exists(keys.exempt("zhang")) == 0
    assert await listed(gg) == [("", "wm1")]
    await remove(gg, ADMINS, "wm1")
    assert await redis.exists(keys.exempt(""), keys.exempt("zhang"), keys.exempt_lists) == 0


async def test_a_list_is_full_at_its_limit(gg: AsyncGroupGuard, store: RedisRuleStore) -> None:
    """The last that fits, then none; what is on it already may be sent again; other lists have room."""
    await fill(store, MOST - 1, "zhang")
    full = await refusal(add(gg, ZHANG, "x1", "x2", "wm00000"))
    assert (full.code, full.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")
    assert full.metadata == {
        "what": "exempt customers of member zhang",
        "limit": "10000",
        "current": "9999",
        "asked": "2",
    }
    assert (await add(gg, ZHANG, "x1", "wm00000")).added_count == 1
    assert (await refusal(add(gg, ZHANG, "x2"))).metadata["current"] == "10000"
    assert (await add(gg, ZHANG, "x1", "wm00000")).added_count == 0
    assert (await add(gg, ADMINS, "x2")).added_count == 1
    assert len(await listed(gg, 1_000, owner=ZHANG)) == MOST


async def test_of_many_at_once_as_many_get_in_as_there_is_room(
    gg: AsyncGroupGuard, store: RedisRuleStore, redis: StoreClient
) -> None:
    """50 callers for one place."""
    await fill(store, MOST - 1)
    results = await asyncio.gather(
        *(add(gg, ADMINS, f"x{number}") for number in range(50)), return_exceptions=True
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    refused = [failure(it).reason for it in results if isinstance(it, grpc.aio.AioRpcError)]
    assert refused == ["LIMIT_EXCEEDED"] * 49
    assert await redis.hlen(RuleKeys(CORP).exempt("")) == MOST


async def test_a_repeated_call_gets_the_first_answer(gg: AsyncGroupGuard) -> None:
    """Also when the list changed in between; another body is refused."""
    first = await add(gg, ZHANG, "wm1", request_id=UUID)
    await remove(gg, ZHANG, "wm1")
    assert await add(gg, ZHANG, "wm1", request_id=UUID) == first
    assert await listed(gg) == []
    assert (await refusal(add(gg, ZHANG, "wm2", request_id=UUID))).reason == "REQUEST_ID_REUSED"
    await add(gg, ZHANG, "wm1")
    other = UUID.replace("5", "6")
    gone = await remove(gg, ZHANG, "wm1", request_id=other)
    await add(gg, ZHANG, "wm1")
    assert await remove(gg, ZHANG, "wm1", request_id=other) == gone
    assert await listed(gg) == [("zhang", "wm1")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 1_000])
@pytest.mark.parametrize("parts", [1, 3, 100])
async def test_pages_hold_everybody_once_and_in_order(
    gg: AsyncGroupGuard, monkeypatch: pytest.MonkeyPatch, size: int, parts: int
) -> None:
    """The corp's list first, then by userid; however little is read at a time."""
    monkeypatch.setattr(exempt_lists, "_NAMES", parts)
    monkeypatch.setattr(exempt_lists, "_MOST_READ", parts)
    lists = {
        "": ["wm3", "wm1"],
        "zhang": ["wm1", "张"],
        "a:{b}": ["wm2"],
        "王": ["wm1", "wm0"],
        "li": ["wm9"],
    }
    for userid, ids in lists.items():
        await add(gg, member(userid) if userid else ADMINS, *ids)
    everybody = sorted((userid, id) for userid, ids in lists.items() for id in ids)
    assert await listed(gg, size) == everybody
    assert await listed(gg, size, owner=member("王")) == [("王", "wm0"), ("王", "wm1")]
    assert await listed(gg, size, external_userid="wm1") == [("", "wm1"), ("zhang", "wm1"), ("王", "wm1")]
    assert await listed(gg, size, external_userid="wm1", owner=ADMINS) == [("", "wm1")]
    assert await listed(gg, size, external_userid="nobody") == []


async def test_pages_go_on_though_people_are_taken_off(gg: AsyncGroupGuard) -> None:
    """Also the one a token names, and a whole list."""
    await add(gg, ADMINS, "wm1", "wm2", "wm3")
    await add(gg, ZHANG, "wm1")
    request = pb.ListExemptCustomersRequest(corp_id=CORP, page_size=2)
    page = await gg.rules.ListExemptCustomers(request)
    await remove(gg, ADMINS, "wm1", "wm2", "wm3")
    request.page_token = page.next_page_token
    page = await gg.rules.ListExemptCustomers(request)
    assert [(it.owner.userid, it.external_userid) for it in page.customers] == [("zhang", "wm1")]
    assert not page.next_page_token


async def test_a_token_is_good_for_its_query_only(gg: AsyncGroupGuard) -> None:
    """Another owner or customer with it is refused, as are pages of an impossible size."""
    await add(gg, ADMINS, "wm1", "wm2")
    page = await gg.rules.ListExemptCustomers(pb.ListExemptCustomersRequest(corp_id=CORP, page_size=1))
    for query in ({"owner": ADMINS}, {"external_userid": "wm1"}, {"owner": ZHANG}):
        wrong = pb.ListExemptCustomersRequest(corp_id=CORP, page_token=page.next_page_token, **query)
        told = await refusal(gg.rules.ListExemptCustomers(wrong))
        assert [field for field, _ in told.violations] == ["page_token"]
    for size in (-1, 1_001):
        wrong = pb.ListExemptCustomersRequest(corp_id=CORP, page_size=size)
        told = await refusal(gg.rules.ListExemptCustomers(wrong))
        assert told.violations == (("page_size", f"0 to 1000 are allowed, not {size}"),)


async def test_everything_wrong_is_named_at_once(gg: AsyncGroupGuard) -> None:
    """Ids, reasons and repeats, each by its path; nothing is written."""
    long = "m" * 65
    customers = [
        pb.ExemptCustomer(external_userid="wm1"),
        pb.ExemptCustomer(external_userid=long, reason="r" * 201),
        pb.ExemptCustomer(external_userid="wm1", reason="因" * 200),
        pb.ExemptCustomer(external_userid="a\nb"),
    ]
    told = await refusal(
        gg.rules.AddExemptCustomers(
            pb.AddExemptCustomersRequest(corp_id=CORP, owner=member(long), customers=customers)
        )
    )
    assert told.reason == "INVALID_FIELD"
    assert [field for field, _ in told.violations] == [
        "owner.userid",
        "customers[1].external_userid",
        "customers[1].reason",
        "customers[3].external_userid",
        "customers[2].external_userid",
    ]
    assert ("customers[1].reason", "at most 200 characters are allowed, not 201") in told.violations
    told = await refusal(remove(gg, member(long), "wm1", long, "wm1"))
    assert [field for field, _ in told.violations] == [
        "owner.userid",
        "external_userids[1]",
        "external_userids[2]",
    ]
    assert await listed(gg) == []


async def test_a_call_takes_1_000_customers(gg: AsyncGroupGuard) -> None:
    """One more is refused before anything is written."""
    ids = [f"wm{number}" for number in range(1_001)]
    told = await refusal(add(gg, ADMINS, *ids))
    assert told.violations == (("customers", "1 to 1000 are allowed, not 1001"),)
    assert (await add(gg, ADMINS, *ids[:1_000])).added_count == 1_000
    told = await refusal(remove(gg, ADMINS, *ids))
    assert told.violations == (("external_userids", "1 to 1000 are allowed, not 1001"),)
    assert (await remove(gg, ADMINS, *ids[:1_000])).removed_count == 1_000
    assert [it[0] for it in (await refusal(add(gg, ADMINS))).violations] == ["customers"]


async def test_a_management_rule_has_no_list(gg: AsyncGroupGuard) -> None:
    """STRATEGY is refused by every method, naming the field."""
    seven = strategy("7")
    asking = pb.ListExemptCustomersRequest(corp_id=CORP, owner=seven)
    for call in (add(gg, seven, "wm1"), remove(gg, seven, "wm1"), gg.rules.ListExemptCustomers(asking)):
        told = await refusal(call)
        assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
        assert [field for field, _ in told.violations] == ["owner.kind"]


ROLES: dict[str, tuple[set[str], set[str]]] = {
    "super_admin": ({"", "zhang", "li"}, {"", "zhang", "li"}),
    "viewer": (set(), {"", "zhang", "li"}),
    "member:zhang": ({"zhang"}, {"zhang"}),
    "member:wang": (set(), set()),
    "strategy_admin:7": (set(), set()),
    "registry": (set(), set()),
    "checker": (set(), set()),
    "migrator": (set(), set()),
    "service": (set(), set()),
}
"""Whose lists each role may change, and see."""


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_reaches_its_own_lists_and_no_others(one_store: RedisRuleStore, role: str) -> None:
    """Super administrators all, a member the own one, a viewer reads; an unfiltered list shows just that."""
    who = auth.Caller(role, {CORP: frozenset({auth.Role.parse(role)})})
    known = auth.Tokens([(sha256(b"t").hexdigest(), who)])
    owners = {"": ADMINS, "zhang": ZHANG, "li": LI}

    async def works(call: Any) -> bool:
        result: Any = (await asyncio.gather(call, return_exceptions=True))[0]
        if isinstance(result, grpc.aio.AioRpcError):
            assert failure(result).reason == "PERMISSION_DENIED"
        return not isinstance(result, BaseException)

    async with rule_service(one_store) as target, client_of(target) as root:
        for owner in owners.values():
            await add(root, owner, "wm1", "wm2")
    async with rule_service(one_store, known) as target, client_of(target, "t") as gg:
        changed, seen = ROLES[role]
        assert {name for name, owner in owners.items() if await works(add(gg, owner, "wm3"))} == changed
        assert {name for name, owner in owners.items() if await works(remove(gg, owner, "wm3"))} == changed
        assert {name for name, owner in owners.items() if await works(listed(gg, owner=owner))} == seen
        if seen:
            assert await listed(gg, 1) == [(name, id) for name in sorted(seen) for id in ("wm1", "wm2")]
            assert await listed(gg, external_userid="wm2") == [(name, "wm2") for name in sorted(seen)]


async def test_a_member_of_two_names_sees_both_lists(one_store: RedisRuleStore) -> None:
    """An unfiltered list is made of all that the roles reach, in order and over pages."""
    roles = frozenset({auth.Role("member", "zhang"), auth.Role("member", "li"), auth.Role("member", "wu")})
    known = auth.Tokens([(sha256(b"t").hexdigest(), auth.Caller("two", {CORP: roles}))])
    async with rule_service(one_store) as target, client_of(target) as root:
        for owner in (ADMINS, ZHANG, LI, member("wang")):
            await add(root, owner, "wm1", "wm2")
    async with rule_service(one_store, known) as target, client_of(target, "t") as gg:
        wanted = [(name, id) for name in ("li", "zhang") for id in ("wm1", "wm2")]
        for size in (1, 2, 3, 4):
            assert await listed(gg, size) == wanted


async def test_full_lists_come_to_followers_in_bounded_parts(store: RedisRuleStore) -> None:
    """One that starts anew and one that goes by differences; no part is large, none is missing."""
    await fill(store, MOST)
    await fill(store, 1_500, "zhang")
    async with rule_service(store) as target, client_of(target) as gg:
        for since in ("", "0-0"):
            told: dict[str, list[str]] = {}
            async for chunk in gg.rules.FetchRules(FetchRulesRequest(corp_id=CORP, since=since)):
                assert chunk.ByteSize() < 1024 * 1024
                for change in chunk.changes:
                    assert change.ByteSize() < 100_000
                    told.setdefault(change.exemption.owner_userid, []).extend(
                        change.exemption.added_external_userids
                    )
            assert {name: len(ids) for name, ids in told.items()} == {"": MOST, "zhang": 1_500}
            assert set(told["zhang"]) == {f"wm{number:05}" for number in range(1_500)}
