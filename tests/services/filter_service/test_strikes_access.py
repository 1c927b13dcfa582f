"""Who may see and clear whose strikes; through gRPC, over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest

from filter_service.domain.rule import Action, ActionKind, Rule, State
from groupguard.filter.v1.filter_service_pb2 import (
    CheckMessageRequest,
    ClearStrikesRequest,
    ListStrikesRequest,
)
from groupguard_client import failure, text_message
from service_kit.redis_client import connect
from support.callers import tokens
from support.judging import CHAT, Peers, Serving, filter_client, serving
from support.keywords import exactly

CORP = "ww1"
CALLERS = tokens(
    {
        "crm": {CORP: ["checker"]},
        "boss": {CORP: ["super_admin"]},
        "zhang": {CORP: ["member:zhang"]},
        "li": {CORP: ["member:li"]},
        "auditor": {CORP: ["viewer"]},
    }
)
PATIENT = Rule("r1", 1, State.ENABLED, exactly("刷单"), Action(ActionKind.KICK_AFTER_WARNINGS, 3, "别这样"))


@pytest.fixture
async def served(ephemeral_url: str) -> AsyncIterator[Serving]:
    """Checks by a rule that counts, in a group of zhang's."""
    client = connect(ephemeral_url)
    async with serving(Peers(PATIENT), tokens=CALLERS, ephemeral=client) as served:
        yield served
    await client.aclose()


async def listed(served: Serving, who: str, chat: str) -> int | str:
    """How many entries somebody gets, or why none."""
    async with filter_client(served.target, who) as gg:
        try:
            answer = await gg.filter.ListStrikes(ListStrikesRequest(corp_id=CORP, chat_id=chat))
        except grpc.aio.AioRpcError as error:
            return failure(error).code
    return len(answer.strikes)


async def cleared(served: Serving, who: str, chat: str) -> int | str:
    """How many strikes somebody clears, or why none."""
    async with filter_client(served.target, who) as gg:
        request = ClearStrikesRequest(corp_id=CORP, chat_id=chat, external_userid="wm1")
        try:
            return (await gg.filter.ClearStrikes(request)).cleared_count
        except grpc.aio.AioRpcError as error:
            return failure(error).code


async def test_members_see_and_clear_strikes_in_their_own_groups(served: Serving) -> None:
    """Admins everywhere, checkers to see only; others, and groups that are not there, are refused alike."""
    async with filter_client(served.target, "crm") as gg:
        for number in range(2):
            message = text_message(CHAT, "wm1", "刷单", message_id=f"m{number}")
            await gg.filter.CheckMessage(CheckMessageRequest(corp_id=CORP, message=message))
    no = "PERMISSION_DENIED"
    callers = ["boss", "crm", "zhang", "li", "auditor"]
    assert [await listed(served, who, CHAT) for who in callers] == [1, 1, 1, no, no]
    assert [await listed(served, who, "") for who in callers] == [1, 1, no, no, no]
    assert [await listed(served, who, "wrNowhere") for who in callers] == [0, 0, no, no, no]
    assert [await cleared(served, who, CHAT) for who in ("crm", "li", "auditor")] == [no, no, no]
    assert [await cleared(served, who, "") for who in ("zhang", "li")] == [no, no]
    assert await cleared(served, "zhang", CHAT) == 2
    assert await cleared(served, "boss", "") == 0
