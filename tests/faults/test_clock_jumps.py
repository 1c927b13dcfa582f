"""Wall clocks of services and stores jump by hours, forward and back: no call fails, no verdict is wrong, nothing stays stuck or is lost."""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from groupguard.blacklist.v1.blacklist_service_pb2 import AddEntriesRequest
from groupguard.filter.v1.verdict_pb2 import (
    CHECK_FREQUENCY,
    DECISION_ALLOW,
    DECISION_KICK,
    DECISION_WARN,
    SKIP_REASON_TOO_LATE,
    Decision,
)
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK_AFTER_WARNINGS,
    ACTION_KIND_WARN,
    OWNER_KIND_SUPER_ADMIN,
    RULE_STATE_ENABLED,
    Action,
    Conditions,
    FrequencyCondition,
    Owner,
    Rule,
)
from groupguard.rule.v1.rule_service_pb2 import ListRulesRequest
from groupguard_client import Addresses, GroupGuard, failure, text_message
from service_kit.embedded import EmbeddedStore
from service_kit.suite import Suite
from support import issuer
from support.corp import CHAT, Corp
from support.faults.judging import Judging
from support.faults.proof import check_everything, report, wait_for_progress
from support.faults.shifted_clock import COMPILER, ShiftedClock, shifted_clock
from support.faults.suite import addresses, own_faults
from support.faults.writers import LISTS, Writing
from support.processes import wait_until
from support.services import running
from support.valkey import short_folder

pytestmark = pytest.mark.skipif(COMPILER is None, reason="a C compiler makes what shifts the clocks")

JUMPS = int(os.environ.get("GROUPGUARD_TEST_STORMS", "1"))
"""How often clocks go wrong and right again."""
SEED = int(os.environ.get("GROUPGUARD_TEST_SEED", "0")) or random.SystemRandom().randrange(1 << 30)
"""Of where they go; printed, and to be given to see the same again."""
_WHILE_SECONDS = 0.2
_HOURS = 3_600
_JUMP = 6 * _HOURS
_PATIENCE = 30.0


@dataclass(frozen=True)
class Shifted:
    """A suite, and the clocks of its parts."""

    suite: Suite
    services: ShiftedClock
    stores: ShiftedClock
    logs: Path


@pytest.fixture(scope="module")
def started() -> Iterator[Shifted]:
    with ExitStack() as stack:
        folders = [stack.enter_context(short_folder()) for _ in range(4)]
        services, stores = (stack.enter_context(shifted_clock(folder)) for folder in folders[:2])
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in stores.environment.items():
            patch.setenv(name, value)  # stores have this process's environment
        suite = Suite(EmbeddedStore(folders[2]), environment=services.environment, log_folder=folders[3])
        yield Shifted(stack.enter_context(suite), services, stores, folders[3])


@pytest.fixture
def shifted(started: Shifted) -> Iterator[Shifted]:
    """The suite, its clocks right before and after the test."""
    yield started
    started.services.set(0)
    started.stores.set(0)


@pytest.fixture
def gg(shifted: Shifted) -> Iterator[GroupGuard]:
    with GroupGuard(addresses(shifted.suite.services)) as client:
        yield client


@pytest.mark.parametrize("whose", ["services", "stores", "all"] if JUMPS > 1 else ["all"])
def test_jumps_under_load_cost_no_call(
    shifted: Shifted, gg: GroupGuard, whose: str, record_property: Callable[[str, object], None]
) -> None:
    """Everybody writes and checks while clocks go six hours ahead, right, six hours behind, and right again."""
    print(f"GROUPGUARD_TEST_SEED={SEED}")
    chance = random.Random(SEED)
    clocks = {
        "services": [shifted.services],
        "stores": [shifted.stores],
        "all": [shifted.services, shifted.stores],
    }
    writing, judging = Writing(gg, f"wwJumps-{whose}"), Judging(gg, f"wwJumpsJudged-{whose}", breath=0.004)
    writing.start()
    judging.start()
    try:
        for number in range(JUMPS):
            for shift in (0, _JUMP, 0, -_JUMP, 0) if number == 0 else (chance.randrange(-_JUMP, _JUMP), 0):
                for clock in clocks[whose]:
                    clock.set(shift)
                time.sleep(_WHILE_SECONDS)
                wait_for_progress(shifted.suite, writing)
        # A request_id is known for an hour of the store's: the newest ones must be of a time that it is in.
        for _ in range(3):
            wait_for_progress(shifted.suite, writing)
    finally:
        judging.stop()
        writing.stop()
    assert (writing.refused(), judging.failed) == ({}, [])
    assert judging.wrong() == []
    assert writing.checker.skipped == set()
    assert own_faults(shifted.logs) == []
    check_everything(gg, writing)
    report(writing, record_property, judged=len(judging.judged), incomplete=judging.incomplete())


