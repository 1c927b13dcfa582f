"""The verdict that a message got when it was first judged."""

from filter_service.domain.claim import effects_of
from filter_service.domain.counted_hits import passed
from filter_service.domain.counting import Remembered
from filter_service.domain.decide import listed_reason
from filter_service.domain.findings import Findings
from filter_service.domain.rule import ActionKind, Blacklist
from filter_service.domain.snapshot import Snapshot
from filter_service.domain.verdict import (
    NO_EFFECTS,
    Condition,
    Decision,
    Effects,
    Hit,
    Reason,
    StrikeCount,
    Verdict,
)


def recall(snapshot: Snapshot, findings: Findings, first: Remembered) -> Verdict:
    """Returns the verdict again: its decision, effects and revision, and its hits as far as they can be told.

    Args:
        snapshot: what the findings are from.
        findings: what is found now; what it says of rules that have changed since is left out.
        first: what is known of the first time.
    """
    hits = _hits(snapshot, findings, first)
    shadow = {claim.rule_id for claim in first.claims if claim.shadow}
    decision, reason, effects = Decision.ALLOW, Reason.NO_HIT, NO_EFFECTS
    if first.listed is not Blacklist.NONE:
        decision, reason, effects = Decision.KICK, listed_reason(first.listed), Effects(kick=True)
    elif len(shadow) < len(first.claims):
        effects = effects_of(first.claims, first.owner_userid, first.shown)
        decision, reason = Decision.KICK if effects.kick else Decision.WARN, Reason.RULE_HIT
    return Verdict(
        decision,
        reason,
        first.revision,
        effects,
        hits=tuple(hit for hit in hits if hit.rule.rule_id not in shadow),
        shadow_hits=tuple(hit for hit in hits if hit.rule.rule_id in shadow),
        strikes=tuple(
            StrikeCount(it.rule_id, it.strikes, it.action.warnings_before_kick, it.shadow)
            for it in first.claims
            if it.action.kind is ActionKind.KICK_AFTER_WARNINGS
        ),
        repeated=True,
    )


def _hits(snapshot: Snapshot, findings: Findings, first: Remembered) -> list[Hit]:
    unchanged = {
        claim.rule_id: (claim, rule)
        for claim in first.claims
        if (rule := snapshot.rules.get(claim.rule_id)) is not None and rule.revision == claim.revision
    }
    found = [hit for hit in (*findings.hits, *findings.shadow_hits) if hit.rule.rule_id in unchanged]
    counted = (
        hit
        for claim, rule in unchanged.values()
        for condition, observed in (
            (Condition.FREQUENCY, claim.frequency),
            (Condition.REPEAT, claim.repeat),
        )
        if (hit := passed(rule, condition, observed)) is not None
    )
    return [*found, *counted]
