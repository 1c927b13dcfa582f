"""Which rules do not want which sorts of message, so that a message is asked only those that concern it."""

from collections import defaultdict
from collections.abc import Iterable

from filter_service.domain.message import MessageType
from filter_service.domain.rule import Rule


class TypeRules:
    """Immutable; for an ordinary text nothing is done, whatever the number of rules."""

    __slots__ = ("_by_type",)

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        """Takes rules that are judged; those without such a condition are left out."""
        by_type: dict[MessageType, list[Rule]] = defaultdict(list)
        for rule in rules:
            if rule.message_types is not None:
                for type_ in rule.message_types.types:
                    by_type[type_].append(rule)
        self._by_type = {type_: tuple(rules) for type_, rules in by_type.items()}

    @property
    def is_empty(self) -> bool:
        """Whether there is no such rule."""
        return not self._by_type

    @property
    def want_urls(self) -> bool:
        """Whether a rule asks for pages, so that a message's URLs must be read."""
        return MessageType.LINK in self._by_type

    def concerned(self, types: Iterable[MessageType]) -> list[Rule]:
        """Returns the rules that name one of the types, each once."""
        return list({rule.rule_id: rule for type_ in types for rule in self._by_type.get(type_, ())}.values())