def test_counters_follow_the_time_of_messages_and_never_stick(shifted: Shifted, gg: GroupGuard) -> None:
    """What was counted at a time counts there: six hours on it is past, six hours before it is yet to come.

    A sender has the full number of messages wherever the clock jumps to, and no more. What the services take for too late is
    not counted, and the verdict says so.
    """
    corp = Corp(gg)
    _limit_frequency(corp, most=2)

    def say(by: str) -> Decision.ValueType:
        return corp.say("大家好", by=by).decision

    assert [say("wmSteady") for _ in range(3)] == [DECISION_ALLOW, DECISION_ALLOW, DECISION_WARN]
    for shift, steady in (
        (_JUMP, DECISION_ALLOW),
        (0, DECISION_WARN),
        (-_JUMP, DECISION_ALLOW),
        (0, DECISION_WARN),
    ):
        shifted.services.set(shift)
        assert say("wmSteady") == steady
        newcomer = f"wm{uuid.uuid4().hex}"
        assert [say(newcomer) for _ in range(3)] == [DECISION_ALLOW, DECISION_ALLOW, DECISION_WARN]
        stamped = text_message(CHAT, newcomer, "大家好")
        stamped.send_time.GetCurrentTime()
        verdict = corp.judge(stamped)
        late = (CHECK_FREQUENCY, SKIP_REASON_TOO_LATE) in [
            (it.check, it.reason) for it in verdict.not_evaluated
        ]
        assert (verdict.decision, late) == ((DECISION_ALLOW, True) if shift > 0 else (DECISION_WARN, False))


def _limit_frequency(corp: Corp, most: int) -> None:
    """Warns for more messages than so many within an hour."""
    condition = FrequencyCondition(max_messages=most, window=Duration(seconds=_HOURS))
    rule = Rule(
        owner=Owner(kind=OWNER_KIND_SUPER_ADMIN),
        display_name="慢点",
        state=RULE_STATE_ENABLED,
        conditions=Conditions(frequency=condition),
        action=Action(kind=ACTION_KIND_WARN, warning_text="请慢点发言"),
    )
    corp.bind(corp.create(rule), CHAT)


def test_strikes_and_retries_outlive_jumps(shifted: Shifted, gg: GroupGuard) -> None:
    """A message that is sent again has its first verdict and counts once, whatever any clock says; strikes within a day add up."""
    corp = Corp(gg)
    corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=2)
    assert corp.say("刷单", message_id="m1").decision == DECISION_WARN
    for services, stores in (
        (_JUMP, 0),
        (_JUMP, _JUMP),
        (0, _JUMP),
        (0, 0),
        (-_JUMP, 0),
        (-_JUMP, -_JUMP),
        (0, 0),
    ):
        shifted.services.set(services)
        shifted.stores.set(stores)
        again = corp.say("刷单", message_id="m1")
        assert (again.decision, list(again.not_evaluated)) == (DECISION_WARN, [])
    assert [corp.say("刷单", message_id=id).decision for id in ("m2", "m3")] == [DECISION_WARN, DECISION_KICK]


def test_blacklist_entries_hold_again_when_the_clock_is_right_again(shifted: Shifted, gg: GroupGuard) -> None:
    """One that expires in an hour is void while the clock is six hours ahead, and not a moment longer."""
    corp = Corp(gg)
    corp.rule("刷单")
    request = AddEntriesRequest(corp_id=corp.id, list=LISTS["enterprise"], external_userids=["wmPest"])
    request.expire_time.FromSeconds(int(time.time()) + _HOURS)
    corp.lists_token = gg.blacklist.AddEntries(request).blacklist_revision

    def stopped() -> bool:
        return corp.say("大家好", by="wmPest").decision == DECISION_KICK

    for _ in range(3):  # its filter may be read in between: then answers are kept
        assert wait_until(stopped, _PATIENCE)
        shifted.services.set(_JUMP)
        assert wait_until(lambda: not stopped(), _PATIENCE)
        shifted.services.set(0)
        assert stopped()
        shifted.services.set(-_JUMP)
        assert stopped()
        shifted.services.set(0)


def test_nobody_is_locked_out_for_longer_than_the_clock_is_wrong(shifted: Shifted, tmp_path: Path) -> None:
    """A token is refused while the clock says that it has expired, and taken again at once; quotas don't look at the clock at all."""
    suite = shifted.suite
    settings = {
        "GROUPGUARD_DURABLE_URL": suite._urls().durable,
        "GROUPGUARD_JWKS_FILE": str(issuer.write_key_set(tmp_path / "keys.json")),
        "GROUPGUARD_JWT_ISSUER": issuer.NAME,
        "GROUPGUARD_CORP_REQUESTS_PER_SECOND": "2",
        "GROUPGUARD_CORP_BURST": "3",
        **shifted.services.environment,
    }
    token = issuer.sign(exp=int(time.time()) + _HOURS, roles={"*": ["viewer"]})

    def told(corp_id: str) -> str:
        try:
            known.rules.ListRules(ListRulesRequest(corp_id=corp_id))
        except grpc.RpcError as error:
            return failure(error).reason
        return ""

    with (
        running("rule_service", settings) as service,
        GroupGuard(Addresses(rule=service.target), token=token) as known,
    ):
        for number, (shift, reason) in enumerate(
            ((0, ""), (_JUMP, "UNAUTHENTICATED"), (0, ""), (-_JUMP, ""), (0, ""))
        ):
            shifted.services.set(shift)
            assert told(f"wwToken{number}") == reason
        for shift in (-_JUMP, 0):
            while told("wwQuota") != "QUOTA_EXCEEDED":
                pass
            shifted.services.set(shift)
            assert wait_until(lambda: told("wwQuota") == "", 5)
