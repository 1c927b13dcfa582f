"""Rules, groups and writes with everything in them that a test does not care about."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from groupguard.rule.v1 import group_pb2, rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1.rule_service_pb2_grpc import add_RuleServiceServicer_to_server
from groupguard_client import Addresses, AsyncGroupGuard
from rule_service.access import PERMISSIONS
from rule_service.domain.conditions import Conditions, Keyword, KeywordCondition
from rule_service.domain.group import Group
from rule_service.domain.history import Edit, EditKind
from rule_service.domain.rule import Action, ActionKind, Owner, OwnerKind, Rule, State
from rule_service.servicers import RuleServicer
from rule_service.store import RuleStore
from rule_service.watch import Watch
from service_kit import auth
from service_kit.ids import new_rule_id
from service_kit.writes import Write
from support.services import in_process

SERVICE = "groupguard.rule.v1.RuleService"
CORP = "ww1"
ADMINS = Owner(OwnerKind.SUPER_ADMIN)
NOW = 1_900_000_000.0
EDIT = Edit(EditKind.CREATED, "li", NOW, "because")
"""For writes whose history a test does not look at."""
BY = (NOW, "tests")
"""When and by whom a write to the registry is made that a test does not care about."""


def a_rule(*keywords: str, **changes: Any) -> Rule:
    """A valid rule that warns, with some fields changed."""
    words = KeywordCondition(tuple(map(Keyword, keywords or ("代购",))))
    rule = Rule(
        rule_id=new_rule_id(NOW),
        owner=ADMINS,
        display_name="no ads",
        state=State.ENABLED,
        conditions=Conditions(words),
        action=Action(ActionKind.WARN, warning_text="please don't"),
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(rule, **changes)


def a_write(corp_id: str = CORP, body: str = "body", request_id: str = "") -> Write:
    """A write of its own, or a repeated one."""
    return Write(corp_id, request_id or str(uuid.uuid4()), body)


def groups(count: int, first: int = 0, owner: str = "zhang", **fields: Any) -> list[Group]:
    """Groups wr<first>, wr<first + 1> and so on."""
    return [Group(f"wr{number}", owner, **fields) for number in range(first, first + count)]


async def register(store: RuleStore, count: int, corp_id: str = CORP, **fields: Any) -> list[str]:
    """Puts groups into the registry and returns their chat_ids."""
    registered = groups(count, **fields)
    for start in range(0, count, 1000):
        await store.upsert_groups(a_write(corp_id), registered[start : start + 1000], *BY)
    return [group.chat_id for group in registered]


def asked(*keywords: str, **fields: Any) -> rule_pb2.Rule:
    """A valid rule as a caller sends it, with some fields changed."""
    words = [rule_pb2.Keyword(text=text) for text in keywords or ("代购",)]
    rule = rule_pb2.Rule(
        owner=rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_SUPER_ADMIN),
        display_name="no ads",
        conditions=rule_pb2.Conditions(keywords=rule_pb2.KeywordCondition(keywords=words)),
        action=rule_pb2.Action(kind=rule_pb2.ACTION_KIND_WARN, warning_text="please don't"),
    )
    rule.MergeFrom(rule_pb2.Rule(**fields))
    return rule


def strategy(id: str) -> rule_pb2.Owner:
    """The owner of a management rule's rules."""
    return rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_STRATEGY, strategy_id=id)


def member(id: str) -> rule_pb2.Owner:
    """The owner of a member's rules."""
    return rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_MEMBER, userid=id)


async def create(
    client: AsyncGroupGuard, rule: rule_pb2.Rule | None = None, corp_id: str = CORP
) -> rule_pb2.Rule:
    """Creates a rule and returns it."""
    response = await client.rules.CreateRule(pb.CreateRuleRequest(corp_id=corp_id, rule=rule or asked()))
    return response.rule


async def upsert(
    client: AsyncGroupGuard, chat_ids: Iterable[str], owner: str = "zhang", corp_id: str = CORP
) -> None:
    """Puts groups into the registry."""
    wanted = [group_pb2.Group(chat_id=chat_id, owner_userid=owner) for chat_id in chat_ids]
    await client.rules.UpsertGroups(pb.UpsertGroupsRequest(corp_id=corp_id, groups=wanted))


@asynccontextmanager
async def rule_service(
    store: RuleStore,
    tokens: auth.Tokens | None = None,
    clock: Callable[[], float] = lambda: NOW,
    *,
    allow_migration: bool = False,
) -> AsyncIterator[str]:
    """Serves rules from a store, in this process, deaf to its notices; yields the target."""
    servicer = RuleServicer(store, Watch(store), clock, allow_migration=allow_migration)
    async with in_process(
        SERVICE,
        lambda server: add_RuleServiceServicer_to_server(servicer, server),
        PERMISSIONS,
        tokens=tokens,
    ) as target:
        yield target


@asynccontextmanager
async def client_of(target: str, token: str = "") -> AsyncIterator[AsyncGroupGuard]:
    """A client of a rule service only."""
    async with AsyncGroupGuard(Addresses(rule=target), token=token, timeout=20) as client:
        yield client
