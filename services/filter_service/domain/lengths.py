"""How long a message is, and which rules think it too long."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from filter_service.domain.conditions import LengthCondition
from filter_service.domain.message import Item, MessageType, PartKind
from filter_service.domain.rule import Rule
from filter_service.domain.verdict import Condition, Figures, Hit, Unit


def written(items: tuple[Item, ...]) -> list[str]:
    """Returns the texts that the sender wrote: not what is on cards or in forwarded conversations."""
    if len(items) == 1:  # nearly always so
        return [part.text for part in items[0].parts if part.kind is PartKind.TEXT]
    forwarded = [item.path for item in items if item.type is MessageType.CHAT_RECORD]
    return [
        part.text
        for item in items
        for part in item.parts
        if part.kind is PartKind.TEXT
        and not any(item.path[: len(path)] == path and item.path != path for path in forwarded)
    ]


class LengthRules:
    """Immutable; a message within all bounds costs the same whatever the number of rules."""

    __slots__ = ("_characters", "_least", "_lines")

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        """Takes rules that are judged; those without such a condition are left out."""
        rules = tuple(rules)
        self._characters = _Bounds(rules, lambda it: it.max_characters, Unit.CHARACTERS)
        self._lines = _Bounds(rules, lambda it: it.max_lines, Unit.LINES)
        self._least = min([*self._characters.limits, *self._lines.limits], default=None)

    def hits(self, items: tuple[Item, ...]) -> list[Hit]:
        """Returns what is too long for which rule."""
        if self._least is None:
            return []
        texts = written(items)
        characters = sum(map(len, texts))
        if characters <= self._least:  # so are the lines: each has a character at least, if only its end
            return []
        lines = sum(len(text.splitlines()) for text in texts)
        return [*self._characters.hits(characters), *self._lines.hits(lines)]


class _Bounds:
    """The rules that bound one thing, by their limits."""

    __slots__ = ("_rules", "_unit", "limits")

    def __init__(self, rules: Iterable[Rule], bound: Callable[[LengthCondition], int], unit: Unit) -> None:
        bounded = [(limit, rule) for rule in rules if rule.length and (limit := bound(rule.length))]
        bounded.sort(key=lambda it: it[0])
        self.limits = [limit for limit, _ in bounded]
        self._rules = [rule for _, rule in bounded]
        self._unit = unit

    def hits(self, observed: int) -> Iterator[Hit]:
        for place in range(bisect_left(self.limits, observed)):
            figures = Figures(self._unit, observed, self.limits[place])
            yield Hit(self._rules[place], Condition.LENGTH, figures=figures)
