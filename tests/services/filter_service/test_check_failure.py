"""What happens when a check can't be made, as the corp wants it; through gRPC, with peers that fail on demand."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2

from filter_service.access import PERMISSIONS
from filter_service.activity import Activity
from filter_service.blacklists import BlacklistsUnavailable, Lookup
from filter_service.corps import Corps
from filter_service.counters import RedisSenderKeys, StrikesPage
from filter_service.domain.conditions import FrequencyCondition, RepeatCondition
from filter_service.domain.counting import Answer, Question, Tally
from filter_service.domain.exemptions import ExemptionChange
from filter_service.domain.rule import Action, ActionKind, Blacklist, Group, Rule, State
from filter_service.domain.snapshot import BindingChange, Change, CorpSettings, Operation
from filter_service.drafts import GrpcDrafts
from filter_service.forgetting import Forgetting
from filter_service.judge import Judge
from filter_service.records.recorder import Recorder
from filter_service.rule_source import Fetched
from filter_service.servicers import FilterServicer
from filter_service.streams import Streams
from groupguard.filter.v1 import verdict_pb2 as verdict_pb
from groupguard.filter.v1.filter_service_pb2 import (
    BatchCheckMessagesRequest,
    BatchCheckMessagesResponse,
    CheckMessageRequest,
)
from groupguard.filter.v1.filter_service_pb2_grpc import add_FilterServiceServicer_to_server
from groupguard.filter.v1.message_pb2 import SENDER_KIND_STAFF, Message
from groupguard_client import Addresses, AsyncGroupGuard, failure, text_message
from service_kit.revision import Revision
from support.records import Untouched
from support.services import in_process

CORP, CHAT = "ww1", "wr1"


def rule(rule_id: str, kind: ActionKind, word: str, *more: int | str | Blacklist) -> Rule:
    return Rule(rule_id, 1, State.ENABLED, (word,), Action(kind, *more))  # type: ignore[arg-type]


OFTEN = FrequencyCondition(3, 10_000)
SAME = RepeatCondition(3, 10_000)
RULES = [
    rule("counting", ActionKind.KICK_AFTER_WARNINGS, "刷单", 2, "别刷单"),
    rule("kicking", ActionKind.KICK, "传销", 0, "", Blacklist.ENTERPRISE),
    Rule("others", 1, State.ENABLED, (), Action(ActionKind.KICK), has_unknown_conditions=True),
]


class Peers:
    """RuleService, BlacklistService and the ephemeral store, in one."""

    def __init__(self) -> None:
        self.settings = CorpSettings(fail_unchecked=True)
        self.rules = list(RULES)
        self.unreachable: set[str] = set()
        self.counted: list[str] = []
        self.listed: list[str] = []

    async def report(self, corp_id: str, active: Mapping[str, float], seconds: float) -> None:
        raise AssertionError("nobody reports in this test")

    async def fetch(self, corp_id: str, since: Revision | None, seconds: float) -> Fetched:
        bound = BindingChange(Operation.SET, tuple(rule.rule_id for rule in self.rules), 0, b"\x80")
        changes: list[Change] = [*self.rules, Group(CHAT, "zhang", 0), bound, self.settings]
        changes.append(ExemptionChange("zhang", ("wmExempt",)))
        return Fetched(True, changes, Revision(1, "a"))

    async def notices(self) -> AsyncIterator[tuple[str, Revision] | None]:
        yield None

    async def look_up(
        self, corp_id: str, lookups: Iterable[Lookup], at_least: Revision | None = None
    ) -> Mapping[Lookup, Blacklist]:
        if "blacklist" in self.unreachable:
            raise BlacklistsUnavailable("UNAVAILABLE")
        return {}

    async def add(
        self,
        corp_id: str,
        blacklist: Blacklist,
        owner_userid: str,
        external_userid: str,
        rule_id: str,
        cause: str,
    ) -> Revision:
        if "adding" in self.unreachable:
            raise BlacklistsUnavailable("UNAVAILABLE")
        self.listed.append(external_userid)
        return Revision(len(self.listed), "a")

    async def count(
        self, corp_id: str, revision: Revision, now_ms: int, questions: Sequence[Question]
    ) -> list[Answer]:
        if "counters" in self.unreachable:
            return [None] * len(questions)
        self.counted += [question.id for question in questions]
        return [Tally()] * len(questions)

    async def list_page(self, *_: object) -> StrikesPage:
        raise AssertionError("nobody lists in this test")

    async def clear(self, *_: object) -> int:
        raise AssertionError("nobody clears in this test")


@pytest.fixture
def peers() -> Peers:
    return Peers()


@pytest.fixture
def judge(peers: Peers) -> Judge:
    recorder = Recorder(Untouched(), lambda: 0.0)
    return Judge(Corps(peers, lambda: 0.0), peers, peers, Activity(peers, lambda: 0.0), recorder, time.time)


@pytest.fixture
async def gg(peers: Peers, judge: Judge) -> AsyncIterator[AsyncGroupGuard]:
    servicer = FilterServicer(
        judge,
        Corps(peers, lambda: 0.0),
        peers,
        GrpcDrafts(None),  # type: ignore[arg-type]  # nothing is tried here
        Untouched(),
        Streams(),
        Forgetting(RedisSenderKeys(None), Untouched(), Recorder(Untouched(), lambda: 0.0)),  # type: ignore[arg-type]  # nor forgotten
    )
    async with (
        in_process(
            "groupguard.filter.v1.FilterService",
            lambda server: add_FilterServiceServicer_to_server(servicer, server),
            PERMISSIONS,
        ) as target,
        AsyncGroupGuard(Addresses(filter=target)) as client,
    ):
        yield client


def message(text: str, by: str = "wm1", chat: str = CHAT) -> Message:
    return text_message(chat, by, text, message_id=f"{by} {text}")


async def single(gg: AsyncGroupGuard, asked: Message) -> verdict_pb.Verdict:
    return (await gg.filter.CheckMessage(CheckMessageRequest(corp_id=CORP, message=asked))).verdict


async def batch(gg: AsyncGroupGuard, *asked: Message) -> Sequence[BatchCheckMessagesResponse.Result]:
    request = BatchCheckMessagesRequest(corp_id=CORP, messages=asked)
    return (await gg.filter.BatchCheckMessages(request)).results


async def failed_check(gg: AsyncGroupGuard, asked: Message) -> str:
    """Which check a single call fails for."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await single(gg, asked)
    told = failure(caught.value)
    assert (told.code, told.reason) == ("UNAVAILABLE", "CHECK_UNAVAILABLE")
    return told.metadata["check"]


