"""Fetching from a RuleService that takes its time, or falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from filter_service.rule_source import GrpcRuleSource, SourceUnavailable
from groupguard.rule.v1.changes_pb2 import Change
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_service_pb2 import FetchRulesRequest, FetchRulesResponse
from groupguard.rule.v1.rule_service_pb2_grpc import (
    RuleServiceServicer,
    add_RuleServiceServicer_to_server,
)
from support.rules import SERVICE, client_of
from support.services import in_process

PARTS = 6
_SILENCE = 0.4


class Slow(RuleServiceServicer):
    """Sends a group at a time."""

    def __init__(self, pause: Callable[[int], float]) -> None:
        self._pause = pause

    async def FetchRules(self, request: FetchRulesRequest, context: Any) -> AsyncIterator[FetchRulesResponse]:
        for number in range(PARTS):
            await asyncio.sleep(self._pause(number))
            change = Change(group=Group(chat_id=f"wr{number}", owner_userid="zhang"))
            last = "7-a" if number == PARTS - 1 else ""
            yield FetchRulesResponse(
                kind=FetchRulesResponse.KIND_RESET, changes=[change], rules_revision=last
            )


async def fetched(pause: Callable[[int], float]) -> int:
    async with (
        in_process(
            SERVICE,
            lambda server: add_RuleServiceServicer_to_server(Slow(pause), server),  # type: ignore[abstract]
            {"FetchRules": frozenset({"service"})},
        ) as target,
        client_of(target) as gg,
    ):
        return len((await GrpcRuleSource(gg.rules).fetch("ww1", None, _SILENCE)).changes)


async def test_a_long_answer_is_waited_for_as_long_as_parts_of_it_come() -> None:
    """However long all of it takes: a large corp takes as long as the machine lets it."""
    assert await fetched(lambda _: _SILENCE / 4) == PARTS


async def test_a_silent_service_is_given_up() -> None:
    with pytest.raises(SourceUnavailable, match="silent"):
        await fetched(lambda number: 60 if number == 3 else 0)
