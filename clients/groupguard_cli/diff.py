"""What is different between two states of a rule, field by field."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rich.markup import escape

from groupguard.rule.v1.rule_pb2 import Rule
from groupguard_cli.flatten import Value, flatten

_NOT_COMPARED = frozenset({"rule_id", "etag", "revision", "create_time", "update_time", "group_count"})
"""What the server sets; it says nothing about what a rule does."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs."""

    path: str
    old: Value | None
    """None if it was not set."""
    new: Value | None


def differences(old: Rule, new: Rule) -> list[Difference]:
    """Returns the fields that differ, those that are set in the old state first."""
    before, after = flatten(old), flatten(new)
    return [
        Difference(path, before.get(path), after.get(path))
        for path in {**before, **after}
        if path not in _NOT_COMPARED and before.get(path) != after.get(path)
    ]


def render(found: list[Difference]) -> str:
    """Returns differences as rich markup: items of lists that went and came, other values old and new."""
    return "\n".join(line for difference in found for line in _lines(difference))


def _lines(difference: Difference) -> Iterator[str]:
    old, new = difference.old, difference.new
    yield f"[bold]{escape(difference.path)}[/bold]"
    if isinstance(old, list) or isinstance(new, list):
        went = Counter(old or ()) - Counter(new or ())
        came = Counter(new or ()) - Counter(old or ())
        if not (went or came):
            yield "  the same items in another order"
        gone, added = list(went.elements()), list(came.elements())
    else:
        gone, added = [old] if old is not None else [], [new] if new is not None else []
    yield from (f"  [red]- {escape(item)}[/red]" for item in gone)
    yield from (f"  [green]+ {escape(item)}[/green]" for item in added)
