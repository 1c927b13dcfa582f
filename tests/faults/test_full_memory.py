"""A store reaches its memory limit: writes are refused as a whole and in clear words, verdicts go on, and room heals everything."""

from __future__ import annotations

import time
from collections.abc import Callable

import grpc
import pytest

from groupguard.blacklist.v1.blacklist_service_pb2 import AddEntriesRequest
from groupguard.filter.v1.filter_service_pb2 import ClearStrikesRequest
from groupguard.filter.v1.hits_pb2 import ListHitsRequest
from groupguard.filter.v1.verdict_pb2 import (
    CHECK_RETRY,
    CHECK_STRIKES,
    DECISION_KICK,
    DECISION_WARN,
    SKIP_REASON_UNAVAILABLE,
)
from groupguard.rule.v1.rule_pb2 import ACTION_KIND_KICK_AFTER_WARNINGS
from groupguard.rule.v1.settings_pb2 import CHECK_FAILURE_ERROR, CorpSettings, DecisionLog
from groupguard_client import GroupGuard, failure
from service_kit.suite import Suite
from support.corp import Corp
from support.faults.full import limited_memory, wait_for_refusals, wait_for_verdicts
from support.faults.proof import check_everything, report, wait_for_progress
from support.faults.suite import pids, store_of
from support.faults.writers import LISTS, Writing
from support.processes import wait_until

_FULL = "RESOURCE_EXHAUSTED STORE_FULL: the store is full: it has reached its maxmemory"
_ROOM = 100_000
"""Bytes: some writes still fit, and the store is full for the next ones, while others end and give theirs back."""
_PATIENCE = 20.0
_UNCOUNTED = [(CHECK_STRIKES, SKIP_REASON_UNAVAILABLE), (CHECK_RETRY, SKIP_REASON_UNAVAILABLE)]


def test_full_durable_store_takes_no_half_of_a_write(
    suite: Suite, gg: GroupGuard, record_property: Callable[[str, object], None]
) -> None:
    """Every writer is told STORE_FULL, checks notice nothing, and with more memory all go on by themselves."""
    before, writing = pids(suite), Writing(gg, "wwFullDurable", refusals=["STORE_FULL"])
    writing.start()
    wait_for_progress(suite, writing)
    with limited_memory(store_of(suite).durable_url, _ROOM) as store:
        wait_for_refusals(suite, writing, _FULL)
        store.config_set("maxmemory", 1)
        wait_for_verdicts(suite, writing, 50)
    begun = time.monotonic()
    wait_for_progress(suite, writing)
    seconds = time.monotonic() - begun
    writing.stop()
    assert (dict(writing.checker.refused), writing.checker.skipped) == ({}, set())
    assert pids(suite) == before
    check_everything(gg, writing)
    report(writing, record_property, refused=dict(writing.refused()), seconds_to_recover=round(seconds, 2))


def test_a_write_that_passes_the_limit_is_made_as_a_whole(suite: Suite, gg: GroupGuard) -> None:
    """A call that began within the limit ends; the next one does nothing. The lists' count tells of halves."""
    corp, counts = Corp(gg), [0]

    def add(*customers: str) -> None:
        request = AddEntriesRequest(corp_id=corp.id, list=LISTS["enterprise"], external_userids=customers)
        counts.append(gg.blacklist.AddEntries(request).count)

    def fill() -> None:
        for number in range(1_000):
            add(*(f"wm{'x' * 40}{number}x{place}" for place in range(1_000)))

    with limited_memory(store_of(suite).durable_url, 10 * _ROOM), pytest.raises(grpc.RpcError) as refused:
        fill()
    assert failure(refused.value).reason == "STORE_FULL"
    add("wmProbe")
    assert counts == [*range(0, counts[-1], 1_000), counts[-1]]
    assert counts[-1] % 1_000 == 1
    assert len(counts) > 2


def test_full_ephemeral_store_counts_nothing_and_says_so(
    suite: Suite, gg: GroupGuard, record_property: Callable[[str, object], None]
) -> None:
    """Verdicts come without what would have been counted, strikes can be cleared, and nothing is counted by half.

    A corp that wants no verdict without its checks gets none. Once there is room each sender has the warnings that were left, and
    the log gets the decisions that it could not take.
    """
    corp, strict = Corp(gg), Corp(gg)
    for each in (corp, strict):
        each.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=2)
    corp.decide(CorpSettings(decision_log=DecisionLog(enabled=True)), "decision_log")
    strict.decide(CorpSettings(check_failure=CHECK_FAILURE_ERROR), "check_failure")
    assert corp.say("刷单", message_id="m0").decision == DECISION_WARN
    assert corp.say("刷单", by="wmForgiven").decision == DECISION_WARN

    with limited_memory(store_of(suite).ephemeral_url, 0) as store:
        store.config_set("maxmemory", 1)
        for number in range(5):
            verdict = corp.say("刷单", message_id=f"full{number}")
            assert verdict.decision == DECISION_WARN
            assert [(it.check, it.reason) for it in verdict.not_evaluated] == _UNCOUNTED
        with pytest.raises(grpc.RpcError) as refused:
            strict.say("刷单")
        told = failure(refused.value)
        assert (told.code, told.reason, told.metadata) == (
            "UNAVAILABLE",
            "CHECK_UNAVAILABLE",
            {"check": "STRIKES"},
        )
        clear = ClearStrikesRequest(corp_id=corp.id, external_userid="wmForgiven")
        assert gg.filter.ClearStrikes(clear).cleared_count == 1

    begun = time.monotonic()
    again = corp.say("刷单", message_id="m0")
    assert (again.decision, list(again.not_evaluated)) == (DECISION_WARN, [])
    decisions = [corp.say("刷单", message_id=f"m{number}").decision for number in (1, 2)]
    assert decisions == [DECISION_WARN, DECISION_KICK]
    assert [strict.say("刷单").decision for _ in range(3)] == [DECISION_WARN, DECISION_WARN, DECISION_KICK]

    def logged() -> set[str]:
        hits = gg.filter.ListHits(ListHitsRequest(corp_id=corp.id, page_size=100)).hits
        return {hit.message_id for hit in hits}

    wanted = {"m0", "m1", "m2", *(f"full{number}" for number in range(5))}
    assert wait_until(lambda: wanted <= logged(), _PATIENCE), logged()
    record_property("seconds until everything was logged", round(time.monotonic() - begun, 2))
