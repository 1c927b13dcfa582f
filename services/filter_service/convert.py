"""Protos to the domain and back."""

from collections.abc import Iterator

from filter_service.domain import message as domain
from filter_service.domain import verdict as result
from filter_service.domain.rule import Blacklist
from groupguard.common.v1 import blacklist_kind_pb2
from groupguard.filter.v1 import message_pb2, verdict_pb2
from service_kit.errors import InvalidFields, Violation
from service_kit.ids import id_violations

MOST_AHEAD_SECONDS = 60.0
"""A message can't have been sent later than this from now; clocks differ."""

_SENDERS = {
    message_pb2.SENDER_KIND_CUSTOMER: domain.SenderKind.CUSTOMER,
    message_pb2.SENDER_KIND_STAFF: domain.SenderKind.STAFF,
    message_pb2.SENDER_KIND_ROBOT: domain.SenderKind.ROBOT,
}
_DECISIONS = {
    result.Decision.ALLOW: verdict_pb2.DECISION_ALLOW,
    result.Decision.WARN: verdict_pb2.DECISION_WARN,
    result.Decision.KICK: verdict_pb2.DECISION_KICK,
}
_REASONS = {
    result.Reason.NO_HIT: verdict_pb2.REASON_NO_HIT,
    result.Reason.STAFF: verdict_pb2.REASON_STAFF,
    result.Reason.ROBOT: verdict_pb2.REASON_ROBOT,
    result.Reason.UNREGISTERED_GROUP: verdict_pb2.REASON_UNREGISTERED_GROUP,
    result.Reason.ENTERPRISE_BLACKLIST: verdict_pb2.REASON_ENTERPRISE_BLACKLIST,
    result.Reason.PERSONAL_BLACKLIST: verdict_pb2.REASON_PERSONAL_BLACKLIST,
    result.Reason.RULE_HIT: verdict_pb2.REASON_RULE_HIT,
    result.Reason.EXEMPT: verdict_pb2.REASON_EXEMPT,
}
_CHECKS = {
    result.Check.BLACKLIST: verdict_pb2.CHECK_BLACKLIST,
    result.Check.STRIKES: verdict_pb2.CHECK_STRIKES,
    result.Check.RETRY: verdict_pb2.CHECK_RETRY,
    result.Check.ADD_TO_BLACKLIST: verdict_pb2.CHECK_ADD_TO_BLACKLIST,
    result.Check.CONDITIONS: verdict_pb2.CHECK_CONDITIONS,
}
_SKIP_REASONS = {
    result.SkipReason.UNAVAILABLE: verdict_pb2.SKIP_REASON_UNAVAILABLE,
    result.SkipReason.FACT_ABSENT: verdict_pb2.SKIP_REASON_FACT_ABSENT,
    result.SkipReason.LIST_FULL: verdict_pb2.SKIP_REASON_LIST_FULL,
    result.SkipReason.UNSUPPORTED: verdict_pb2.SKIP_REASON_UNSUPPORTED,
}
_BLACKLISTS = {
    Blacklist.NONE: blacklist_kind_pb2.BLACKLIST_KIND_UNSPECIFIED,
    Blacklist.PERSONAL: blacklist_kind_pb2.BLACKLIST_KIND_PERSONAL,
    Blacklist.ENTERPRISE: blacklist_kind_pb2.BLACKLIST_KIND_ENTERPRISE,
}


def read_message(message: message_pb2.Message, path: str, now: float) -> domain.Message:
    """Reads a message.

    Args:
        message: as it came.
        path: its place in the request, for errors.
        now: seconds since 1970; the time of a message that names none.

    Raises:
        InvalidFields: names every field that breaks its documented form.
    """
    violations = list(_violations(message, path))
    if violations:
        raise InvalidFields(violations)
    sent_at = message.send_time.ToMicroseconds() / 1e6 if message.HasField("send_time") else now
    return domain.Message(
        message_id=message.message_id,
        chat_id=message.chat_id,
        sender_kind=_SENDERS[message.sender.kind],
        external_userid=message.sender.external_userid,
        group_nickname=message.sender.group_nickname,
        text=message.text.content,
        sent_at=min(sent_at, now + MOST_AHEAD_SECONDS),
    )


def _violations(message: message_pb2.Message, path: str) -> Iterator[Violation]:
    yield from id_violations(f"{path}.chat_id", message.chat_id)
    if message.message_id:
        yield from id_violations(f"{path}.message_id", message.message_id)
    sender = message.sender
    if sender.kind not in _SENDERS:
        yield Violation(f"{path}.sender.kind", f"CUSTOMER, STAFF or ROBOT is needed, not {sender.kind}")
    elif sender.kind == message_pb2.SENDER_KIND_CUSTOMER:
        yield from id_violations(f"{path}.sender.external_userid", sender.external_userid)
    if (size := len(sender.group_nickname)) > domain.MOST_NICKNAME:
        yield Violation(
            f"{path}.sender.group_nickname", f"at most {domain.MOST_NICKNAME} characters, not {size}"
        )
    if message.WhichOneof("content") is None:
        yield Violation(f"{path}.text", "a content is needed; none is set")
    if (size := len(message.text.content)) > domain.MOST_TEXT:
        yield Violation(
            f"{path}.text.content", f"at most {domain.MOST_TEXT} characters are allowed, not {size}"
        )


def write_verdict(verdict: result.Verdict) -> verdict_pb2.Verdict:
    """Writes a verdict."""
    return verdict_pb2.Verdict(
        decision=_DECISIONS[verdict.decision],
        reason=_REASONS[verdict.reason],
        effects=verdict_pb2.Effects(
            kick=verdict.effects.kick,
            warning_text=verdict.effects.warning_text,
            warning_rule_id=verdict.effects.warning_rule_id,
            add_to_blacklist=_BLACKLISTS[verdict.effects.add_to_blacklist],
        ),
        hits=_hits(verdict.hits),
        hit_count=len(verdict.hits),
        shadow_hits=_hits(verdict.shadow_hits),
        shadow_hit_count=len(verdict.shadow_hits),
        not_evaluated=[
            verdict_pb2.SkippedCheck(
                check=_CHECKS[skipped.check], reason=_SKIP_REASONS[skipped.reason], rule_ids=skipped.rule_ids
            )
            for skipped in verdict.not_evaluated
        ],
        rules_revision=str(verdict.revision),
    )


def _hits(hits: tuple[result.Hit, ...]) -> list[verdict_pb2.Hit]:
    longest_first = sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start, hit.rule.rule_id))
    return [
        verdict_pb2.Hit(
            rule_id=hit.rule.rule_id,
            rule_revision=hit.rule.revision,
            condition=verdict_pb2.CONDITION_KEYWORDS,
            part=verdict_pb2.MESSAGE_PART_TEXT,
            keyword=hit.keyword,
            span=verdict_pb2.Span(start=hit.start, end=hit.end),
        )
        for hit in longest_first[: result.MOST_HITS]
    ]
