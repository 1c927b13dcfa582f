"""Verdicts and what is recorded of them, with everything in them that a test does not care about."""

from __future__ import annotations

from filter_service.domain.decision_log import DecisionLog
from filter_service.domain.message import Item, Message, Part, PartKind
from filter_service.domain.rule import Action, ActionKind, Rule, State
from filter_service.domain.sender import Sender, SenderKind
from filter_service.domain.verdict import Condition, Decision, Hit, Reason, Verdict
from filter_service.records.record import Record, record_of
from service_kit.revision import Revision

NOW = 1_900_000_000.0
"""2030-03-17T17:46:40Z."""
TODAY = "2030-03-17"


def a_hit(
    rule_id: str = "r1", length: int = 2, kind: ActionKind = ActionKind.WARN, state: State = State.ENABLED
) -> Hit:
    """A hit of a rule, somewhere at the beginning of a text."""
    rule = Rule(rule_id, 3, state, (), Action(kind))
    return Hit(rule, Condition.KEYWORDS, (), PartKind.TEXT, 0, length)


def a_message(message_id: str = "", *, by: str = "wm1", chat: str = "wr1", text: str = "hello") -> Message:
    """A customer's text."""
    items = (Item(None, (), (Part(PartKind.TEXT, text),)),)
    return Message(message_id, chat, Sender(SenderKind.CUSTOMER, by), items, NOW)


def a_verdict(*hits: Hit, decision: Decision | None = None) -> Verdict:
    """A verdict on hits, those of rules in state SHADOW apart."""
    enforced = tuple(hit for hit in hits if hit.rule.state is State.ENABLED)
    shadow = tuple(hit for hit in hits if hit.rule.state is State.SHADOW)
    decided = decision or (Decision.WARN if enforced else Decision.ALLOW)
    reason = Reason.RULE_HIT if enforced else Reason.NO_HIT
    return Verdict(decided, reason, Revision(7, "abc"), hits=enforced, shadow_hits=shadow)


def a_record(message: Message, *hits: Hit, log: DecisionLog | None = None, at: float = NOW) -> Record:
    """What is kept of a verdict on hits."""
    record = record_of(message, a_verdict(*hits), log or DecisionLog(enabled=True), at)
    assert record is not None
    return record
