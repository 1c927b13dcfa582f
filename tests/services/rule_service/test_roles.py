"""Who may do what: every method, every role, both ways, and never across corps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from hashlib import sha256
from typing import Any

import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.rule.v1 import group_registry_pb2 as registry_pb
from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.history_pb2 import ListRuleRevisionsRequest, RestoreRuleRequest
from groupguard_client import AsyncGroupGuard, failure
from rule_service.redis_store import RedisRuleStore
from service_kit import auth
from support.rules import CORP, asked, client_of, create, member, rule_service, strategy, upsert

ROLES = (
    "super_admin",
    "viewer",
    "registry",
    "checker",
    "migrator",
    "service",
    "member:zhang",
    "member:li",
    "strategy_admin:7",
    "strategy_admin:8",
)
OWNERS = {"admins": asked().owner, "zhang": member("zhang"), "seven": strategy("7")}

ALLOWED = {
    "CreateRule admins": {"super_admin"},
    "CreateRule zhang": {"super_admin", "member:zhang"},
    "CreateRule seven": {"super_admin", "strategy_admin:7"},
    "ValidateRule admins": {"super_admin", "viewer", "service"},
    "ValidateRule zhang": {"super_admin", "viewer", "service", "member:zhang"},
    "ValidateRule seven": {"super_admin", "viewer", "service", "strategy_admin:7"},
    "GetRule admins": {"super_admin", "viewer"},
    "GetRule zhang": {"super_admin", "viewer", "member:zhang"},
    "GetRule seven": {"super_admin", "viewer", "strategy_admin:7"},
    "ListRules admins": {"super_admin", "viewer"},
    "ListRules zhang": {"super_admin", "viewer", "member:zhang"},
    "ListRules seven": {"super_admin", "viewer", "strategy_admin:7"},
    "UpdateRule admins": {"super_admin"},
    "UpdateRule zhang": {"super_admin", "member:zhang"},
    "UpdateRule seven": {"super_admin", "strategy_admin:7"},
    "ConfigureGroups admins": {"super_admin"},
    "ConfigureGroups zhang": {"super_admin", "member:zhang"},
    "ConfigureGroups seven": {"super_admin", "strategy_admin:7"},
    "DeleteRule admins": {"super_admin"},
    "DeleteRule zhang": {"super_admin", "member:zhang"},
    "DeleteRule seven": {"super_admin", "strategy_admin:7"},
    "ListRuleRevisions admins": {"super_admin", "viewer"},
    "ListRuleRevisions zhang": {"super_admin", "viewer", "member:zhang"},
    "ListRuleRevisions seven": {"super_admin", "viewer", "strategy_admin:7"},
    "RestoreRule admins": {"super_admin"},
    "RestoreRule zhang": {"super_admin", "member:zhang"},
    "RestoreRule seven": {"super_admin", "strategy_admin:7"},
    "UpsertGroups": {"super_admin", "registry"},
    "DismissGroups": {"super_admin", "registry"},
    "ListGroups": {
        "super_admin",
        "viewer",
        "registry",
        "member:zhang",
        "member:li",
        "strategy_admin:7",
        "strategy_admin:8",
    },
    "ReportActivity": {"service"},
    "ListReleasedBindings": {
        "super_admin",
        "viewer",
        "member:zhang",
        "member:li",
        "strategy_admin:7",
        "strategy_admin:8",
    },
    "FetchRules": {"service"},
}
"""Roles that get through; all others of ROLES are refused."""


def tokens(*named: tuple[str, dict[str, list[str]]]) -> auth.Tokens:
    return auth.Tokens(
        (
            sha256(name.encode()).hexdigest(),
            auth.Caller(
                name, {corp: frozenset(map(auth.Role.parse, kinds)) for corp, kinds in roles.items()}
            ),
        )
        for name, roles in named
    )


@pytest.fixture
async def target(one_store: RedisRuleStore) -> AsyncIterator[str]:
    """A service whose tokens are the roles' names, each for its role in ww1; `root` is everything."""
    everything = ["super_admin", "registry", "service"]
    known = tokens(
        *((role, {CORP: [role]}) for role in ROLES),
        ("root", {"*": everything}),
        ("ringer", {"*": ["service"]}),
    )
    async with rule_service(one_store, known) as target:
        yield target


async def code_of(call: Awaitable[object]) -> str:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        told = failure(error)
        assert told.reason == told.code, "both names are the same for the codes looked at here"
        return told.code
    return "OK"


