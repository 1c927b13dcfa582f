"""What is kept of one decision, on its way to the store."""

from dataclasses import dataclass, replace
from heapq import nlargest

from filter_service.domain.claim import KICKING
from filter_service.domain.decision_log import DecisionLog, Masking
from filter_service.domain.message import Message, readable_parts
from filter_service.domain.rule import State
from filter_service.domain.verdict import Condition, Decision, Hit, Reason, Verdict

MOST_HITS = 20
"""Hits that a record lists, of enforced rules and of those in state SHADOW each; it counts all."""
REMOVING = (Decision.KICK, Decision.REFUSE)
_LISTED = (Reason.ENTERPRISE_BLACKLIST, Reason.PERSONAL_BLACKLIST)


@dataclass(frozen=True, slots=True)
class RuleHit:
    """What one rule did, or would have done, about one message."""

    rule_id: str
    conditions: frozenset[Condition]
    shadow: bool
    kicks: bool
    """Whether it asks for the sender's removal, or would in another state."""


@dataclass(frozen=True, slots=True)
class Record:
    """A decision in which something was hit. A flood of hits is cut, so that waiting records take bounded memory."""

    message: Message
    """Without its contents, unless all of its text is logged."""
    verdict: Verdict
    """With the hits that are listed."""
    hit_count: int
    shadow_hit_count: int
    rules: tuple[RuleHit, ...]
    """Every rule that was hit, of all hits."""
    log: DecisionLog
    decided_at: float
    """Seconds since 1970."""

    @property
    def blacklisted(self) -> bool:
        """Whether a blacklist decided."""
        return self.verdict.reason in _LISTED

    @property
    def texts(self) -> list[str]:
        """What people can read in the message, as far as it is logged."""
        return [part.text for _, part in readable_parts(self.message.items)]


def record_of(message: Message, verdict: Verdict, log: DecisionLog, decided_at: float) -> Record | None:
    """Returns what to keep of a decision; None if it hit nothing and kicks nobody."""
    if not (verdict.hits or verdict.shadow_hits or verdict.decision in REMOVING):
        return None
    keeps_text = log.enabled and log.masking is Masking.FULL_TEXT
    return Record(
        message=message if keeps_text else replace(message, items=()),
        verdict=verdict._replace(hits=_listed(verdict.hits), shadow_hits=_listed(verdict.shadow_hits)),
        hit_count=len(verdict.hits),
        shadow_hit_count=len(verdict.shadow_hits),
        rules=_rule_hits(verdict),
        log=log,
        decided_at=decided_at,
    )


def _listed(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """Returns the longest hit of each rule first, then the longest of all, as many as a record lists."""
    if len(hits) <= MOST_HITS:
        return hits
    longest: dict[str, Hit] = {}
    for hit in hits:
        known = longest.get(hit.rule.rule_id)
        if known is None or hit.length > known.length:
            longest[hit.rule.rule_id] = hit
    first = list(longest.values())[:MOST_HITS]
    chosen = {id(hit) for hit in first}
    others = (hit for hit in hits if id(hit) not in chosen)
    return (*first, *nlargest(MOST_HITS - len(first), others, key=lambda hit: hit.length))


def _rule_hits(verdict: Verdict) -> tuple[RuleHit, ...]:
    rules = {hit.rule.rule_id: hit.rule for hit in (*verdict.hits, *verdict.shadow_hits)}
    conditions: dict[str, set[Condition]] = {rule_id: set() for rule_id in rules}
    for hit in (*verdict.hits, *verdict.shadow_hits):
        conditions[hit.rule.rule_id].add(hit.condition)
    struck_out = {strikes.rule_id for strikes in verdict.strikes if strikes.is_out}
    return tuple(
        RuleHit(
            rule_id,
            frozenset(conditions[rule_id]),
            shadow=rule.state is State.SHADOW,
            kicks=rule.action.kind in KICKING or rule_id in struck_out,
        )
        for rule_id, rule in rules.items()
    )
