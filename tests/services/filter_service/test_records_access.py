"""Who may see which decisions and numbers, and for how long; through gRPC, over a real store."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

import grpc
import pytest

from filter_service.domain.decision_log import DecisionLog, Masking
from filter_service.domain.rule import State
from filter_service.domain.snapshot import CorpSettings, DeletedRule
from filter_service.records.redis_store import RedisRecordStore
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.filter.v1.hits_pb2 import HitFilter, ListHitsRequest, LoggedDecision, WatchHitsRequest
from groupguard.filter.v1.snapshot_pb2 import GetSnapshotRequest
from groupguard.filter.v1.statistics_pb2 import GetStatisticsRequest
from groupguard_client import AsyncGroupGuard, Failure, failure, text_message
from service_kit.redis_client import connect
from support.callers import tokens
from support.judging import CHAT, Peers, Serving, filter_client, serving, warning

CORP = "ww1"
CALLERS = tokens(
    {
        "crm": {CORP: ["checker"]},
        "boss": {CORP: ["super_admin"]},
        "auditor": {CORP: ["viewer"]},
        "zhang": {CORP: ["member:zhang"]},
        "li": {CORP: ["member:li", "strategy_admin:7"]},
        "nobody": {CORP: ["member:nobody"]},
        "elsewhere": {"ww2": ["super_admin"]},
    }
)
RULES = [
    warning("zhangs", "加微信", owner="member:zhang"),
    warning("sevens", "加微信", "刷单", owner="strategy_admin:7"),
    warning("everybodys", "刷单", state=State.SHADOW),
]


class Clock:
    """The real time and something."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def peers() -> Peers:
    log = DecisionLog(enabled=True, masking=Masking.FULL_TEXT, retention_seconds=3_600)
    return Peers(*RULES, CorpSettings(decision_log=log))


@pytest.fixture
async def served(peers: Peers, clock: Clock, ephemeral_url: str) -> AsyncIterator[Serving]:
    """Three messages were judged: one hit rules of two owners, one an owner's and one on trial, one nothing."""
    client = connect(ephemeral_url)
    async with serving(peers, RedisRecordStore(client), tokens=CALLERS, clock=clock) as served:
        async with filter_client(served.target, "crm") as gg:
            for number, text in enumerate(("加微信", "刷单", "大家好")):
                message = text_message(CHAT, "wm1", text, message_id=f"m{number}")
                await gg.filter.CheckMessage(CheckMessageRequest(corp_id=CORP, message=message))
        await served.recorder.close()
        yield served
    await client.aclose()


async def listed(gg: AsyncGroupGuard, **wanted: str) -> list[LoggedDecision]:
    request = ListHitsRequest(corp_id=CORP, oldest_first=True, filter=HitFilter(**wanted))  # type: ignore[arg-type]
    return list((await gg.filter.ListHits(request)).hits)


def rules_of(decision: LoggedDecision) -> list[str]:
    return [hit.rule_id for hit in (*decision.hits, *decision.shadow_hits)]


async def refused(call: Callable[[], object]) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call()  # type: ignore[misc]
    return failure(error.value)


@pytest.mark.parametrize("who", ["boss", "auditor"])
async def test_who_sees_the_whole_corp_sees_every_hit_and_number(served: Serving, who: str) -> None:
    async with filter_client(served.target, who) as gg:
        assert [sorted(rules_of(it)) for it in await listed(gg)] == [
            ["sevens", "zhangs"],
            ["everybodys", "sevens"],
        ]
        numbers = await gg.filter.GetStatistics(GetStatisticsRequest(corp_id=CORP))
        assert {it.rule_id for it in numbers.rules} == {"zhangs", "sevens", "everybodys"}
        assert sum(day.message_count for day in numbers.days) == 3
        assert [(it.chat_id, it.warned_count) for it in numbers.groups] == [(CHAT, 2)]