def calls(gg: AsyncGroupGuard, rule: rule_pb2.Rule, corp_id: str = CORP) -> dict[str, Any]:
    """Every unary method on one rule, and the two that need none."""
    id = rule.rule_id
    changed = rule_pb2.Rule(rule_id=id, display_name="new")
    bind = pb.ConfigureGroupsRequest.OPERATION_UNBIND
    group = Group(chat_id="a", owner_userid="li")
    return {
        "CreateRule": lambda: gg.rules.CreateRule(
            pb.CreateRuleRequest(corp_id=corp_id, rule=asked_of(rule.owner))
        ),
        "ValidateRule": lambda: gg.rules.ValidateRule(
            pb.ValidateRuleRequest(corp_id=corp_id, rule=asked_of(rule.owner))
        ),
        "GetRule": lambda: gg.rules.GetRule(pb.GetRuleRequest(corp_id=corp_id, rule_id=id)),
        "ListRules": lambda: gg.rules.ListRules(pb.ListRulesRequest(corp_id=corp_id, owner=rule.owner)),
        "UpdateRule": lambda: gg.rules.UpdateRule(pb.UpdateRuleRequest(corp_id=corp_id, rule=changed)),
        "ConfigureGroups": lambda: gg.rules.ConfigureGroups(
            pb.ConfigureGroupsRequest(corp_id=corp_id, operation=bind, rule_ids=[id], chat_ids=["a"])
        ),
        "DeleteRule": lambda: gg.rules.DeleteRule(pb.DeleteRuleRequest(corp_id=corp_id, rule_id=id)),
        "ListRuleRevisions": lambda: gg.rules.ListRuleRevisions(
            ListRuleRevisionsRequest(corp_id=corp_id, rule_id=id)
        ),
        "RestoreRule": lambda: gg.rules.RestoreRule(
            RestoreRuleRequest(corp_id=corp_id, rule_id=id, revision=rule.revision or 1)
        ),
        "UpsertGroups": lambda: gg.rules.UpsertGroups(
            pb.UpsertGroupsRequest(corp_id=corp_id, groups=[group])
        ),
        "DismissGroups": lambda: gg.rules.DismissGroups(
            registry_pb.DismissGroupsRequest(corp_id=corp_id, chat_ids=["a"])
        ),
        "ListGroups": lambda: gg.rules.ListGroups(registry_pb.ListGroupsRequest(corp_id=corp_id)),
        "ReportActivity": lambda: gg.rules.ReportActivity(
            registry_pb.ReportActivityRequest(
                corp_id=corp_id,
                activities=[registry_pb.GroupActivity(chat_id="a", active_time=Timestamp(seconds=1))],
            )
        ),
        "ListReleasedBindings": lambda: gg.rules.ListReleasedBindings(
            registry_pb.ListReleasedBindingsRequest(corp_id=corp_id)
        ),
        "FetchRules": lambda: gg.rules.FetchRules(pb.FetchRulesRequest(corp_id=corp_id)).read(),
    }


def asked_of(owner: rule_pb2.Owner) -> rule_pb2.Rule:
    rule = asked()
    rule.owner.CopyFrom(owner)
    return rule


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_gets_through_where_it_should_and_nowhere_else(target: str, role: str) -> None:
    async with client_of(target, "root") as root, client_of(target, role) as gg:
        await upsert(root, ["a"])
        got = {}
        for what in ALLOWED:
            method, _, owner = what.partition(" ")
            rule = await create(root, asked_of(OWNERS[owner or "admins"]))
            got[what] = await code_of(calls(gg, rule)[method]())
    assert got == {what: "OK" if role in roles else "PERMISSION_DENIED" for what, roles in ALLOWED.items()}


async def test_no_role_reaches_into_another_corp(target: str) -> None:
    async with client_of(target, "root") as root:
        await upsert(root, ["a"], corp_id="ww2")
        rule = await create(root, corp_id="ww2")
        for role in ROLES:
            async with client_of(target, role) as gg:
                for method, call in calls(gg, rule, "ww2").items():
                    assert await code_of(call()) == "PERMISSION_DENIED", (role, method)
        assert (await root.rules.GetRule(pb.GetRuleRequest(corp_id="ww2", rule_id=rule.rule_id))) == rule


@pytest.mark.parametrize("token", ["", "nobody", "Super_admin", "super_admin "])
async def test_without_a_known_token_nothing_works(target: str, token: str) -> None:
    async with client_of(target, token) as gg:
        for method, call in calls(gg, rule_pb2.Rule(rule_id="r", owner=asked().owner)).items():
            assert await code_of(call()) == "UNAUTHENTICATED", method
        assert await code_of(gg.rules.WatchRevisions(pb.WatchRevisionsRequest()).read()) == "UNAUTHENTICATED"


