"""A service that knows its callers' names and has a clock to turn, and edits of rules through it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import grpc.aio
import pytest

from groupguard.rule.v1 import history_pb2, rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.store import RuleStore
from service_kit import auth
from support.rules import CORP, NOW, asked, client_of, rule_service

CREATED = history_pb2.RuleRevision.KIND_CREATED
UPDATED = history_pb2.RuleRevision.KIND_UPDATED
DELETED = history_pb2.RuleRevision.KIND_DELETED
RESTORED = history_pb2.RuleRevision.KIND_RESTORED

CALLERS = {
    "crm": ["super_admin", "registry", "service"],
    "viewer": ["viewer"],
    "zhang": ["member:zhang"],
    "wang": ["member:wang"],
}
"""Roles by the name of the token, which is the token too."""


@dataclass
class Office:
    """Clients of one service, by their names."""

    clients: dict[str, AsyncGroupGuard]
    now: float = NOW

    def __getitem__(self, name: str) -> AsyncGroupGuard:
        return self.clients[name]

    async def create(self, *keywords: str, by: str = "crm", reason: str = "", **fields: Any) -> rule_pb2.Rule:
        """Creates a rule."""
        rule = asked(*keywords)
        if owner := fields.pop("owner", None):
            rule.owner.CopyFrom(owner)
        rule.MergeFrom(rule_pb2.Rule(**fields))
        request = pb.CreateRuleRequest(corp_id=CORP, rule=rule, reason=reason)
        return (await self[by].rules.CreateRule(request)).rule

    async def update(
        self, rule: rule_pb2.Rule, by: str = "crm", reason: str = "", **fields: Any
    ) -> rule_pb2.Rule:
        """Changes some fields of a rule."""
        changed = rule_pb2.Rule(rule_id=rule.rule_id, **fields)
        request = pb.UpdateRuleRequest(corp_id=CORP, rule=changed, reason=reason)
        return (await self[by].rules.UpdateRule(request)).rule

    async def delete(self, rule: rule_pb2.Rule, by: str = "crm", reason: str = "") -> str:
        """Deletes a rule."""
        request = pb.DeleteRuleRequest(corp_id=CORP, rule_id=rule.rule_id, reason=reason)
        return (await self[by].rules.DeleteRule(request)).rules_revision

    async def restore(
        self, rule: rule_pb2.Rule, revision: int, by: str = "crm", **fields: Any
    ) -> rule_pb2.Rule:
        """Brings a rule back."""
        request = history_pb2.RestoreRuleRequest(
            corp_id=CORP, rule_id=rule.rule_id, revision=revision, **fields
        )
        return (await self[by].rules.RestoreRule(request)).rule

    async def get(self, rule: rule_pb2.Rule) -> rule_pb2.Rule:
        """Reads a rule."""
        return await self["crm"].rules.GetRule(pb.GetRuleRequest(corp_id=CORP, rule_id=rule.rule_id))

    async def pages(
        self, rule: rule_pb2.Rule, size: int = 0, by: str = "crm"
    ) -> list[list[history_pb2.RuleRevision]]:
        """Reads a rule's history."""
        pages, token = [], ""
        while True:
            page = await self[by].rules.ListRuleRevisions(
                history_pb2.ListRuleRevisionsRequest(
                    corp_id=CORP, rule_id=rule.rule_id, page_size=size, page_token=token
                )
            )
            pages.append(list(page.revisions))
            token = page.next_page_token
            if not token:
                return pages

    async def history(self, rule: rule_pb2.Rule, by: str = "crm") -> list[history_pb2.RuleRevision]:
        """Reads a rule's history."""
        return [it for page in await self.pages(rule, by=by) for it in page]


@asynccontextmanager
async def office(store: RuleStore) -> AsyncIterator[Office]:
    """A service and a client for each of CALLERS."""
    known = auth.Tokens(
        (
            sha256(name.encode()).hexdigest(),
            auth.Caller(name, {CORP: frozenset(map(auth.Role.parse, roles))}),
        )
        for name, roles in CALLERS.items()
    )
    async with AsyncExitStack() as stack:
        clients: dict[str, AsyncGroupGuard] = {}
        opened = Office(clients)
        target = await stack.enter_async_context(rule_service(store, known, lambda: opened.now))
        for name in CALLERS:
            clients[name] = await stack.enter_async_context(client_of(target, name))
        yield opened


async def refusal(call: Awaitable[object]) -> Failure:
    """Returns how a call fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure(caught.value)


def content(rule: rule_pb2.Rule) -> rule_pb2.Rule:
    """What people write of a rule, without what the service says of it."""
    copy = rule_pb2.Rule()
    copy.CopyFrom(rule)
    for output in ("etag", "revision", "create_time", "update_time", "group_count"):
        copy.ClearField(output)
    return copy