async def test_owners_see_what_their_own_rules_found(served: Serving) -> None:
    """Others' hits are left out of a decision, and decisions without any; no numbers of the whole corp."""
    async with filter_client(served.target, "zhang") as gg:
        [only] = await listed(gg)
        assert (rules_of(only), only.hit_count, only.shadow_hit_count) == (["zhangs"], 1, 0)
        numbers = await gg.filter.GetStatistics(GetStatisticsRequest(corp_id=CORP))
        assert [(it.rule_id, it.hit_count) for it in numbers.rules] == [("zhangs", 1)]
        assert not numbers.days
        assert not numbers.groups
    async with filter_client(served.target, "li") as gg:
        assert [rules_of(it) for it in await listed(gg)] == [["sevens"], ["sevens"]]
        watch = gg.filter.WatchHits(WatchHitsRequest(corp_id=CORP, after_cursor="0-0"))
        stream = aiter(watch)
        await anext(stream)
        assert [rules_of(it) for it in (await anext(stream)).hits] == [["sevens"], ["sevens"]]
        watch.cancel()
    async with filter_client(served.target, "nobody") as gg:
        assert await listed(gg) == []
        numbers = await gg.filter.GetStatistics(GetStatisticsRequest(corp_id=CORP))
        assert not numbers.ListFields()


async def test_others_rules_and_other_corps_are_refused(served: Serving) -> None:
    """Whether there is such a rule is not told either."""
    async with filter_client(served.target, "zhang") as gg:
        for rule_id in ("sevens", "no such rule"):
            wanted = HitFilter(rule_id=rule_id)
            for request in (
                lambda w=wanted: gg.filter.ListHits(ListHitsRequest(corp_id=CORP, filter=w)),
                lambda w=wanted: anext(aiter(gg.filter.WatchHits(WatchHitsRequest(corp_id=CORP, filter=w)))),
                lambda r=rule_id: gg.filter.GetStatistics(GetStatisticsRequest(corp_id=CORP, rule_id=r)),
            ):
                assert (await refused(request)).code == "PERMISSION_DENIED"
    for who in ("crm", "elsewhere"):
        async with filter_client(served.target, who) as gg:
            assert (await refused(lambda: listed(gg))).code == "PERMISSION_DENIED"
    async with filter_client(served.target, "zhang") as gg:
        told = await refused(lambda: gg.filter.GetSnapshot(GetSnapshotRequest(corp_id=CORP)))
        assert told.code == "PERMISSION_DENIED"


async def test_rules_that_are_gone_are_told_of_to_who_sees_the_whole_corp(
    served: Serving, peers: Peers
) -> None:
    """Whose they were is not known any more."""
    await served.corps.snapshot(CORP, peers.write(DeletedRule("zhangs")))
    async with filter_client(served.target, "boss") as gg:
        assert "zhangs" in rules_of((await listed(gg, rule_id="zhangs"))[0])
    async with filter_client(served.target, "zhang") as gg:
        assert await listed(gg) == []


async def test_what_is_kept_no_longer_is_not_shown(served: Serving, clock: Clock) -> None:
    """Though the store drops it only with the next entry; what comes later is."""
    async with filter_client(served.target, "boss") as gg:
        assert len(await listed(gg)) == 2
        clock.ahead = 3_600 - 60
        assert len(await listed(gg)) == 2
        clock.ahead = 3_600 + 60
        assert await listed(gg) == []


async def test_full_text_is_all_that_people_can_read(served: Serving) -> None:
    async with filter_client(served.target, "boss") as gg:
        assert [list(it.texts) for it in await listed(gg)] == [["加微信"], ["刷单"]]


async def test_days_are_bounded(served: Serving) -> None:
    async with filter_client(served.target, "boss") as gg:
        for days in (-1, 36):
            request = GetStatisticsRequest(corp_id=CORP, days=days)
            told = await refused(lambda: gg.filter.GetStatistics(request))  # noqa: B023
            assert told.violations == (("days", f"0 to 35 are allowed, not {days}"),)


async def test_a_snapshot_in_memory_is_described(served: Serving) -> None:
    """Revision, ages and sizes; asking for one that is not there loads nothing."""
    async with filter_client(served.target, "crm") as gg:
        told = await gg.filter.GetSnapshot(GetSnapshotRequest(corp_id=CORP))
        assert (told.loaded, told.rules_revision) == (True, "1-a")
        assert (told.rule_count, told.group_count, told.pattern_count) == (3, 1, 2)
        assert 4_000 < told.memory_bytes < 20_000
        assert 0 <= told.confirmed_age.ToMilliseconds() < 60_000
    async with filter_client(served.target, "elsewhere") as gg:
        for _ in range(2):
            assert not (await gg.filter.GetSnapshot(GetSnapshotRequest(corp_id="ww2"))).loaded
