"""The rule that looks for competitors' names, which only the caller knows."""

from collections.abc import Iterator, Sequence

from rule_service.domain.conditions import Conditions, Keyword, KeywordCondition
from rule_service.domain.templates.draft import Draft, warn
from service_kit.errors import Violation
from service_kit.matching import contains, is_blank

_TEXTS = (
    "{nickname}，您好！本群只交流本店的商品和服务，请不要讨论其他商家，感谢您的理解与支持。",
    "您好，这里仅供咨询我们自己的产品，麻烦换个话题，谢谢配合！",
    "温馨提示：聊天内容须与群主题有关。",
    "🙏",
)
"""Warnings, the first that holds none of the names is taken: a competitor may be called 本店 or 您好."""


def competitor_draft(names: Sequence[str]) -> Draft:
    """Returns the rule; see `competitor_violations` for names that it can't be made of."""
    words = KeywordCondition(tuple(map(Keyword, names)))
    return Draft("提及其他商家", Conditions(keywords=words), warn(_text(names)))


def competitor_violations(field: str, names: Sequence[str]) -> Iterator[Violation]:
    """Yields each name that even the best warning holds: everybody in the group would read it there."""
    text = _text(names)
    for index, name in enumerate(names):
        if _holds(text, name):
            yield Violation(f"{field}[{index}]", f"every warning that could be given holds {name[:64]!r}")


def _text(names: Sequence[str]) -> str:
    return min(_TEXTS, key=lambda text: sum(_holds(text, name) for name in names))


def _holds(text: str, name: str) -> bool:
    return not is_blank(name) and contains(text, name)
