"""What the counters' figures say about the rules that count."""

from collections.abc import Iterator, Mapping

from filter_service.domain.claim import Claim
from filter_service.domain.counting import Tally
from filter_service.domain.findings import Findings
from filter_service.domain.rule import Rule, State
from filter_service.domain.verdict import MOST_ALLOWANCES, Allowance, Condition, Figures, Hit, Unit


def counted_hits(findings: Findings, tally: Tally) -> list[Hit]:
    """Returns the hits of rules of which there is too much."""
    if not tally.frequency and not tally.repeat:
        return []
    counted = findings.counted
    return [
        hit
        for rules, figures, condition in (
            (counted.frequency, tally.frequency, Condition.FREQUENCY),
            (counted.repeat, tally.repeat, Condition.REPEAT),
        )
        for rule in rules
        if (hit := passed(rule, condition, figures.get(rule.rule_id, 0))) is not None
    ]


def passed(rule: Rule, condition: Condition, observed: int) -> Hit | None:
    """Returns the hit of a rule of which there is so much; None if it may be."""
    most, window_ms = _limit(rule, condition)
    if observed <= most:
        return None
    unit = Unit.MESSAGES if condition is Condition.FREQUENCY else Unit.REPEATS
    return Hit(rule, condition, figures=Figures(unit, observed, most, window_ms))


def allowances(findings: Findings, tally: Tally) -> tuple[Allowance, ...]:
    """Returns what the enforced rules still allow, the least first, no more than a verdict lists."""
    if not tally.frequency and not tally.repeat:
        return ()
    counted = findings.counted
    left = [
        *_left(counted.frequency, tally.frequency, Condition.FREQUENCY),
        *_left(counted.repeat, tally.repeat, Condition.REPEAT),
    ]
    left.sort(key=lambda it: (it.remaining, it.rule_id))
    return tuple(left[:MOST_ALLOWANCES])


def claims_of(findings: Findings, counted: list[Hit], tally: Tally) -> list[Claim]:
    """Returns what all rules ask for that were hit."""
    if not counted and not tally.strikes:
        return [
            Claim(rule.rule_id, rule.revision, rule.action, rule.state is State.SHADOW)
            for rule in findings.rules
        ]
    rules = {rule.rule_id: rule for rule in (*findings.rules, *(hit.rule for hit in counted))}
    strikes = {it.rule_id: it.count for it in tally.strikes}
    seen = {(hit.rule.rule_id, hit.condition): hit.figures.observed for hit in counted if hit.figures}
    return [
        Claim(
            rule_id,
            rule.revision,
            rule.action,
            rule.state is State.SHADOW,
            seen.get((rule_id, Condition.FREQUENCY), 0),
            seen.get((rule_id, Condition.REPEAT), 0),
            strikes.get(rule_id, 0),
        )
        for rule_id, rule in rules.items()
    ]


def _left(rules: tuple[Rule, ...], figures: Mapping[str, int], condition: Condition) -> Iterator[Allowance]:
    for rule in rules:
        if rule.state is State.ENABLED and (observed := figures.get(rule.rule_id)) is not None:
            most, window_ms = _limit(rule, condition)
            yield Allowance(rule.rule_id, condition, max(0, most - observed), window_ms)


def _limit(rule: Rule, condition: Condition) -> tuple[int, int]:
    limit = rule.frequency if condition is Condition.FREQUENCY else rule.repeat
    return (limit.most, limit.window_ms) if limit else (0, 0)
