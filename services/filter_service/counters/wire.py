"""What the counting script is told, and what it answers; lua/count.lua says the form."""

import uuid
from collections.abc import Iterable
from typing import Any

import msgspec

from filter_service.counters.layout import (
    MOST_IN_LOG,
    MOST_STRIKES,
    REACH_MS,
    STRIKES_MS,
    encoded,
    prefix,
)
from filter_service.domain.claim import KICKING, Claim
from filter_service.domain.conditions import FrequencyCondition, RepeatCondition, RepeatScope
from filter_service.domain.counting import DAY_MS, Answer, Question, Remembered, Tally
from filter_service.domain.rule import Action, ActionKind, Blacklist, Rule, State
from filter_service.domain.verdict import StrikeCount
from service_kit.revision import Revision

_SPANS_AND_SIZES = msgspec.msgpack.encode([REACH_MS, DAY_MS, STRIKES_MS, MOST_IN_LOG, MOST_STRIKES])
_ACTIONS = list(ActionKind)
_ACTION_CODES = {kind: code for code, kind in enumerate(_ACTIONS)}
_FREQUENCY, _REPEAT = 1, 2


class Call:
    """One call of the script, for messages of one corp."""

    def __init__(self, corp_id: str, revision: Revision, now_ms: int) -> None:
        self._head = [now_ms, str(revision)]
        self._prefix = prefix(corp_id)
        self._keys = {f"{self._prefix}struck": 1, f"{self._prefix}struck_by": 2}
        self._rules: list[list[Any]] = []
        self._places: dict[str, int] = {}
        self._known: list[Rule] = []
        self._limits: list[list[list[int]]] = []
        self._limit_places: dict[tuple[int, ...], int] = {}
        self._messages: list[list[Any]] = []
        self._asked: list[list[tuple[int, str]]] = []
        """For each message, what its counts are of: frequency or repeats, and whose rule."""

    @property
    def keys(self) -> list[str]:
        """KEYS."""
        return list(self._keys)

    @property
    def arguments(self) -> list[bytes]:
        """ARGV."""
        told = [*self._head, self._rules, self._limits, self._messages]
        return [msgspec.msgpack.encode(told), _SPANS_AND_SIZES]

    def add(self, question: Question) -> None:
        """Adds a message."""
        chat, sender = encoded(question.chat_id), encoded(question.external_userid)
        person, kind = f"{chat}:{sender}", "e" if question.is_event else "m"
        logs: list[tuple[int, int, int]] = []
        asked: list[tuple[int, str]] = []
        counted = question.counted
        if counted.frequency:
            logs.append(self._log(f"sent:{person}", counted.frequency, _FREQUENCY, asked))
        if counted.repeat:
            for scope, end in ((RepeatScope.GROUP, f":{chat}"), (RepeatScope.CORP, "")):
                rules = [rule for rule in counted.repeat if rule.repeat and rule.repeat.scope is scope]
                if rules:
                    logs.append(self._log(f"said:{sender}:{counted.content}{end}", rules, _REPEAT, asked))
        self._asked.append(asked)
        self._messages.append(
            [
                question.at_ms,
                f"{kind}:{question.id}" if question.id else uuid.uuid4().hex,
                self._key(f"outcome:{sender}:{kind}:{encoded(question.id)}") if question.id else 0,
                question.listed.value,
                question.owner_userid,
                person,
                f"{sender}:{chat}",
                self._key(f"strikes:{person}"),
                self._key(f"shadow:{person}"),
                [self._rule(rule) for rule in question.hits],
                logs,
                question.shown,
            ]
        )

    def read(self, answer: bytes) -> list[Answer]:
        """Reads what the script answered, for each message in the order added."""
        told = msgspec.msgpack.decode(answer)
        return [
            _remembered(*what[0]) if known else self._tally(asked, *what)
            for asked, (known, *what) in zip(self._asked, told, strict=True)
        ]

    def _tally(self, asked: list[tuple[int, str]], counts: list[int], strikes: list[list[int]]) -> Tally:
        frequency: dict[str, int] = {}
        repeat: dict[str, int] = {}
        for (kind, rule_id), count in zip(asked, counts, strict=True):
            (frequency if kind == _FREQUENCY else repeat)[rule_id] = count
        struck = [
            StrikeCount(rule.rule_id, count, rule.action.warnings_before_kick, rule.state is State.SHADOW)
            for rule, count in ((self._known[place - 1], count) for place, count in strikes)
        ]
        struck.sort(key=lambda it: it.rule_id)
        return Tally(frequency, repeat, tuple(struck))

    def _log(
        self, name: str, rules: Iterable[Rule], kind: int, asked: list[tuple[int, str]]
    ) -> tuple[int, int, int]:
        rules = tuple(rules)
        asked += [(kind, rule.rule_id) for rule in rules]
        places = tuple(map(self._rule, rules))
        place = self._limit_places.get((kind, *places))
        if place is None:
            limits = [_limit(rule, kind) for rule in rules]
            self._limits.append(
                [[it.window_ms, it.most, place] for it, place in zip(limits, places, strict=True)]
            )
            place = self._limit_places[kind, *places] = len(self._limits)
        return self._key(name), place, kind

    def _key(self, name: str) -> int:
        return self._keys.setdefault(f"{self._prefix}{name}", len(self._keys) + 1)

    def _rule(self, rule: Rule) -> int:
        place = self._places.get(rule.rule_id)
        if place is None:
            self._known.append(rule)
            self._rules.append(_written(rule))
            place = self._places[rule.rule_id] = len(self._rules)
        return place


def _limit(rule: Rule, kind: int) -> FrequencyCondition | RepeatCondition:
    limit = rule.frequency if kind == _FREQUENCY else rule.repeat
    assert limit is not None, "only rules that count are counted for"
    return limit


def _written(rule: Rule) -> list[Any]:
    action = rule.action
    later = action.kind is ActionKind.KICK_AFTER_WARNINGS
    return [
        rule.rule_id,
        rule.revision,
        int(rule.state is State.SHADOW),
        int(action.kind in KICKING),
        action.warnings_before_kick if later else -1,
        _ACTION_CODES[action.kind],
        action.warning_text,
        action.add_to_blacklist.value,
    ]


def _remembered(
    revision: str, listed: int, owner_userid: str, shown: str, claims: list[list[Any]]
) -> Remembered:
    return Remembered(
        Revision.parse(revision),
        Blacklist(listed),
        owner_userid,
        shown,
        tuple(
            Claim(
                rule_id,
                rule_revision,
                Action(_ACTIONS[action], warnings, text, Blacklist(blacklist)),
                bool(shadow),
                frequency,
                repeat,
                strikes,
            )
            for (
                rule_id,
                rule_revision,
                shadow,
                warnings,
                action,
                text,
                blacklist,
                frequency,
                repeat,
                strikes,
            ) in claims
        ),
    )
