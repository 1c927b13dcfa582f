"""What a corp may hold, through gRPC: the last one passes, the next is refused with the numbers; so do limits of its own."""

from __future__ import annotations

import pytest

from groupguard.rule.v1 import rule_service_pb2 as pb
from rule_service.domain import limits
from rule_service.domain.bindings import masks
from rule_service.redis_store.keys import RuleKeys
from service_kit.redis_client import connect
from support import rule_requests as ask
from support.limited_corp import LimitedCorp
from support.quota_rows import GROUPS_OF_A_RULE, QUOTAS, Quota
from support.rules import CORP

UNBIND = pb.ConfigureGroupsRequest.OPERATION_UNBIND


@pytest.mark.parametrize("row", QUOTAS, ids=lambda row: row.what)
async def test_a_corp_may_hold_as_many_as_the_limit_and_no_more(row: Quota, corp: LimitedCorp) -> None:
    """The error tells what is full, the limit, how many there are and how many were asked."""
    assert getattr(limits, row.constant) == row.most
    await row.fill(corp, row.most - 1)
    await corp.call(row.another(row.most - 1))
    row.assert_full(await corp.refusal(row.another(row.most)), row.most, 1)
    for request in row.apart:
        await corp.call(request)


@pytest.mark.parametrize("row", QUOTAS, ids=lambda row: row.what)
async def test_a_corp_may_have_a_lower_limit_of_its_own(row: Quota, corp: LimitedCorp) -> None:
    """It holds as groupguard's does; below what is there nothing goes and nothing comes, and 0 gives it up."""
    await corp.call(ask.own_limit(row.own, 4))
    await row.fill(corp, 3)
    await corp.call(row.another(3))
    row.assert_full(await corp.refusal(row.another(4)), 4, 1, limit=4)
    await corp.call(ask.own_limit(row.own, 2))
    row.assert_full(await corp.refusal(row.another(4)), 4, 1, limit=2)
    for request in row.apart:
        await corp.call(request)
    await corp.call(ask.own_limit(row.own, row.most))
    await corp.call(row.another(4))


async def test_a_rule_of_former_times_above_its_limit_is_edited_and_shrunk_but_not_grown(
    corp: LimitedCorp, valkey_url: str
) -> None:
    """What leaves it at or below what it has passes; what was given up is given up."""
    row = GROUPS_OF_A_RULE
    chat_ids = ask.chat_ids(20_007)
    await corp.put(1, len(chat_ids))
    await bind_past_the_limit(valkey_url, "rule0", 20_005)

    async def unbound(chosen: list[str]) -> int:
        [result] = (await corp.call(ask.bind(["rule0"], chosen, UNBIND))).results
        return int(result.groups_after)

    row.assert_full(await corp.refusal(ask.bind(["rule0"], chat_ids[-2:])), 20_005, 2)
    row.assert_full(await corp.refusal(ask.set_rules(chat_ids[-1], ["rule0"])), 20_005, 1)
    edited = (await corp.call(ask.rename("renamed"))).rule
    assert (edited.display_name, edited.group_count) == ("renamed", 20_005)
    again = await corp.call(ask.bind(["rule0"], chat_ids[:2000]))
    assert again.results[0].groups_after == 20_005

    assert await unbound(chat_ids[:2]) == 20_003
    row.assert_full(await corp.refusal(ask.bind(["rule0"], chat_ids[:1])), 20_003, 1)
    assert await unbound(chat_ids[2:6]) == 19_999
    await corp.call(ask.bind(["rule0"], chat_ids[:1]))
    row.assert_full(await corp.refusal(ask.bind(["rule0"], chat_ids[1:2])), 20_000, 1)


async def bind_past_the_limit(url: str, rule_id: str, count: int) -> None:
    """Binds a rule to the first groups in the store itself: no call does that."""
    keys, client = RuleKeys(CORP), connect(url)
    chunks = masks(range(count))
    for chunk, mask in chunks.items():
        await client.set(keys.bits(rule_id, chunk), mask)
    await client.hset(keys.bindings, rule_id, f"{count};{','.join(map(str, chunks))}")
    await client.aclose()
