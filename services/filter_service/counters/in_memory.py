"""Counting in memory, for messages that nothing shall follow from."""

from bisect import bisect_right, insort
from collections import defaultdict

from filter_service.domain.claim import KICKING
from filter_service.domain.conditions import RepeatScope
from filter_service.domain.counted_hits import passed
from filter_service.domain.counting import DAY_MS, Question, Tally
from filter_service.domain.rule import ActionKind, Rule, State
from filter_service.domain.verdict import Condition, StrikeCount

_Person = tuple[str, str]
"""A chat_id and an external_userid."""


class MemoryCounters:
    """Counts as `Counters` says, for one caller: by the times that messages were sent, over all that came before.

    It forgets nothing, and so remembers no outcome: a message that comes twice counts twice.
    """

    def __init__(self) -> None:
        self._sent: defaultdict[_Person, list[int]] = defaultdict(list)
        self._said: defaultdict[tuple[_Person, str], list[int]] = defaultdict(list)
        self._strikes: defaultdict[_Person, dict[str, list[int]]] = defaultdict(dict)
        """By rule_id."""

    def count(self, question: Question) -> Tally:
        """Counts a message."""
        frequency, repeat = self._frequency(question), self._repeat(question)
        counted = question.counted
        hit = {rule.rule_id: rule for rule in question.hits}
        for rules, figures, condition in (
            (counted.frequency, frequency, Condition.FREQUENCY),
            (counted.repeat, repeat, Condition.REPEAT),
        ):
            for rule in rules:
                if passed(rule, condition, figures[rule.rule_id]) is not None:
                    hit[rule.rule_id] = rule
        strikes = tuple(
            self._strike(question, rule) for rule_id, rule in sorted(hit.items()) if _strikes(rule)
        )
        if any(_kicks(rule) for rule in hit.values()) or any(it.is_out and not it.shadow for it in strikes):
            self._strikes.pop(_person(question), None)
        for it in strikes:
            if it.is_out and it.shadow:  # would have kicked, so that its own warnings begin anew
                self._strikes[_person(question)].pop(it.rule_id, None)
        return Tally(frequency, repeat, strikes)

    def _frequency(self, question: Question) -> dict[str, int]:
        rules = question.counted.frequency
        if not rules:
            return {}
        times = self._sent[_person(question)]
        insort(times, question.at_ms)
        return {
            rule.rule_id: _within(times, question.at_ms, rule.frequency.window_ms)
            for rule in rules
            if rule.frequency
        }

    def _repeat(self, question: Question) -> dict[str, int]:
        figures = {}
        scopes = {rule.repeat.scope for rule in question.counted.repeat if rule.repeat}
        for scope in scopes:
            insort(self._said_in(question, scope), question.at_ms)
        for rule in question.counted.repeat:
            if rule.repeat:
                times = self._said_in(question, rule.repeat.scope)
                figures[rule.rule_id] = _within(times, question.at_ms, rule.repeat.window_ms)
        return figures

    def _said_in(self, question: Question, scope: RepeatScope) -> list[int]:
        chat_id = "" if scope is RepeatScope.CORP else question.chat_id
        return self._said[(chat_id, question.external_userid), question.counted.content]

    def _strike(self, question: Question, rule: Rule) -> StrikeCount:
        times = self._strikes[_person(question)].setdefault(rule.rule_id, [])
        insort(times, question.at_ms)
        count = _within(times, question.at_ms, DAY_MS)
        return StrikeCount(rule.rule_id, count, rule.action.warnings_before_kick, rule.state is State.SHADOW)


def _person(question: Question) -> _Person:
    return question.chat_id, question.external_userid


def _within(times: list[int], at_ms: int, window_ms: int) -> int:
    """Counts the times in the window up to a time, the beginning not included."""
    return bisect_right(times, at_ms) - bisect_right(times, at_ms - window_ms)


def _strikes(rule: Rule) -> bool:
    return rule.action.kind is ActionKind.KICK_AFTER_WARNINGS


def _kicks(rule: Rule) -> bool:
    return rule.action.kind in KICKING and rule.state is State.ENABLED
