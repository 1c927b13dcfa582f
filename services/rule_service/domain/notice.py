"""The announcement (群公告) that tells a group's members which rules are in force.

It is read by those whom the rules are for, so it holds no keyword of any of them: each sentence is taken only if the text
with it is free of them all. A sentence that is not gets a plainer form, or goes.
"""

from collections.abc import Iterable, Sequence

from rule_service.domain import limits
from rule_service.domain.notice_lines import LINES
from rule_service.domain.rule import Rule, State
from service_kit.matching import contains, fold

_OPENINGS = ("【群公告】为了让大家安心交流，请各位群成员留意以下约定：", "请留意以下约定：", "群内约定：")
_CLOSINGS = ("感谢大家的理解与配合，让我们一起维护良好的群内秩序！", "感谢配合！")
_BULLETS = ("\n· ", "\n")


def render_notice(rules: Iterable[Rule]) -> str:
    """Writes the announcement for the rules bound to a group, in whatever state; empty if none is enabled.

    The same for the same rules, whatever their order. At most `limits.NOTICE_CHARACTERS` long.
    """
    enabled = [rule for rule in rules if rule.state is State.ENABLED]
    if not enabled:
        return ""
    notice = _Notice(enabled)
    notice.add(_OPENINGS)
    for line in (line for write in LINES for line in write(enabled)):
        notice.add([f"{bullet}{form}" for form in line.forms for bullet in _BULLETS])
    notice.add([f"\n{closing}" for closing in _CLOSINGS])
    return notice.text.strip()


class _Notice:
    """A text that grows and never holds a keyword."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.text = ""
        self._keywords = {
            fold(keyword.text)
            for rule in rules
            for condition in (rule.conditions.keywords, rule.conditions.nickname_keywords)
            for keyword in (condition.keywords if condition else ())
        }

    def add(self, forms: Iterable[str]) -> None:
        """Adds the first of the forms that may stand here, if one may."""
        for form in forms:
            longer = self.text + form
            if len(longer) <= limits.NOTICE_CHARACTERS and not self._holds_keyword(longer):
                self.text = longer
                return

    def _holds_keyword(self, text: str) -> bool:
        folded = fold(text)
        return any(word in folded and contains(folded, word) for word in self._keywords)
