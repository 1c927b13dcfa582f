"""A corp that tests walk up to its limits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import grpc.aio
import pytest
from google.protobuf.message import Message

from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.domain.rule import Owner
from rule_service.redis_store import RedisRuleStore
from support import rule_requests as ask
from support.rules import ADMINS, CORP, EDIT, a_rule, a_write, register


@dataclass
class LimitedCorp:
    """The corp, by its service and by its store."""

    gg: AsyncGroupGuard
    store: RedisRuleStore

    async def call(self, request: Message) -> Any:
        """Sends a request to the method that takes it."""
        method = getattr(self.gg.rules, type(request).__name__.removesuffix("Request"))
        return await method(request, timeout=30)

    async def refusal(self, request: Message) -> Failure:
        """Sends a request that must fail and change nothing; returns why it failed."""
        before = await self.store.revision(CORP)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call(request)
        assert await self.store.revision(CORP) == before
        return failure(caught.value)

    async def put(self, rules: int, groups: int, owner: Owner = ADMINS) -> None:
        """Puts rules and groups into the corp, past gRPC for the sake of time; see `support.rule_requests`."""
        made = [a_rule(rule_id=rule_id, owner=owner) for rule_id in ask.rule_ids(rules)]
        for start in range(0, rules, 100):
            part = made[start : start + 100]
            await asyncio.gather(*(self.store.create_rules(a_write(), [rule], EDIT) for rule in part))
        await register(self.store, groups)
