"""A corp's own limits, in every write that counts against them; on a single server and on a cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from groupguard.rule.v1 import exemptions_pb2 as exempt_pb
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1 import settings_pb2
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.redis_store import RedisRuleStore
from support.rules import CORP, asked, client_of, create, member, rule_service, upsert

BIND, UNBIND = pb.ConfigureGroupsRequest.OPERATION_BIND, pb.ConfigureGroupsRequest.OPERATION_UNBIND
CHATS = [f"wr{number}" for number in range(8)]


@pytest.fixture
async def gg(store: RedisRuleStore) -> AsyncIterator[AsyncGroupGuard]:
    async with rule_service(store) as target, client_of(target) as client:
        yield client


async def limit(gg: AsyncGroupGuard, **limits: int) -> None:
    settings = settings_pb2.CorpSettings(limits=settings_pb2.CorpLimits(**limits))
    await gg.rules.UpdateCorpSettings(settings_pb2.UpdateCorpSettingsRequest(corp_id=CORP, settings=settings))


async def configure(gg: AsyncGroupGuard, operation: Any, rule_id: str, chats: list[str], **more: Any) -> Any:
    return await gg.rules.ConfigureGroups(
        pb.ConfigureGroupsRequest(
            corp_id=CORP, operation=operation, rule_ids=[rule_id], chat_ids=chats, **more
        )
    )


async def set_rules(gg: AsyncGroupGuard, chat_id: str, *rule_ids: str, **more: Any) -> Any:
    return await gg.rules.SetGroupRules(
        pb.SetGroupRulesRequest(corp_id=CORP, chat_id=chat_id, rule_ids=rule_ids, **more)
    )


async def exempt(gg: AsyncGroupGuard, *ids: str) -> Any:
    customers = [exempt_pb.ExemptCustomer(external_userid=id) for id in ids]
    return await gg.rules.AddExemptCustomers(
        exempt_pb.AddExemptCustomersRequest(corp_id=CORP, owner=member("zhang"), customers=customers)
    )


async def refused(call: Any) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    told = failure(caught.value)
    assert (told.code, told.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")
    return told


async def test_rules_of_an_owner(gg: AsyncGroupGuard) -> None:
    """At the limit is allowed, one above is not; rules above a lowered limit stay, and raising it makes room."""
    await limit(gg, rules_per_owner=2)
    rules = [await create(gg) for _ in range(2)]
    assert (await refused(create(gg))).metadata == {
        "what": "rules of the super administrators",
        "limit": "2",
        "current": "2",
        "asked": "1",
    }
    mine = asked()
    mine.owner.CopyFrom(member("zhang"))
    await create(gg, mine)  # every owner has a count of its own
    await limit(gg, rules_per_owner=1)
    assert (await refused(create(gg))).metadata["limit"] == "1"
    page = await gg.rules.ListRules(pb.ListRulesRequest(corp_id=CORP, owner=asked().owner))
    assert [rule.rule_id for rule in page.rules] == sorted(rule.rule_id for rule in rules)
    await limit(gg, rules_per_owner=3)
    await create(gg)
    await refused(create(gg))
    await limit(gg, rules_per_owner=0)
    await create(gg)


async def test_groups_that_rules_are_configured_for(gg: AsyncGroupGuard) -> None:
    """What is above a lowered limit stays and may shrink, not grow; the preview says the same."""
    await upsert(gg, CHATS)
    rule = (await create(gg)).rule_id
    await limit(gg, groups_per_rule=4)
    await configure(gg, BIND, rule, CHATS[:4])
    told = await refused(configure(gg, BIND, rule, CHATS[2:6]))
    assert told.metadata == {"what": "groups of a rule", "limit": "4", "current": "4", "asked": "2"}
    preview = await configure(gg, BIND, rule, CHATS[2:6], validate_only=True)
    assert list(preview.blast_radius.rule_ids_over_limit) == [rule]

    await limit(gg, groups_per_rule=2)
    await configure(gg, BIND, rule, CHATS[:4])  # changes nothing, so nothing grows
    assert (await refused(configure(gg, BIND, rule, CHATS[4:5]))).metadata["limit"] == "2"
    preview = await configure(gg, BIND, rule, CHATS[:4], validate_only=True)
    assert not preview.blast_radius.rule_ids_over_limit
    [result] = (await configure(gg, UNBIND, rule, CHATS[:1])).results
    assert (result.groups_before, result.groups_after) == (4, 3)
    assert (await refused(configure(gg, BIND, rule, CHATS[:1]))).metadata["current"] == "3"
    await configure(gg, UNBIND, rule, CHATS[:3])
    await configure(gg, BIND, rule, CHATS[:1])


async def test_rules_that_a_group_is_given(gg: AsyncGroupGuard) -> None:
    """A rule that is full stays where it is and comes nowhere else; the preview names it."""
    await upsert(gg, CHATS)
    full, free = sorted([(await create(gg)).rule_id, (await create(gg)).rule_id])
    await configure(gg, BIND, full, CHATS[:2])
    await limit(gg, groups_per_rule=2)
    told = await refused(set_rules(gg, CHATS[2], full, free))
    assert told.metadata == {"what": "groups of a rule", "limit": "2", "current": "2", "asked": "1"}
    preview = await set_rules(gg, CHATS[2], full, free, validate_only=True)
    assert list(preview.blast_radius.rule_ids_over_limit) == [full]
    assert list((await set_rules(gg, CHATS[0], full, free)).bound_rule_ids) == [free]
    await set_rules(gg, CHATS[0], free)
    assert not (await set_rules(gg, CHATS[2], full, validate_only=True)).blast_radius.rule_ids_over_limit
    assert list((await set_rules(gg, CHATS[2], full)).bound_rule_ids) == [full]


async def test_exempt_customers_of_a_list(gg: AsyncGroupGuard) -> None:
    """At the limit is allowed, one above is not; who is above a lowered one stays."""
    await limit(gg, exempt_customers_per_owner=3)
    await exempt(gg, "wm1", "wm2")
    told = await refused(exempt(gg, "wm2", "wm3", "wm4"))
    assert told.metadata == {
        "what": "exempt customers of member zhang",
        "limit": "3",
        "current": "2",
        "asked": "2",
    }
    assert (await exempt(gg, "wm2", "wm3")).added_count == 1
    await limit(gg, exempt_customers_per_owner=1)
    assert (await exempt(gg, "wm1", "wm2", "wm3")).added_count == 0
    assert (await refused(exempt(gg, "wm4"))).metadata["limit"] == "1"
    await limit(gg, exempt_customers_per_owner=4)
    assert (await exempt(gg, "wm4")).added_count == 1
