"""RenderGroupNotice: whose rules count, and who may ask."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc.aio
import pytest

from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.templates_pb2 import RenderGroupNoticeRequest
from groupguard_client import AsyncGroupGuard, failure
from rule_service.redis_store import RedisRuleStore
from support.callers import tokens
from support.rules import CORP, asked, client_of, create, member, rule_service

ENABLED = rule_pb2.RULE_STATE_ENABLED
ALLOWED = ("super_admin", "viewer", "member:zhang", "strategy_admin:7")
REFUSED = ("member:li", "strategy_admin:8", "registry", "checker", "migrator", "service")


@pytest.fixture
async def target(one_store: RedisRuleStore) -> AsyncIterator[str]:
    """A service that knows each role by its name, and `root`."""
    roles = {role: {CORP: [role]} for role in (*ALLOWED, *REFUSED)}
    known = tokens({**roles, "root": {CORP: ["super_admin", "registry"]}})
    async with rule_service(one_store, known) as target, client_of(target, "root") as root:
        group = Group(chat_id="wr1", owner_userid="zhang", strategy_ids=["7"])
        await root.rules.UpsertGroups(pb.UpsertGroupsRequest(corp_id=CORP, groups=[group]))
        yield target


async def bound(root: AsyncGroupGuard, rule: rule_pb2.Rule) -> rule_pb2.Rule:
    made = await create(root, rule)
    bind = pb.ConfigureGroupsRequest.OPERATION_BIND
    await root.rules.ConfigureGroups(
        pb.ConfigureGroupsRequest(corp_id=CORP, operation=bind, rule_ids=[made.rule_id], chat_ids=["wr1"])
    )
    return made


async def notice(gg: AsyncGroupGuard, chat_id: str = "wr1") -> str:
    asking = RenderGroupNoticeRequest(corp_id=CORP, chat_id=chat_id)
    return (await gg.rules.RenderGroupNotice(asking)).notice


async def code_of(gg: AsyncGroupGuard, chat_id: str) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await notice(gg, chat_id)
    return failure(caught.value).code


@pytest.mark.parametrize("role", ALLOWED)
async def test_who_may_see_the_group_gets_all_of_its_rules(target: str, role: str) -> None:
    """Also what others' rules ask for; rules that are not enabled or not bound say nothing."""
    async with client_of(target, "root") as root, client_of(target, role) as gg:
        assert await notice(gg) == ""
        long = asked(state=ENABLED, owner=member("zhang"))
        long.conditions.Clear()
        long.conditions.length.max_characters = 800
        await bound(root, long)
        await bound(root, asked("秘密词", state=ENABLED))
        files = asked("文件")
        await bound(root, files)
        await create(root, asked("请", state=ENABLED))
        text = await notice(gg)
        assert "800 个字" in text
        assert "广告、辱骂等违规词语" in text
        assert "秘密" not in text
        assert await code_of(gg, "") == "INVALID_ARGUMENT"


@pytest.mark.parametrize("role", REFUSED)
async def test_others_are_refused(target: str, role: str) -> None:
    """Whether the group exists or not: that is nothing they should learn."""
    async with client_of(target, role) as gg:
        assert await code_of(gg, "wr1") == "PERMISSION_DENIED"
        assert await code_of(gg, "wr2") == "PERMISSION_DENIED"


async def test_an_unknown_group_is_not_found_only_for_those_who_see_all(target: str) -> None:
    """Its owner-to-be can't be told from anybody else."""
    for role, code in (
        ("viewer", "NOT_FOUND"),
        ("super_admin", "NOT_FOUND"),
        ("member:zhang", "PERMISSION_DENIED"),
    ):
        async with client_of(target, role) as gg:
            assert await code_of(gg, "wr2") == code
