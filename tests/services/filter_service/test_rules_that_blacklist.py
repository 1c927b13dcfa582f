"""Rules that put senders on a blacklist, and checks that demand a blacklist revision: through FilterService, on a real store."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

import grpc
import pytest

from blacklist_service.domain.limits import Limits
from filter_service.access import PERMISSIONS
from filter_service.activity import Activity
from filter_service.corps import Corps
from filter_service.counters import RedisCounters, RedisSenderKeys, RedisStrikes
from filter_service.domain.rule import Action, ActionKind, Blacklist, Group, Rule, State
from filter_service.domain.snapshot import BindingChange, Change, Operation
from filter_service.drafts import GrpcDrafts
from filter_service.forgetting import Forgetting
from filter_service.judge import Judge
from filter_service.records.recorder import Recorder
from filter_service.rule_source import Fetched
from filter_service.servicers import FilterServicer
from filter_service.streams import Streams
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from groupguard.filter.v1 import verdict_pb2 as verdict_pb
from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest, CheckMessageRequest
from groupguard.filter.v1.filter_service_pb2_grpc import add_FilterServiceServicer_to_server
from groupguard_client import Addresses, AsyncGroupGuard, failure, text_message
from service_kit.redis_client import connect
from service_kit.revision import Revision
from support.blacklists import Replica, replica, served_blacklists
from support.keywords import exactly
from support.records import Untouched
from support.services import in_process

CORP, CHAT = "ww1", "wr1"
ENTERPRISE = pb.List(kind=BLACKLIST_KIND_ENTERPRISE)
PERSONAL = pb.List(kind=BLACKLIST_KIND_PERSONAL, owner_userid="zhang")
RULES = [
    Rule("wide", 1, State.ENABLED, exactly("传销"), Action(ActionKind.KICK, 0, "", Blacklist.ENTERPRISE)),
    Rule("own", 1, State.ENABLED, exactly("刷单"), Action(ActionKind.KICK, 0, "", Blacklist.PERSONAL)),
]


class Rules:
    """RuleService, as far as FilterService asks it."""

    async def report(self, corp_id: str, active: Mapping[str, float], seconds: float) -> None:
        raise AssertionError("nobody reports in this test")

    async def fetch(self, corp_id: str, since: Revision | None, seconds: float) -> Fetched:
        bound = BindingChange(Operation.SET, tuple(rule.rule_id for rule in RULES), 0, b"\x80")
        changes: list[Change] = [*RULES, Group(CHAT, "zhang", 0), bound]
        return Fetched(True, changes, Revision(1, "a"))

    async def notices(self) -> AsyncIterator[tuple[str, Revision] | None]:
        yield None


@dataclass
class World:
    """One BlacklistService, two FilterServices."""

    lists: AsyncGroupGuard
    filters: list[AsyncGroupGuard]
    replicas: list[Replica]

    async def check(
        self, text: str, by: str, *, at: int = 0, id: str = "", token: str = ""
    ) -> verdict_pb.Verdict:
        request = CheckMessageRequest(
            corp_id=CORP, message=text_message(CHAT, by, text, message_id=id), min_blacklist_revision=token
        )
        return (await self.filters[at].filter.CheckMessage(request)).verdict

    async def entries(self, blacklist: pb.List) -> list[pb.Entry]:
        page = await self.lists.blacklist.ListEntries(pb.ListEntriesRequest(corp_id=CORP, list=blacklist))
        return list(page.entries)


@pytest.fixture
async def world(valkey_url: str, ephemeral_url: str) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        lists = await stack.enter_async_context(
            served_blacklists(valkey_url, Limits(enterprise=2, personal=2))
        )
        replicas, filters = [], []
        for _ in range(2):
            each = await stack.enter_async_context(replica(valkey_url, lists))
            ephemeral = connect(ephemeral_url)
            stack.push_async_callback(ephemeral.aclose)
            corps, records = Corps(Rules(), lambda: 0.0), Untouched()
            activity, recorder = Activity(Rules(), lambda: 0.0), Recorder(records, time.time)
            judge = Judge(corps, each.lists, RedisCounters(ephemeral), activity, recorder, time.time)
            drafts = GrpcDrafts(None)  # type: ignore[arg-type]  # nothing is tried here
            forgetting = Forgetting(RedisSenderKeys(ephemeral), records, recorder)
            servicer = FilterServicer(
                judge, corps, RedisStrikes(ephemeral), drafts, records, Streams(), forgetting
            )
            target = await stack.enter_async_context(_served(servicer))
            filters.append(await stack.enter_async_context(AsyncGroupGuard(Addresses(filter=target))))
            replicas.append(each)
            await each.heard()
            await each.ready(CORP)
        yield World(lists, filters, replicas)


def _served(servicer: FilterServicer):  # type: ignore[no-untyped-def]  # an async context manager
    return in_process(
        "groupguard.filter.v1.FilterService",
        lambda server: add_FilterServiceServicer_to_server(servicer, server),
        PERMISSIONS,
    )


@pytest.mark.parametrize(
    ("text", "rule_id", "blacklist"), [("传销", "wide", ENTERPRISE), ("刷单", "own", PERSONAL)]
)
async def test_a_rule_lists_the_sender_once_a_message(
    world: World, text: str, rule_id: str, blacklist: pb.List
) -> None:
    """With the rule as source; who takes the customer off again is not overruled by a retry, only by a new message."""
    assert (await world.check(text, "wm1", id="m1")).effects.kick
    [entry] = await world.entries(blacklist)
    assert (entry.external_userid, entry.source.kind, entry.source.id) == (
        "wm1",
        pb.SOURCE_KIND_RULE,
        rule_id,
    )
    verdict = await world.check("大家好", "wm1")
    assert verdict.decision == verdict_pb.DECISION_KICK
    await world.lists.blacklist.RemoveEntries(
        pb.RemoveEntriesRequest(corp_id=CORP, list=blacklist, external_userids=["wm1"])
    )
    token = (
        await world.lists.blacklist.GetBlacklist(pb.GetBlacklistRequest(corp_id=CORP, list=blacklist))
    ).blacklist_revision
    assert (await world.check(text, "wm1", id="m1", at=1, token=token)).reason == verdict_pb.REASON_RULE_HIT
    assert await world.entries(blacklist) == []
    await world.check(text, "wm1", id="m2", at=1)
    assert len(await world.entries(blacklist)) == 1


async def test_a_full_list_is_told_and_counted_and_holds_up_no_kick(world: World) -> None:
    """The verdict names it; the sender is kicked all the same."""
    add = pb.AddEntriesRequest(corp_id=CORP, list=ENTERPRISE, external_userids=["a", "b"])
    await world.lists.blacklist.AddEntries(add)
    for number in range(2):
        verdict = await world.check("传销", f"wm{number}", id=f"m{number}")
        assert (verdict.decision, verdict.effects.kick) == (verdict_pb.DECISION_KICK, True)
        [skipped] = verdict.not_evaluated
        assert (skipped.check, skipped.reason) == (
            verdict_pb.CHECK_ADD_TO_BLACKLIST,
            verdict_pb.SKIP_REASON_LIST_FULL,
        )
    assert world.replicas[0].exact.refused == 2
    assert {it.external_userid for it in await world.entries(ENTERPRISE)} == {"a", "b"}


async def test_a_listed_customer_is_stopped_on_the_very_next_message_everywhere(world: World) -> None:
    """On every replica, with the token that the write returned; and let in again as fast."""
    for number in range(10):
        id = f"wm{number}"
        added = await world.lists.blacklist.AddEntries(
            pb.AddEntriesRequest(corp_id=CORP, list=PERSONAL, external_userids=[id])
        )
        for at in (0, 1):
            verdict = await world.check("大家好", id, at=at, token=added.blacklist_revision)
            assert verdict.reason == verdict_pb.REASON_PERSONAL_BLACKLIST
        removed = await world.lists.blacklist.RemoveEntries(
            pb.RemoveEntriesRequest(corp_id=CORP, list=PERSONAL, external_userids=[id])
        )
        for at in (0, 1):
            verdict = await world.check("大家好", id, at=at, token=removed.blacklist_revision)
            assert verdict.decision == verdict_pb.DECISION_ALLOW


@pytest.mark.parametrize(("token", "code"), [("9-ab", "FAILED_PRECONDITION"), ("soon", "INVALID_ARGUMENT")])
async def test_a_revision_that_nobody_knows_is_refused(world: World, token: str, code: str) -> None:
    """Of one message as of a batch, at once."""
    message = text_message(CHAT, "wm1", "大家好")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.check("大家好", "wm1", token=token)
    assert failure(refused.value).code == code
    request = BatchCheckMessagesRequest(corp_id=CORP, messages=[message], min_blacklist_revision=token)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.filters[0].filter.BatchCheckMessages(request)
    failed = failure(refused.value)
    assert failed.code == code
    if code == "FAILED_PRECONDITION":
        assert (failed.reason, failed.metadata["asked"]) == ("REVISION_UNKNOWN", token)
    else:
        assert [field for field, _ in failed.violations] == ["min_blacklist_revision"]
