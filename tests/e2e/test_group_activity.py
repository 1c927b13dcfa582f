"""Groups that talk come first among those offered for choosing; dismissed ones are judged no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from groupguard.filter.v1.verdict_pb2 import DECISION_ALLOW, DECISION_WARN, REASON_UNREGISTERED_GROUP
from groupguard.rule.v1.group_registry_pb2 import DismissGroupsRequest, ListGroupsRequest
from groupguard_client import Addresses, GroupGuard, text_message
from service_kit.embedded import EmbeddedStore
from support.corp import CHAT, CUSTOMER, OWNER, Corp
from support.processes import wait_until
from support.services import ServiceProcess, running


@pytest.fixture
def reporting(addresses: Addresses, suite_store: EmbeddedStore) -> Iterator[Callable[[str], ServiceProcess]]:
    """Starts a FilterService that reports activity as often as is asked."""
    with ExitStack() as stack:

        def start(seconds: str) -> ServiceProcess:
            environment = {
                "GROUPGUARD_EPHEMERAL_URL": suite_store.ephemeral_url,
                "GROUPGUARD_RULE_ADDRESS": addresses.rule,
                "GROUPGUARD_BLACKLIST_ADDRESS": addresses.blacklist,
                "GROUPGUARD_DRAIN_SECONDS": "0",
                "GROUPGUARD_ACTIVITY_SECONDS": seconds,
            }
            return stack.enter_context(running("filter_service", environment))

        yield start


def active(corp: Corp) -> list[str]:
    """The groups offered for choosing."""
    request = ListGroupsRequest(corp_id=corp.id, recently_active=True)
    return [group.chat_id for group in corp.gg.rules.ListGroups(request).groups]


def test_the_group_that_talked_last_comes_first(
    corp: Corp, addresses: Addresses, reporting: Callable[[str], ServiceProcess]
) -> None:
    """Judged messages of customers order the groups; a robot's and an unregistered group's count for nothing."""
    for chat in ("wrA", "wrB"):
        corp.group(chat, OWNER)
    assert active(corp) == ["wrB", "wrA", CHAT]
    replica = reporting("1")
    with GroupGuard(Addresses(addresses.rule, replica.target, addresses.blacklist)) as gg:
        there = Corp(gg, corp.id)  # registers CHAT again
        assert active(corp) == [CHAT, "wrB", "wrA"]
        there.say("大家好", chat="wrA")
        assert wait_until(lambda: active(corp) == ["wrA", CHAT, "wrB"], 8)
        there.say("大家好", chat="wrUnheard")
        robot = text_message(CHAT, CUSTOMER, "大家好")
        robot.sender.kind = "SENDER_KIND_ROBOT"  # type: ignore[assignment]
        there.judge(robot)
        there.say("大家好", chat="wrB")
        assert wait_until(lambda: active(corp) == ["wrB", "wrA", CHAT], 8)


def test_what_waits_is_told_when_the_service_ends(
    corp: Corp, addresses: Addresses, reporting: Callable[[str], ServiceProcess]
) -> None:
    """An hour between reports, and a shutdown right after the message."""
    corp.group("wrA", OWNER)
    replica = reporting("3600")
    with GroupGuard(Addresses(addresses.rule, replica.target, addresses.blacklist)) as gg:
        Corp(gg, corp.id).say("大家好", chat="wrA")
    assert active(corp) == [CHAT, "wrA"]
    replica.terminate()
    assert replica.wait() == 0
    assert active(corp) == ["wrA", CHAT]


def test_a_dismissed_group_is_judged_as_one_that_nobody_registered(corp: Corp) -> None:
    """From the very next message on; put into the registry again it has no rules until they are bound."""
    rule = corp.rule("刷单")
    assert corp.say("刷单").decision == DECISION_WARN
    request = DismissGroupsRequest(corp_id=corp.id, chat_ids=[CHAT])
    done = corp.gg.rules.DismissGroups(request)
    assert (done.dismissed_count, done.released_binding_count) == (1, 1)
    corp.token = done.rules_revision
    verdict = corp.say("刷单")
    assert (verdict.decision, verdict.reason) == (DECISION_ALLOW, REASON_UNREGISTERED_GROUP)
    corp.group(CHAT, OWNER)
    verdict = corp.say("刷单")
    assert verdict.decision == DECISION_ALLOW
    assert verdict.reason != REASON_UNREGISTERED_GROUP
    corp.bind(rule, CHAT)
    assert corp.say("刷单").decision == DECISION_WARN
