"""Which calls about groups of the registry are valid."""

from collections.abc import Iterator, Sequence

from rule_service.domain import limits
from rule_service.domain.violations import count_violations, ids_violations, repeat_violations
from service_kit.errors import InvalidFields, Violation
from service_kit.ids import id_violations


def validate_dismissal(chat_ids: Sequence[str]) -> None:
    """Checks what a DismissGroups call names.

    Raises:
        InvalidFields: names every violation.
    """
    if violations := list(ids_violations("chat_ids", chat_ids, limits.GROUPS_PER_DISMISSAL)):
        raise InvalidFields(violations)


def validate_filters(**filters: str) -> None:
    """Checks ids that select what is listed, by their fields' names; an empty one selects nothing.

    Raises:
        InvalidFields: names every violation.
    """
    violations = [it for field, id in filters.items() if id for it in id_violations(field, id)]
    if violations:
        raise InvalidFields(violations)


def activity_violations(chat_ids: Sequence[str]) -> Iterator[Violation]:
    """Yields what is wrong with the groups of a ReportActivity call."""
    yield from count_violations("activities", len(chat_ids), limits.ACTIVITIES_PER_CALL)
    for index, chat_id in enumerate(chat_ids):
        yield from id_violations(f"activities[{index}].chat_id", chat_id)
    yield from repeat_violations("activities", chat_ids, ".chat_id")


def swap_violations(
    chat_ids: Sequence[str], unbind_chat_ids: Sequence[str], swaps: bool
) -> Iterator[Violation]:
    """Yields what is wrong with groups that are to be unbound while others are bound.

    Args:
        chat_ids: those to bind, or to unbind where nothing is swapped.
        unbind_chat_ids: those to unbind besides.
        swaps: whether there may be any.
    """
    if unbind_chat_ids and not swaps:
        yield Violation("unbind_chat_ids", "must be empty unless groups are bound; chat_ids are unbound")
    both = len(chat_ids) + len(unbind_chat_ids)
    if max(len(chat_ids), len(unbind_chat_ids)) <= limits.GROUPS_PER_CALL < both:
        yield Violation(
            "unbind_chat_ids", f"with chat_ids together at most {limits.GROUPS_PER_CALL}, not {both}"
        )
    places = {chat_id: index for index, chat_id in reversed(list(enumerate(chat_ids)))}
    for index, chat_id in enumerate(unbind_chat_ids):
        if chat_id in places:
            yield Violation(f"unbind_chat_ids[{index}]", f"the same as chat_ids[{places[chat_id]}]")
