"""One part is down: the others say what they can't do, do the rest, and recover by themselves (pitfall 31)."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from groupguard.blacklist.v1.blacklist_service_pb2 import AddEntriesRequest, CheckCustomersRequest
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.filter.v1.verdict_pb2 import (
    CHECK_BLACKLIST,
    CHECK_RETRY,
    CHECK_STRIKES,
    DECISION_KICK,
    DECISION_WARN,
    REASON_ENTERPRISE_BLACKLIST,
    SKIP_REASON_UNAVAILABLE,
    Verdict,
)
from groupguard.rule.v1.rule_pb2 import Keyword, Rule
from groupguard.rule.v1.rule_service_pb2 import GetRuleRequest, ListRulesRequest, UpdateRuleRequest
from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceStub
from groupguard_client import Failure, GroupGuard, failure
from service_kit.service_process import ServiceProcess
from service_kit.suite import Suite
from support.faults.requests import bound_rule, check
from support.faults.suite import addresses, make_whole, pids, store_of
from support.faults.writers import LISTS
from support.processes import wait_until
from support.services import launched
from support.valkey import LOOPBACK, free_ports

CHAT = "wrOutage"
_BOUNDED = 8.0
"""Seconds within which an answer that needs no waiting has come, on a busy machine too."""
_PATIENCE = 20.0
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def _refused(call: Any, request: object, timeout: float = 15.0) -> Failure:
    """Makes a call that has to fail, and soon."""
    begun = time.monotonic()
    with pytest.raises(grpc.RpcError) as error:
        call(request, timeout=timeout)
    assert time.monotonic() - begun < _BOUNDED
    return failure(error.value)


def _health(service: ServiceProcess, name: str) -> int:
    with grpc.insecure_channel(f"{LOOPBACK}:{service.health_port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its types lack the methods
        status: int = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5).status
        return status


def _verdict(gg: GroupGuard, corp_id: str, text: str, customer: str = "wmVisitor") -> Verdict:
    return gg.filter.CheckMessage(check(corp_id, CHAT, text, customer), timeout=15).verdict


def _skipped(verdict: Verdict) -> list[tuple[int, int]]:
    return [(it.check, it.reason) for it in verdict.not_evaluated]


def _change_keyword(gg: GroupGuard, corp_id: str, rule: Rule, keyword: str) -> str:
    """Gives a rule another keyword; returns the token of the write."""
    changed = Rule(rule_id=rule.rule_id)
    changed.conditions.keywords.keywords.append(Keyword(text=keyword))
    return gg.rules.UpdateRule(UpdateRuleRequest(corp_id=corp_id, rule=changed)).rules_revision


def _kill(suite: Suite, name: str) -> None:
    """Kills one process of the suite and waits until its owner knows."""
    os.kill(pids(suite)[name], signal.SIGKILL)
    gone = (
        (lambda: not suite.services[name].is_running())
        if name in suite.services
        else (lambda: name in store_of(suite).poll())
    )
    assert wait_until(gone, _PATIENCE)


@contextmanager
def _paused(suite: Suite, name: str) -> Iterator[None]:
    """A process that neither works nor ends: connections to it stand, and nobody answers."""
    pid = pids(suite)[name]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_durable_store_down_is_told_and_survived(
    suite: Suite, gg: GroupGuard, impatient: GroupGuard, suite_folder: Path
) -> None:
    """RuleService and BlacklistService answer UNAVAILABLE at once, name no path, stay alive, and serve again."""
    corp_id = "wwNoStore"
    rule = bound_rule(gg, corp_id, CHAT, "刷单")
    assert _verdict(gg, corp_id, "刷单").decision == DECISION_WARN
    before = {name: suite.services[name].pid for name in suite.services}
    _kill(suite, "durable")
    calls = [
        (impatient.rules.ListRules, ListRulesRequest(corp_id=corp_id)),
        (impatient.rules.GetRule, GetRuleRequest(corp_id=corp_id, rule_id=rule.rule_id)),
        (
            impatient.rules.UpdateRule,
            UpdateRuleRequest(corp_id=corp_id, rule=Rule(rule_id=rule.rule_id, display_name="n")),
        ),
        (
            impatient.blacklist.CheckCustomers,
            CheckCustomersRequest(
                corp_id=corp_id, queries=[CheckCustomersRequest.Query(external_userid="wm1")]
            ),
        ),
        (
            impatient.blacklist.AddEntries,
            AddEntriesRequest(corp_id=corp_id, list=LISTS["enterprise"], external_userids=["wm1"]),
        ),
    ]
    for call, request in calls:
        told = _refused(call, request)
        assert (told.code, told.reason) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
        words = f"{told.message} {told.metadata} {told.violations}"
        assert not [secret for secret in (str(suite_folder), "s.sock", "unix", "Errno") if secret in words]
    # For a moment the replica's copy of the lists is new enough to go by.
    unseen = [(CHECK_BLACKLIST, SKIP_REASON_UNAVAILABLE)]
    assert wait_until(lambda: _skipped(_verdict(gg, corp_id, "刷单")) == unseen, _PATIENCE)
    assert _verdict(gg, corp_id, "刷单").decision == DECISION_WARN
    for name, full in (
        ("rule", "groupguard.rule.v1.RuleService"),
        ("blacklist", "groupguard.blacklist.v1.BlacklistService"),
    ):
        service = suite.services[name]
        assert wait_until(lambda s=service, f=full: _health(s, f) == NOT_SERVING, _PATIENCE)  # type: ignore[misc]
        assert _health(service, "") == NOT_SERVING
        assert _health(service, "process") == SERVING

    store_of(suite).ensure_running()
    store_of(suite).wait_ready()
    for call, request in calls:
        call(request, timeout=15)  # type: ignore[operator]
    for service in suite.services.values():
        assert wait_until(lambda s=service: _health(s, "") == SERVING, _PATIENCE)  # type: ignore[misc]
    assert {name: suite.services[name].pid for name in suite.services} == before
    _change_keyword(gg, corp_id, rule, "返利")
    assert wait_until(lambda: _verdict(gg, corp_id, "返利").decision == DECISION_WARN, _PATIENCE)


def test_durable_store_that_hangs_is_told(suite: Suite, gg: GroupGuard) -> None:
    """A store that accepts and never answers: UNAVAILABLE in bounded time, health NOT_SERVING, then all is well."""
    corp_id = "wwHangingStore"
    rule = bound_rule(gg, corp_id, CHAT, "刷单")
    request = GetRuleRequest(corp_id=corp_id, rule_id=rule.rule_id)
    service = suite.services["rule"]
    with grpc.insecure_channel(f"{LOOPBACK}:{service.port}", [("grpc.enable_retries", 0)]) as channel:
        with _paused(suite, "durable"):
            told = _refused(RuleServiceStub(channel).GetRule, request)
            assert (told.code, told.reason) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
            assert wait_until(lambda: _health(service, "") == NOT_SERVING, _PATIENCE)
            assert _health(service, "process") == SERVING
        assert gg.rules.GetRule(request, timeout=15).rule_id == rule.rule_id
    assert wait_until(lambda: _health(service, "") == SERVING, _PATIENCE)


@pytest.mark.parametrize("hangs", [False, True], ids=["killed", "hangs"])
def test_blacklist_service_down_leaves_verdicts(suite: Suite, gg: GroupGuard, hangs: bool) -> None:
    """Verdicts still come and name the check they lack; once it is back, a listed customer is stopped again."""
    corp_id = f"wwNoLists{hangs}"
    bound_rule(gg, corp_id, CHAT, "刷单")
    add = AddEntriesRequest(corp_id=corp_id, list=LISTS["enterprise"], external_userids=["wmPest"])
    gg.blacklist.AddEntries(add)

    def stopped() -> bool:
        return _verdict(gg, corp_id, "你好", "wmPest").reason == REASON_ENTERPRISE_BLACKLIST

    def told() -> None:
        begun = time.monotonic()
        verdict = _verdict(gg, corp_id, "刷单", "wmPest")
        assert time.monotonic() - begun < _BOUNDED
        assert (verdict.decision, _skipped(verdict)) == (
            DECISION_WARN,
            [(CHECK_BLACKLIST, SKIP_REASON_UNAVAILABLE)],
        )

    assert stopped()
    if hangs:
        with _paused(suite, "blacklist"):
            told()
    else:
        _kill(suite, "blacklist")
        told()
        make_whole(suite)
    assert wait_until(stopped, _PATIENCE)


@pytest.mark.parametrize("hangs", [False, True], ids=["killed", "hangs"])
def test_ephemeral_store_down_warns_instead_of_counting(suite: Suite, gg: GroupGuard, hangs: bool) -> None:
    """A rule that kicks after warnings only warns and says why; once the store is back it counts and kicks."""
    corp_id = f"wwNoCounters{hangs}"
    bound_rule(gg, corp_id, CHAT, "刷单", strikes=True)
    assert _skipped(_verdict(gg, corp_id, "刷单", "wmFirst")) == []

    def told() -> None:
        begun = time.monotonic()
        verdict = _verdict(gg, corp_id, "刷单")
        assert time.monotonic() - begun < _BOUNDED
        assert (verdict.decision, _skipped(verdict)) == (
            DECISION_WARN,
            [(CHECK_STRIKES, SKIP_REASON_UNAVAILABLE), (CHECK_RETRY, SKIP_REASON_UNAVAILABLE)],
        )

    if hangs:
        with _paused(suite, "ephemeral"):
            told()
    else:
        _kill(suite, "ephemeral")
        for _ in range(5):  # one more than would be forgiven
            told()
        assert _health(suite.services["filter"], "process") == SERVING
        make_whole(suite)
    assert wait_until(lambda: _skipped(_verdict(gg, corp_id, "刷单", "wmSecond")) == [], _PATIENCE)
    decisions = [_verdict(gg, corp_id, "刷单", "wmThird").decision for _ in range(4)]
    assert decisions == [DECISION_WARN, DECISION_WARN, DECISION_WARN, DECISION_KICK]


def test_rule_service_down_leaves_verdicts_by_what_is_known(
    suite: Suite, gg: GroupGuard, impatient: GroupGuard
) -> None:
    """Corps in memory are judged on, others are refused, and so is a revision that can't be fetched.

    Back again, RuleService is followed without anybody's doing.
    """
    corp_id = "wwNoRules"
    rule = bound_rule(gg, corp_id, CHAT, "刷单")
    known = _verdict(gg, corp_id, "刷单")
    number = int(known.rules_revision.partition("-")[0])
    later = check(corp_id, CHAT, "刷单")
    later.min_rules_revision = f"{number + 1}-{'0' * 16}"
    _kill(suite, "rule")
    for _ in range(3):
        verdict = _verdict(gg, corp_id, "刷单")
        assert (verdict.decision, verdict.rules_revision) == (DECISION_WARN, known.rules_revision)
    told = _refused(impatient.filter.CheckMessage, check("wwNeverLoaded", CHAT, "刷单"))
    assert (told.code, told.reason) == ("UNAVAILABLE", "RULES_UNAVAILABLE")
    told = _refused(impatient.filter.CheckMessage, later)
    assert (told.code, told.reason) == ("UNAVAILABLE", "RULES_UNAVAILABLE")
    assert _health(suite.services["filter"], "process") == SERVING

    make_whole(suite)
    token = _change_keyword(gg, corp_id, rule, "返利")
    assert wait_until(lambda: _verdict(gg, corp_id, "返利").rules_revision == token, _PATIENCE)
    assert wait_until(lambda: _answers(gg, check("wwNeverLoaded", CHAT, "刷单")), _PATIENCE)


def _answers(gg: GroupGuard, request: CheckMessageRequest) -> bool:
    try:
        gg.filter.CheckMessage(request, timeout=5)
    except grpc.RpcError:
        return False
    return True


def test_rule_service_that_hangs_holds_no_verdict_up(
    suite: Suite, gg: GroupGuard, impatient: GroupGuard
) -> None:
    """Corps in memory are judged at once; a corp never loaded gets its refusal within the caller's deadline."""
    corp_id = "wwHangingRules"
    rule = bound_rule(gg, corp_id, CHAT, "刷单")
    _verdict(gg, corp_id, "刷单")
    with _paused(suite, "rule"):
        for _ in range(3):
            begun = time.monotonic()
            assert _verdict(gg, corp_id, "刷单").decision == DECISION_WARN
            assert time.monotonic() - begun < _BOUNDED
        told = _refused(impatient.filter.CheckMessage, check("wwNeverLoadedEither", CHAT, "刷单"), timeout=2)
        assert told.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
    token = _change_keyword(gg, corp_id, rule, "返利")
    assert wait_until(lambda: _verdict(gg, corp_id, "返利").rules_revision == token, _PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("module", ["rule_service", "blacklist_service"])
def test_service_that_waits_for_its_store_can_be_stopped(module: str, number: signal.Signals) -> None:
    """Not ready yet, it ends on a signal all the same, in order: in a container nobody else would end it."""
    [port] = free_ports(1)
    with launched(module, {"GROUPGUARD_DURABLE_URL": f"redis://:s3cret@{LOOPBACK}:{port}"}) as process:
        assert wait_until(lambda: "waiting for the durable store" in process.log, _PATIENCE)
        process.popen.send_signal(number)
        assert process.wait() == 0
        assert "s3cret" not in process.log
        assert "Traceback" not in process.log


@pytest.mark.skipif(sys.platform != "linux", reason="ports are held on Linux only")
def test_killed_services_keep_their_ports(suite: Suite) -> None:
    """While they are down nobody can take one by chance; their clients find them where they were."""
    ports = {name: (it.port, it.health_port) for name, it in suite.services.items()}
    for name in ports:
        _kill(suite, name)
    for port in itertools.chain(*ports.values()):
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((LOOPBACK, port))
    make_whole(suite)
    assert {name: (it.port, it.health_port) for name, it in suite.services.items()} == ports


@pytest.mark.skipif(sys.platform != "linux", reason="the suite's processes die by Linux's death signals")
def test_killed_filter_service_comes_back_with_the_current_rules(suite: Suite, gg: GroupGuard) -> None:
    """kill -9 right after a change: the first verdict of the new process is by the change (pitfall 17)."""
    corp_id = "wwFresh"
    rule = bound_rule(gg, corp_id, CHAT, "旧词")
    assert _verdict(gg, corp_id, "旧词").decision == DECISION_WARN
    for keyword in ("新词甲", "新词乙", "新词丙"):
        token = _change_keyword(gg, corp_id, rule, keyword)
        _kill(suite, "filter")
        make_whole(suite)
        with GroupGuard(addresses(suite.services)) as fresh:
            first = _verdict(fresh, corp_id, f"{keyword}和旧词")
        assert first.rules_revision == token
        assert [hit.keyword for hit in first.hits] == [keyword]
        assert _health(suite.services["filter"], "groupguard.filter.v1.FilterService") == SERVING


def test_filter_service_that_starts_without_rule_service_judges_nothing_by_old_rules(
    suite: Suite, gg: GroupGuard, impatient: GroupGuard
) -> None:
    """It is not SERVING and refuses; as soon as RuleService is there its first verdict is by the current rules."""
    corp_id = "wwFreshAlone"
    rule = bound_rule(gg, corp_id, CHAT, "旧词")
    assert _verdict(gg, corp_id, "旧词").decision == DECISION_WARN
    token = _change_keyword(gg, corp_id, rule, "新词")
    _kill(suite, "filter")
    _kill(suite, "rule")
    service = suite.services["filter"]
    service.start()
    service.wait_ready()
    assert (_health(service, ""), _health(service, "process")) == (NOT_SERVING, SERVING)
    request = check(corp_id, CHAT, "新词")
    told = _refused(impatient.filter.CheckMessage, request)
    assert (told.code, told.reason) == ("UNAVAILABLE", "RULES_UNAVAILABLE")
    make_whole(suite)
    assert wait_until(lambda: _answers(gg, request), _PATIENCE)
    first = _verdict(gg, corp_id, "新词")
    assert (first.decision, first.rules_revision) == (DECISION_WARN, token)
    assert wait_until(lambda: _health(service, "") == SERVING, _PATIENCE)
