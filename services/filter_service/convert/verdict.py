"""Verdicts as they go out."""

from collections.abc import Iterable
from functools import lru_cache

from google.protobuf.duration_pb2 import Duration

from filter_service.domain import verdict as result
from filter_service.domain.findings import Findings
from filter_service.domain.message import MessageType, PartKind
from filter_service.domain.rule import Blacklist
from groupguard.common.v1 import blacklist_kind_pb2, message_type_pb2
from groupguard.filter.v1 import verdict_pb2
from groupguard.filter.v1.filter_service_pb2 import TestRuleResponse
from groupguard.rule.v1 import rule_pb2
from service_kit.matching import FoldingKind, MatchMode, explanation, foldings
from service_kit.revision import Revision

_DECISIONS = {it: verdict_pb2.Decision.Value(f"DECISION_{it.name}") for it in result.Decision}
_REASONS = {it: verdict_pb2.Reason.Value(f"REASON_{it.name}") for it in result.Reason}
_CHECKS = {it: verdict_pb2.Check.Value(f"CHECK_{it.name}") for it in result.Check}
_SKIP_REASONS = {it: verdict_pb2.SkipReason.Value(f"SKIP_REASON_{it.name}") for it in result.SkipReason}
_UNITS = {it: verdict_pb2.Unit.Value(f"UNIT_{it.name}") for it in result.Unit}
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
    """Writes a verdict; one that says nothing but that all is well is written once and copied."""
    if verdict.hits or verdict.shadow_hits or verdict.not_evaluated or verdict.allowances or verdict.repeated:
        return _write(verdict)
    if verdict.effects is not result.NO_EFFECTS:
        return _write(verdict)
    return _write_plain(verdict.decision, verdict.reason, verdict.revision)


@lru_cache(maxsize=1_000)
def _write_plain(decision: result.Decision, reason: result.Reason, revision: Revision) -> verdict_pb2.Verdict:
    return _write(result.Verdict(decision, reason, revision))


def _write(verdict: result.Verdict) -> verdict_pb2.Verdict:
    written = verdict_pb2.Verdict(
        decision=_DECISIONS[verdict.decision],
        reason=_REASONS[verdict.reason],
        effects=_write_effects(verdict.effects),
        rules_revision=str(verdict.revision),
    )
    if verdict.hits:
        written.hits.extend(write_hits(verdict.hits))
        written.hit_count = len(verdict.hits)
    if verdict.shadow_hits:
        written.shadow_hits.extend(write_hits(verdict.shadow_hits))
        written.shadow_hit_count = len(verdict.shadow_hits)
    if verdict.not_evaluated:
        written.not_evaluated.extend(map(write_skipped, verdict.not_evaluated))
    if verdict.allowances:
        written.allowances.extend(map(_write_allowance, verdict.allowances))
    if verdict.strikes:
        written.strikes.extend(map(_write_strikes, verdict.strikes))
    if verdict.repeated:
        written.repeated = True
    return written


def _write_effects(effects: result.Effects) -> verdict_pb2.Effects:
    return verdict_pb2.Effects(
        kick=effects.kick,
        warning_text=effects.warning_text,
        warning_rule_id=effects.warning_rule_id,
        add_to_blacklist=_BLACKLISTS[effects.add_to_blacklist],
    )


def _write_allowance(allowance: result.Allowance) -> verdict_pb2.Allowance:
    return verdict_pb2.Allowance(
        rule_id=allowance.rule_id,
        condition=_CONDITIONS[allowance.condition],
        remaining=allowance.remaining,
        window=_duration(allowance.window_ms),
    )


def _write_strikes(strikes: result.StrikeCount) -> verdict_pb2.StrikeCount:
    return verdict_pb2.StrikeCount(
        rule_id=strikes.rule_id,
        count=strikes.count,
        warnings_before_kick=strikes.warnings_before_kick,
        shadow=strikes.shadow,
    )


@lru_cache(maxsize=1_000)
def _duration(milliseconds: int) -> Duration:
    seconds, rest = divmod(milliseconds, 1_000)
    return Duration(seconds=seconds, nanos=rest * 1_000_000)


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


def write_decision(decision: result.Decision) -> verdict_pb2.Decision.ValueType:
    """Writes what should happen."""
    return _DECISIONS[decision]


def write_condition(condition: result.Condition) -> verdict_pb2.Condition.ValueType:
    """Writes the name of a condition."""
    return _CONDITIONS[condition]


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
    if hit.figures is not None:
        figures = hit.figures
        written.figures.unit = _UNITS[figures.unit]
        written.figures.observed, written.figures.limit = figures.observed, figures.limit
        if figures.window_ms:
            written.figures.window.CopyFrom(_duration(figures.window_ms))
    return written
