"""What can't be told of a message when nothing can be counted."""

from collections.abc import Iterable

from filter_service.domain.findings import Findings
from filter_service.domain.rule import ActionKind, Rule, State
from filter_service.domain.verdict import Check, Skipped, SkipReason


def uncounted(findings: Findings) -> list[Skipped]:
    """Returns the checks that are missing, with the rules that they are missing for."""
    return [
        Skipped(check, SkipReason.UNAVAILABLE, tuple(sorted(rule.rule_id for rule in rules)))
        for check, rules in _counting(findings)
        if rules
    ]


def first_uncounted(findings: Findings) -> Check | None:
    """Returns a check that an enforced rule misses; None if none does."""
    return next((check for check, rules in _counting(findings) if any(map(_is_enforced, rules))), None)


def _counting(findings: Findings) -> Iterable[tuple[Check, tuple[Rule, ...]]]:
    later = ActionKind.KICK_AFTER_WARNINGS
    return (
        (Check.STRIKES, tuple(rule for rule in findings.rules if rule.action.kind is later)),
        (Check.FREQUENCY, findings.counted.frequency),
        (Check.REPEAT, findings.counted.repeat),
    )


def _is_enforced(rule: Rule) -> bool:
    return rule.state is State.ENABLED
