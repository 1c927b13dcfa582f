"""Verdicts as they go out."""

from collections.abc import Iterable

from filter_service.domain import verdict as result
from filter_service.domain.findings import Findings
from filter_service.domain.message import MessageType, PartKind
from filter_service.domain.rule import Blacklist
from groupguard.common.v1 import blacklist_kind_pb2, message_type_pb2
from groupguard.filter.v1 import verdict_pb2
from groupguard.filter.v1.filter_service_pb2 import TestRuleResponse
from groupguard.rule.v1 import rule_pb2
from service_kit.matching import FoldingKind, MatchMode, explanation, foldings

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
_PARTS = {kind: verdict_pb2.MessagePart.Value(f"MESSAGE_PART_{kind.name}") for kind in PartKind}
_BLACKLISTS = {
    Blacklist.NONE: blacklist_kind_pb2.BLACKLIST_KIND_UNSPECIFIED,
    Blacklist.PERSONAL: blacklist_kind_pb2.BLACKLIST_KIND_PERSONAL,
    Blacklist.ENTERPRISE: blacklist_kind_pb2.BLACKLIST_KIND_ENTERPRISE,
}


_CONDITIONS = {it: verdict_pb2.Condition.Value(f"CONDITION_{it.name}") for it in result.Condition}
_MODES = {mode: rule_pb2.MatchMode.Value(f"MATCH_MODE_{mode.name}") for mode in MatchMode}
_TYPES = {type_: message_type_pb2.MessageType.Value(f"MESSAGE_TYPE_{type_.name}") for type_ in MessageType}
_FOLDINGS = {kind: verdict_pb2.FoldingKind.Value(f"FOLDING_KIND_{kind.name}") for kind in FoldingKind}


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
        hits=write_hits(verdict.hits),
        hit_count=len(verdict.hits),
        shadow_hits=write_hits(verdict.shadow_hits),
        shadow_hit_count=len(verdict.shadow_hits),
        not_evaluated=map(write_skipped, verdict.not_evaluated),
        rules_revision=str(verdict.revision),
    )


def write_trial(findings: Findings) -> TestRuleResponse.Result:
    """Writes what a rule found in a sample."""
    return TestRuleResponse.Result(
        hits=write_hits(findings.hits), hit_count=len(findings.hits), excused=write_hits(findings.excused)
    )


def write_skipped(skipped: result.Skipped) -> verdict_pb2.SkippedCheck:
    """Writes a check that was not made."""
    return verdict_pb2.SkippedCheck(
        check=_CHECKS[skipped.check], reason=_SKIP_REASONS[skipped.reason], rule_ids=skipped.rule_ids
    )


def write_hits(hits: Iterable[result.Hit]) -> list[verdict_pb2.Hit]:
    """Writes findings, the longest first, no more than a verdict lists."""
    longest_first = sorted(
        hits,
        key=lambda hit: (
            -hit.length,
            hit.item_path,
            hit.start,
            hit.rule.rule_id,
            hit.keyword.text if hit.keyword else "",
        ),
    )
    return [_write_hit(hit) for hit in longest_first[: result.MOST_HITS]]


def _write_hit(hit: result.Hit) -> verdict_pb2.Hit:
    written = verdict_pb2.Hit(
        rule_id=hit.rule.rule_id,
        rule_revision=hit.rule.revision,
        condition=_CONDITIONS[hit.condition],
        item_path=hit.item_path,
    )
    if hit.part is not None:
        written.part = _PARTS[hit.part]
        written.span.start, written.span.end = hit.start, hit.end
    if hit.keyword is not None:
        text, mode = hit.keyword
        found = foldings(hit.written, text, mode)
        written.keyword = text
        written.match_mode = _MODES[mode]
        written.foldings.extend(
            verdict_pb2.Folding(kind=_FOLDINGS[it.kind], written=it.written, read_as=it.read_as)
            for it in found
        )
        written.explanation = explanation(hit.written, text, found)
    if hit.message_type is not None:
        written.message_type = _TYPES[hit.message_type]
        written.web_page = str(hit.page) if hit.page else ""
    return written
