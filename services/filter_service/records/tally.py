"""What records add to the counters of a day."""

from collections.abc import Mapping
from dataclasses import dataclass

from filter_service.domain.verdict import Condition, Decision
from filter_service.records.record import REMOVING, Record, RuleHit

MESSAGES, WARNED, KICKED, BLACKLISTED, DROPPED = "messages", "warned", "kicked", "blacklisted", "dropped"
"""Counters of a day; WARNED and KICKED are also those of a group."""
HITS, RULE_KICKED, SHADOW_HITS, WOULD_KICK, OVERLAP = "hits", "kicked", "shadow", "would_kick", "overlap"
"""Counters of a rule; see RuleStatistics in statistics.proto."""
CONDITION = "condition:"
"""Before the name of a condition: a rule's counter of messages that met it."""
_DECISIONS = {Decision.WARN: WARNED, **dict.fromkeys(REMOVING, KICKED)}


@dataclass(frozen=True, slots=True)
class Additions:
    """What one record adds, one to each."""

    totals: tuple[str, ...]
    rules: Mapping[str, tuple[str, ...]]
    """Counters by rule_id."""
    group: tuple[str, ...]
    """Counters of its group."""


def additions(record: Record) -> Additions:
    """Returns what a record adds to the counters."""
    decision = _DECISIONS.get(record.verdict.decision)
    totals = [decision] if decision else []
    return Additions(
        totals=(*totals, *([BLACKLISTED] if record.blacklisted else [])),
        rules={hit.rule_id: tuple(_of_rule(record, hit)) for hit in record.rules},
        group=tuple(totals),
    )


def _of_rule(record: Record, hit: RuleHit) -> list[str]:
    names = [condition_counter(condition) for condition in hit.conditions]
    if not hit.shadow:
        names.append(HITS)
        if record.verdict.decision in REMOVING:
            names.append(RULE_KICKED)
        return names
    names.append(SHADOW_HITS)
    if hit.kicks:
        names.append(WOULD_KICK)
    if record.hit_count:
        names.append(OVERLAP)
    return names


def condition_counter(condition: Condition) -> str:
    """Names a rule's counter of a condition."""
    return f"{CONDITION}{condition.value}"
