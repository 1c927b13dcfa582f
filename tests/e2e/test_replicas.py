"""Two FilterServices beside one RuleService: both follow, and they count together."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from groupguard.filter.v1.verdict_pb2 import DECISION_ALLOW, DECISION_KICK, DECISION_WARN
from groupguard.rule.v1.rule_pb2 import ACTION_KIND_KICK_AFTER_WARNINGS, RULE_STATE_DISABLED, Rule
from groupguard_client import Addresses, GroupGuard, text_message
from service_kit.embedded import EmbeddedStore
from support.corp import CHAT, CUSTOMER, Corp
from support.processes import wait_until
from support.services import running


@pytest.fixture(scope="module")
def second(addresses: Addresses, suite_store: EmbeddedStore) -> Iterator[GroupGuard]:
    """A client of a second FilterService."""
    environment = {
        "GROUPGUARD_EPHEMERAL_URL": suite_store.ephemeral_url,
        "GROUPGUARD_RULE_ADDRESS": addresses.rule,
        "GROUPGUARD_BLACKLIST_ADDRESS": addresses.blacklist,
    }
    with (
        running("filter_service", environment) as replica,
        GroupGuard(Addresses(addresses.rule, replica.target, addresses.blacklist)) as gg,
    ):
        yield gg


def test_a_token_holds_on_every_replica(corp: Corp, second: GroupGuard) -> None:
    """Whichever replica gets the message, it judges by the write whose token the message brings."""
    other = Corp(second, corp.id)
    for turn in range(20):
        rule = corp.rule(f"词{turn}号")
        other.token = corp.token
        assert other.say(f"词{turn}号").decision == corp.say(f"词{turn}号").decision == DECISION_WARN
        corp.update(Rule(rule_id=rule.rule_id, state=RULE_STATE_DISABLED))
        other.token = corp.token
        assert other.say(f"词{turn}号").decision == corp.say(f"词{turn}号").decision == DECISION_ALLOW


def test_every_replica_hears_of_changes_without_a_token(corp: Corp, second: GroupGuard) -> None:
    """Both follow RuleService by themselves."""
    other = Corp(second, corp.id)
    message = text_message(CHAT, CUSTOMER, "刷单")
    assert corp.judge(message).decision == other.judge(message).decision == DECISION_ALLOW
    corp.rule("刷单")
    for replica in (corp, other):
        assert wait_until(lambda here=replica: here.judge(message, "").decision == DECISION_WARN, 8)  # type: ignore[misc]


def test_warnings_count_across_replicas(corp: Corp, second: GroupGuard) -> None:
    """A sender whose messages go here and there is kicked after as many warnings; a retry elsewhere counts nothing."""
    other = Corp(second, corp.id)
    corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=2)
    other.token = corp.token
    decisions = []
    for _ in range(3):
        message_id = uuid.uuid4().hex
        decisions += [here.say("刷单", message_id=message_id).decision for here in (corp, other)]
    assert decisions == [DECISION_WARN] * 4 + [DECISION_KICK] * 2