def told(result: BatchCheckMessagesResponse.Result) -> str:
    """Which check a result of a batch failed for, or the verdict's reason."""
    if result.HasField("verdict"):
        return verdict_pb.Reason.Name(result.verdict.reason).removeprefix("REASON_")
    assert result.error.code == code_pb2.UNAVAILABLE
    info = error_details_pb2.ErrorInfo()
    assert result.error.details[0].Unpack(info)
    assert info.reason == "CHECK_UNAVAILABLE"
    return f"no {info.metadata['check']}"


def own(text: str) -> Message:
    made = message(text)
    made.sender.kind = SENDER_KIND_STAFF
    return made


async def test_no_verdict_without_a_look_at_the_blacklists(gg: AsyncGroupGuard, peers: Peers) -> None:
    """Every customer's message fails, exempt or not, in whatever group; own people's are allowed; nothing counts."""
    peers.unreachable = {"blacklist"}
    for asked in (message("你好"), message("刷单", "wmExempt"), message("你好", chat="wrUnknown")):
        assert await failed_check(gg, asked) == "BLACKLIST"
    assert (await single(gg, own("刷单"))).reason == verdict_pb.REASON_STAFF
    results = await batch(gg, message("刷单"), own("刷单"), message("传销"))
    assert [told(result) for result in results] == ["no BLACKLIST", "STAFF", "no BLACKLIST"]
    assert (peers.counted, peers.listed) == ([], [])


