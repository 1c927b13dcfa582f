"""The announcement (群公告) that tells a group's members which rules are in force.

It is read by those whom the rules are for, so it holds no keyword of any of them: each sentence is taken only if the text
with it is free of them all, each by its own match mode. A sentence that is not gets a plainer form, or goes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from rule_service.domain import limits
from rule_service.domain.notice_lines import LINES
from rule_service.domain.rule import Rule, State
from service_kit.matching import MatchMode, searching, why_unfit

_OPENINGS = ("【群公告】为了让大家安心交流，请各位群成员留意以下约定：", "请留意以下约定：", "群内约定：")
_CLOSINGS = ("感谢大家的理解与配合，让我们一起维护良好的群内秩序！", "感谢配合！")
_BULLETS = ("\n· ", "\n")

Searched = tuple[str, MatchMode]
"""A keyword to look for, and how."""


def render_notice(rules: Iterable[Rule]) -> str:
    """Writes the announcement for the rules bound to a group, in whatever state; empty if none is enabled.

    The same for the same rules, whatever their order. At most `limits.NOTICE_CHARACTERS` long.
    """
    enabled = [rule for rule in rules if rule.state is State.ENABLED]
    if not enabled:
        return ""
    keywords = _keywords(enabled)
    found_in = searching(keywords)
    held: set[Searched] = set()
    while True:
        text = _written(enabled, searching(held))
        found = found_in(text)
        if not found:
            return text.strip()
        held.update(keywords[index] for index in found)


def _keywords(rules: Iterable[Rule]) -> list[Searched]:
    """Returns what the announcement may not hold; nothing holds a keyword that its mode no longer fits."""
    return list(
        {
            (keyword.text, keyword.match_mode)
            for rule in rules
            for condition in (rule.conditions.keywords, rule.conditions.nickname_keywords)
            for keyword in (condition.keywords if condition else ())
            if why_unfit(keyword.text, keyword.match_mode) is None
        }
    )


def _written(rules: Sequence[Rule], found_in: Callable[[str], list[int]]) -> str:
    """Writes the announcement without those keywords that a function finds.

    Looking for all keywords before each sentence would take too long where there are 100,000, so `render_notice` looks
    for all of them only in whole announcements, and has the next one written without those that it found.
    """
    text = ""
    for forms in _sentences(rules):
        for form in forms:
            longer = text + form
            if len(longer) <= limits.NOTICE_CHARACTERS and not found_in(longer):
                text = longer
                break
    return text


def _sentences(rules: Sequence[Rule]) -> Iterator[Sequence[str]]:
    """Yields each sentence in all forms that it may have, the best first."""
    yield _OPENINGS
    for line in (line for write in LINES for line in write(rules)):
        yield [f"{bullet}{form}" for form in line.forms for bullet in _BULLETS]
    yield [f"\n{closing}" for closing in _CLOSINGS]
