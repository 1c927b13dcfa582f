"""Rules that hold for some senders only."""

from collections.abc import Callable, Iterable

from filter_service.domain.rule import Rule
from filter_service.domain.sender import Selector, Sender


class Selecting:
    """Immutable; rules that select everybody cost nothing, whatever their number."""

    __slots__ = ("_choosy", "_everybodys", "rules")

    def __init__(self, rules: Iterable[Rule], selector: Callable[[Rule], Selector | None]) -> None:
        """Takes rules that are judged; those without a selector lack the condition, and are left out."""
        found = [(rule, senders) for rule in rules if (senders := selector(rule)) is not None]
        self.rules = tuple(rule for rule, _ in found)
        self._choosy = tuple(pair for pair in found if not pair[1].is_everybody)
        self._everybodys = tuple(rule for rule, senders in found if senders.is_everybody)

    def chosen(self, sender: Sender, unknown: set[str]) -> tuple[Rule, ...]:
        """Returns the rules that select a sender; those of which that is not known are added to `unknown`."""
        if not self._choosy:
            return self._everybodys
        chosen = list(self._everybodys)
        for rule, senders in self._choosy:
            selected = senders.selects(sender)
            if selected:
                chosen.append(rule)
            elif selected is None:
                unknown.add(rule.rule_id)
        return tuple(chosen)
