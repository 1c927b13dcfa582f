"""What the rules bound to one group want, words in messages aside."""

from collections.abc import Sequence
from dataclasses import dataclass

from filter_service.domain.lengths import LengthRules
from filter_service.domain.rule import Rule
from filter_service.domain.selecting import Selecting
from filter_service.domain.type_rules import TypeRules
from filter_service.domain.verdict import Check, Skipped, SkipReason


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Made once for all groups that the same rules are bound to."""

    is_empty: bool
    """Whether there is no such rule."""
    is_about_senders: bool
    """Whether any asks more than what a message is."""
    types: TypeRules
    lengths: LengthRules
    muted: Selecting
    frequency: Selecting
    repeat: Selecting
    nickname_rules: frozenset[str]
    """Rules, by rule_id, with words that are looked for in names."""
    unknown: tuple[Skipped, ...]
    """What this version does not know how to judge."""


def plan_of(rules: Sequence[Rule]) -> Plan:
    """Makes the plan for the rules that are bound to a group, none of which is DISABLED."""
    unknown = sorted(rule.rule_id for rule in rules if rule.has_unknown_conditions)
    return Plan(
        is_empty=not rules,
        is_about_senders=any(rule.needs_more_than_message for rule in rules),
        types=TypeRules(rules),
        lengths=LengthRules(rules),
        muted=Selecting(rules, lambda rule: rule.muted),
        frequency=Selecting(rules, lambda rule: rule.frequency.senders if rule.frequency else None),
        repeat=Selecting(rules, lambda rule: rule.repeat.senders if rule.repeat else None),
        nickname_rules=frozenset(rule.rule_id for rule in rules if rule.nickname_keywords),
        unknown=(Skipped(Check.CONDITIONS, SkipReason.UNSUPPORTED, tuple(unknown)),) if unknown else (),
    )
