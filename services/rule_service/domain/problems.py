"""Parts of rules that can never act or do nothing; the protos (rule/v1/problems.proto) tell what each kind means."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from rule_service.domain.conditions import KeywordCondition
from rule_service.domain.covered_entries import covered_entries
from rule_service.domain.match_modes import Form, form, keyword_form, widest_form
from rule_service.domain.rule import Rule, State, StoredRule
from service_kit.matching import MatchMode, fold

MOST_OTHERS = 20
"""Other rules to name for a keyword that several have."""


class ProblemKind(IntEnum):
    """What is wrong, in the order of listing."""

    BOUND_TO_NO_GROUP = 1
    KEYWORD_ALWAYS_EXCUSED = 2
    DUPLICATE_KEYWORD = 3
    WHITELIST_ENTRY_COVERED = 4


Place = tuple[str, int, str]
"""A problem's rule_id, kind and field: no two problems share them, and listings are sorted by them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a rule."""

    kind: ProblemKind
    rule_id: str
    field: str = ""
    value: str = ""
    because_of: str = ""
    other_rule_ids: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Where it stands in a listing."""
        return self.rule_id, self.kind, self.field


class KeywordUses:
    """Which rules have which keywords, as far as they are not disabled."""

    def __init__(self) -> None:
        self._rule_ids: dict[tuple[str, Form], list[str]] = {}

    def add(self, rule: Rule) -> None:
        """Notes a rule's keywords; rules come by rule_id."""
        if rule.state is State.DISABLED:
            return
        for name, condition in _keyword_conditions(rule):
            for keyword in condition.keywords:
                users = self._rule_ids.setdefault((name, keyword_form(keyword)), [])
                if len(users) <= MOST_OTHERS:  # one more than is named: the rule itself may be among them
                    users.append(rule.rule_id)

    def others(self, condition: str, forms: Iterable[Form], rule_id: str) -> tuple[str, ...]:
        """Returns the first rules besides one that have keywords of some forms in a condition."""
        users = {user for form in forms for user in self._rule_ids.get((condition, form), ())}
        return tuple(sorted(users - {rule_id})[:MOST_OTHERS])


def problems_of(stored: StoredRule, uses: KeywordUses) -> list[Problem]:
    """Returns what is wrong with a rule, by kind and field.

    Args:
        stored: the rule.
        uses: the keywords of all rules that it is compared with, itself among them or not.
    """
    found = [*_bound_to_none(stored), *_keywords(stored.rule, uses), *_whitelist(stored.rule)]
    return sorted(found, key=lambda problem: problem.place)


def _bound_to_none(stored: StoredRule) -> Iterator[Problem]:
    if stored.rule.state is not State.DISABLED and stored.group_count == 0:
        yield Problem(ProblemKind.BOUND_TO_NO_GROUP, stored.rule.rule_id)


def _keywords(rule: Rule, uses: KeywordUses) -> Iterator[Problem]:
    for name, condition in _keyword_conditions(rule):
        excuses = {form(phrase): phrase for phrase in condition.allow_phrases}
        for index, keyword in enumerate(condition.keywords):
            field, folded = f"conditions.{name}.keywords[{index}].text", widest_form(keyword)
            if folded in excuses and keyword.match_mode is not MatchMode.HOMOPHONE:
                yield Problem(
                    ProblemKind.KEYWORD_ALWAYS_EXCUSED, rule.rule_id, field, keyword.text, excuses[folded]
                )
            if others := uses.others(name, {folded, (MatchMode.EXACT, fold(keyword.text))}, rule.rule_id):
                yield Problem(
                    ProblemKind.DUPLICATE_KEYWORD, rule.rule_id, field, keyword.text, other_rule_ids=others
                )


def _whitelist(rule: Rule) -> Iterator[Problem]:
    entries = rule.conditions.message_types.web_whitelist if rule.conditions.message_types else ()
    for index, wider in covered_entries(entries):
        yield Problem(
            ProblemKind.WHITELIST_ENTRY_COVERED,
            rule.rule_id,
            f"conditions.message_types.web_whitelist[{index}]",
            entries[index],
            entries[wider],
        )


def _keyword_conditions(rule: Rule) -> Iterator[tuple[str, KeywordCondition]]:
    conditions = rule.conditions
    for name, condition in (
        ("keywords", conditions.keywords),
        ("nickname_keywords", conditions.nickname_keywords),
    ):
        if condition is not None:
            yield name, condition