async def test_no_verdict_without_strikes_where_a_rule_counts_them(gg: AsyncGroupGuard, peers: Peers) -> None:
    """Other messages of the batch get theirs, with all that follows from it."""
    peers.unreachable = {"counters"}
    assert await failed_check(gg, message("刷单")) == "STRIKES"
    assert (await single(gg, message("你好"))).reason == verdict_pb.REASON_NO_HIT
    results = await batch(
        gg,
        message("刷单"),
        message("传销", "wm2"),
        message("刷单传销", "wm3"),
        message("刷单", "wmExempt"),
        message("你好"),
    )
    assert [told(it) for it in results] == ["no STRIKES", "RULE_HIT", "no STRIKES", "EXEMPT", "NO_HIT"]
    assert peers.listed == ["wm2"]


async def test_what_comes_after_the_verdict_does_not_take_it_back(gg: AsyncGroupGuard, peers: Peers) -> None:
    """Blacklisting that failed, and conditions that are not judged yet, are named beside the verdict."""
    peers.unreachable = {"adding"}
    verdict = await single(gg, message("传销"))
    assert verdict.decision == verdict_pb.DECISION_KICK
    assert [(it.check, it.reason) for it in verdict.not_evaluated] == [
        (verdict_pb.CHECK_CONDITIONS, verdict_pb.SKIP_REASON_UNSUPPORTED),
        (verdict_pb.CHECK_ADD_TO_BLACKLIST, verdict_pb.SKIP_REASON_UNAVAILABLE),
    ]


async def test_a_corp_that_wants_to_go_on_gets_verdicts(gg: AsyncGroupGuard, peers: Peers) -> None:
    """They name what is missing; CONTINUE is what a corp has that never decided."""
    peers.settings = CorpSettings()
    peers.unreachable = {"blacklist", "counters"}
    verdict = await single(gg, message("刷单"))
    assert verdict.decision == verdict_pb.DECISION_WARN
    assert {it.check for it in verdict.not_evaluated} == {
        verdict_pb.CHECK_BLACKLIST,
        verdict_pb.CHECK_STRIKES,
        verdict_pb.CHECK_RETRY,
        verdict_pb.CHECK_CONDITIONS,
    }
    [result] = await batch(gg, message("刷单", "wmExempt"))
    assert told(result) == "EXEMPT"
    assert [it.check for it in result.verdict.not_evaluated] == [verdict_pb.CHECK_BLACKLIST]


async def test_an_exempt_customer_is_neither_scanned_nor_counted(gg: AsyncGroupGuard, peers: Peers) -> None:
    """The same words by somebody else hit and count."""
    results = await batch(gg, message("刷单传销", "wmExempt"), message("刷单", "wm1"))
    assert [told(result) for result in results] == ["EXEMPT", "RULE_HIT"]
    exempt = results[0].verdict
    assert exempt.decision == verdict_pb.DECISION_ALLOW
    assert (exempt.hit_count, len(exempt.not_evaluated)) == (0, 0)
    assert exempt.effects == verdict_pb.Effects()
    assert (peers.counted, peers.listed) == (["wm1 刷单"], [])


@pytest.mark.parametrize(
    ("check", "condition"), [("FREQUENCY", {"frequency": OFTEN}), ("REPEAT", {"repeat": SAME})]
)
async def test_no_verdict_on_what_could_not_be_counted(
    gg: AsyncGroupGuard, peers: Peers, judge: Judge, check: str, condition: Any
) -> None:
    """An enforced rule that counts makes it an error where the corp wants it, else a check that is named and metered."""
    limit = Rule("limit", 1, State.ENABLED, (), Action(ActionKind.KICK), **condition)
    shadow = replace(limit, rule_id="shadow", state=State.SHADOW)
    peers.rules = [limit, shadow]
    peers.unreachable = {"counters"}
    assert await failed_check(gg, message("你好")) == check
    assert (await single(gg, own("你好"))).reason == verdict_pb.REASON_STAFF
    assert set(judge.unchecked) == {check}


async def test_what_only_a_shadow_rule_counts_makes_no_error(gg: AsyncGroupGuard, peers: Peers) -> None:
    """It is named all the same."""
    peers.rules = [Rule("shadow", 1, State.SHADOW, (), Action(ActionKind.KICK), frequency=OFTEN)]
    peers.unreachable = {"counters"}
    verdict = await single(gg, message("你好"))
    assert [(it.check, list(it.rule_ids)) for it in verdict.not_evaluated] == [
        (verdict_pb.CHECK_FREQUENCY, ["shadow"]),
        (verdict_pb.CHECK_RETRY, []),
    ]
