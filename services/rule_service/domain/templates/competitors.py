"""The rule that looks for competitors' names, which only the caller knows."""

from collections.abc import Iterator, Sequence

from rule_service.domain.conditions import Conditions, KeywordCondition
from rule_service.domain.match_modes import default_keyword
from rule_service.domain.templates.draft import Draft, warn
from service_kit.errors import Violation
from service_kit.matching import contained, is_blank

_TEXTS = (
    "{nickname}，您好！本群只交流本店的商品和服务，请不要讨论其他商家，感谢您的理解与支持。",
    "您好，这里仅供咨询我们自己的产品，麻烦换个话题，谢谢配合！",
    "温馨提示：聊天内容须与群主题有关。",
    "🙏",
)
"""Warnings, the first that holds none of the names is taken: a competitor may be called 本店 or 您好."""


def competitor_draft(names: Sequence[str]) -> Draft:
    """Returns the rule; see `competitor_violations` for names that it can't be made of."""
    words = KeywordCondition(tuple(map(default_keyword, names)))
    return Draft("提及其他商家", Conditions(keywords=words), warn(_text(names)))


def competitor_violations(field: str, names: Sequence[str]) -> Iterator[Violation]:
    """Yields each name that even the best warning holds: everybody in the group would read it there."""
    for index in _held(_text(names), names):
        yield Violation(f"{field}[{index}]", f"every warning that could be given holds {names[index][:64]!r}")


def _text(names: Sequence[str]) -> str:
    return min(_TEXTS, key=lambda text: len(_held(text, names)))


def _held(text: str, names: Sequence[str]) -> list[int]:
    """Returns which of the names a text holds."""
    seen = [(index, default_keyword(name)) for index, name in enumerate(names) if not is_blank(name)]
    found = contained(text, [(keyword.text, keyword.match_mode) for _, keyword in seen])
    return [seen[place][0] for place in found]