async def test_watching_every_corp_takes_a_service_of_every_corp(target: str) -> None:
    async with client_of(target, "service") as gg:
        assert (
            await code_of(gg.rules.WatchRevisions(pb.WatchRevisionsRequest()).read()) == "PERMISSION_DENIED"
        )
    async with client_of(target, "ringer") as gg:
        watching = gg.rules.WatchRevisions(pb.WatchRevisionsRequest())
        assert await watching.initial_metadata() is not None
        watching.cancel()


async def test_a_refusal_names_the_roles_that_would_do(target: str) -> None:
    async with client_of(target, "checker") as gg, client_of(target, "member:li") as li:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await gg.rules.UpsertGroups(pb.UpsertGroupsRequest(corp_id=CORP))
        assert failure(caught.value).metadata == {"method": "UpsertGroups", "any_of": "registry, super_admin"}
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await create(li, asked_of(member("zhang")))
        assert failure(caught.value).metadata["any_of"] == "super_admin, member:zhang"


async def test_a_list_of_all_owners_holds_what_the_caller_may_see(target: str) -> None:
    """Though most of the corp's rules are not his: no page, be it empty, may end the list too early."""
    async with client_of(target, "root") as root, client_of(target, "member:zhang") as zhang:
        theirs = [await create(root) for _ in range(5)]
        mine = [await create(root, asked_of(member("zhang")))]
        theirs += [await create(root, asked_of(member("li"))) for _ in range(5)]
        mine += [await create(root, asked_of(member("zhang"))) for _ in range(2)]
        for gg, wanted in ((zhang, mine), (root, mine + theirs)):
            for size in (1, 2, 3, 100):
                seen, token = [], ""
                while True:
                    page = await gg.rules.ListRules(
                        pb.ListRulesRequest(corp_id=CORP, page_size=size, page_token=token)
                    )
                    seen += [rule.rule_id for rule in page.rules]
                    assert len(page.rules) <= size
                    token = page.next_page_token
                    if not token:
                        break
                assert seen == sorted(rule.rule_id for rule in wanted)


async def test_what_was_bound_by_others_is_refused_as_a_whole(target: str) -> None:
    async with client_of(target, "root") as root, client_of(target, "member:zhang") as zhang:
        await upsert(root, ["a"])
        mine, theirs = await create(root, asked_of(member("zhang"))), await create(root)
        request = pb.ConfigureGroupsRequest(
            corp_id=CORP,
            operation=pb.ConfigureGroupsRequest.OPERATION_BIND,
            rule_ids=[mine.rule_id, theirs.rule_id],
            chat_ids=["a"],
        )
        assert await code_of(zhang.rules.ConfigureGroups(request)) == "PERMISSION_DENIED"
        now = await root.rules.GetRule(pb.GetRuleRequest(corp_id=CORP, rule_id=mine.rule_id))
        assert now.group_count == 0


async def test_a_list_of_the_own_rules_reads_no_others(
    target: str, one_store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several owners' rules come merged by rule_id, full pages of them, whatever else the corp has."""
    both = auth.Caller(
        "both", {CORP: frozenset({auth.Role("member", "zhang"), auth.Role("strategy_admin", "7")})}
    )
    known = auth.Tokens([(sha256(b"both").hexdigest(), both)])
    async with client_of(target, "root") as root:
        owners = [member("zhang"), strategy("7"), asked().owner, member("li"), strategy("8")]
        rules = [await create(root, asked_of(owners[number % 5])) for number in range(20)]
    mine = sorted(rule.rule_id for rule in rules if rule.owner in owners[:2])
    read: list[str] = []
    original = one_store.find_rules

    async def reading(corp_id: Any, rule_ids: Any) -> Any:
        read.extend(rule_ids)
        return await original(corp_id, rule_ids)

    monkeypatch.setattr(one_store, "find_rules", reading)
    async with rule_service(one_store, known) as guarded, client_of(guarded, "both") as gg:
        seen, token = [], ""
        while True:
            page = await gg.rules.ListRules(pb.ListRulesRequest(corp_id=CORP, page_size=3, page_token=token))
            seen.append([rule.rule_id for rule in page.rules])
            token = page.next_page_token
            if not token:
                break
    assert [len(ids) for ids in seen] == [3, 3, 2]
    assert [rule_id for ids in seen for rule_id in ids] == mine
    assert set(read) == set(mine)
