"""Facts as the API has them, and its verdicts as facts."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.common.v1 import blacklist_kind_pb2, message_type_pb2, sender_identity_pb2
from groupguard.filter.v1 import message_pb2, verdict_pb2
from groupguard.filter.v1.filter_service_pb2 import CheckMemberRequest
from groupguard.rule.v1 import rule_pb2
from support.oracle.facts import EventFacts, Expected, Limit, MessageFacts, RuleFacts, SenderFacts, Who


def rule(facts: RuleFacts, rule_id: str = "") -> rule_pb2.Rule:
    """Writes a rule of the super administrators."""
    conditions = rule_pb2.Conditions()
    if facts.keywords:
        conditions.keywords.keywords.extend(rule_pb2.Keyword(text=word) for word in facts.keywords)
        conditions.keywords.allow_phrases.extend(facts.allowed)
    for word in facts.nickname_keywords:
        conditions.nickname_keywords.keywords.add(text=word)
    for type_ in facts.types:
        conditions.message_types.types.append(message_type_pb2.MessageType.Value(f"MESSAGE_TYPE_{type_}"))
    conditions.message_types.web_whitelist.extend(facts.hosts) if facts.hosts else None
    if facts.max_characters or facts.max_lines:
        conditions.length.max_characters = facts.max_characters
        conditions.length.max_lines = facts.max_lines
    if (limit := facts.frequency) is not None:
        conditions.frequency.max_messages = limit.most
        conditions.frequency.window.CopyFrom(_span(limit))
        conditions.frequency.senders.CopyFrom(_who(limit.who))
    if (limit := facts.repeat) is not None:
        conditions.repeat.max_times = limit.most
        conditions.repeat.window.CopyFrom(_span(limit))
        conditions.repeat.senders.CopyFrom(_who(limit.who))
        scope = "SCOPE_CORP" if limit.corp_wide else "SCOPE_GROUP"
        conditions.repeat.scope = rule_pb2.RepeatCondition.Scope.Value(scope)
    if facts.muted is not None:
        conditions.muted_senders.senders.CopyFrom(_who(facts.muted))
    kind = f"BLACKLIST_KIND_{facts.blacklist or 'UNSPECIFIED'}"
    return rule_pb2.Rule(
        rule_id=rule_id,
        owner=rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_SUPER_ADMIN),
        display_name="规则",
        state=rule_pb2.RuleState.Value(f"RULE_STATE_{facts.state}"),
        conditions=conditions,
        action=rule_pb2.Action(
            kind=rule_pb2.ActionKind.Value(f"ACTION_KIND_{facts.action}"),
            warnings_before_kick=facts.warnings,
            warning_text=facts.text,
            add_to_blacklist=blacklist_kind_pb2.BlacklistKind.Value(kind),
        ),
    )


def message(facts: MessageFacts) -> message_pb2.Message:
    """Writes a message."""
    written = message_pb2.Message(
        message_id=facts.id, chat_id=facts.chat, sender=_sender(facts.sender), send_time=_time(facts.ms)
    )
    if facts.kind == "text":
        written.text.content = facts.text
    elif facts.kind == "link":
        written.link.title, written.link.url = facts.text, f"https://{facts.host}/page"
    else:
        written.image.md5sum = facts.md5
    return written


def event(facts: EventFacts, corp_id: str, token: str) -> CheckMemberRequest:
    """Writes an event."""
    return CheckMemberRequest(
        corp_id=corp_id,
        event_id=facts.id,
        change=CheckMemberRequest.CHANGE_JOIN if facts.joins else CheckMemberRequest.CHANGE_RENAME,
        chat_id=facts.chat,
        member=_sender(facts.sender),
        event_time=_time(facts.ms),
        min_rules_revision=token,
    )


def told(verdict: verdict_pb2.Verdict) -> Expected:
    """Reads a verdict."""
    effects = verdict.effects
    kind = blacklist_kind_pb2.BlacklistKind.Name(effects.add_to_blacklist)
    return Expected(
        _name(verdict_pb2.Decision.Name(verdict.decision), "DECISION_"),
        _name(verdict_pb2.Reason.Name(verdict.reason), "REASON_"),
        effects.kick,
        (effects.warning_text, effects.warning_rule_id),
        kind.removeprefix("BLACKLIST_KIND_").removeprefix("UNSPECIFIED"),
        frozenset(map(_hit, verdict.hits)),
        frozenset(map(_hit, verdict.shadow_hits)),
        frozenset(
            (
                _name(verdict_pb2.Check.Name(it.check), "CHECK_"),
                _name(verdict_pb2.SkipReason.Name(it.reason), "SKIP_REASON_"),
                tuple(it.rule_ids),
            )
            for it in verdict.not_evaluated
        ),
        tuple(
            (it.rule_id, _name(verdict_pb2.Condition.Name(it.condition), "CONDITION_"), it.remaining)
            for it in verdict.allowances
        ),
        {it.rule_id: it.count for it in verdict.strikes},
        verdict.repeated,
    )


def _hit(hit: verdict_pb2.Hit) -> tuple[str, str, object]:
    condition = _name(verdict_pb2.Condition.Name(hit.condition), "CONDITION_")
    detail: object = None
    if condition == "KEYWORDS":
        detail = (hit.span.start, hit.span.end)
    elif condition == "NICKNAME_KEYWORDS":
        part = _name(verdict_pb2.MessagePart.Name(hit.part), "MESSAGE_PART_")
        detail = (part, hit.span.start, hit.span.end)
    elif condition == "MESSAGE_TYPES":
        detail = _name(message_type_pb2.MessageType.Name(hit.message_type), "MESSAGE_TYPE_")
    elif hit.HasField("figures"):
        detail = (hit.figures.observed, hit.figures.limit)
    return hit.rule_id, condition, detail


def _sender(facts: SenderFacts) -> message_pb2.Sender:
    sender = message_pb2.Sender(
        kind=message_pb2.SenderKind.Value(f"SENDER_KIND_{facts.kind}"),
        external_userid=facts.id,
        group_nickname=facts.nickname,
        name=facts.name,
    )
    if facts.identity is not None:
        sender.identity = sender_identity_pb2.SenderIdentity.Value(f"SENDER_IDENTITY_{facts.identity}")
    if facts.tags is not None:
        sender.tags.SetInParent()
        sender.tags.tag_ids.extend(sorted(facts.tags))
    return sender


def _who(who: Who) -> rule_pb2.SenderSelector:
    return rule_pb2.SenderSelector(
        identities=[
            sender_identity_pb2.SenderIdentity.Value(f"SENDER_IDENTITY_{it}") for it in sorted(who.identities)
        ],
        tag_ids=sorted(who.tags),
        external_userids=sorted(who.people),
    )


def _span(limit: Limit) -> Duration:
    return Duration(seconds=limit.window // 1000)


def _time(ms: int) -> Timestamp:
    time = Timestamp()
    time.FromMilliseconds(ms)
    return time


def _name(full: str, prefix: str) -> str:
    return full.removeprefix(prefix)
