"""The commonest things that can be wrong with a field."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from rule_service.domain import limits
from service_kit.errors import Violation
from service_kit.ids import id_violations
from service_kit.matching import is_blank


def text_violations(field: str, text: str, most: int) -> Iterator[Violation]:
    """Yields what is wrong with a text that must say something: 1 to `most` characters."""
    if is_blank(text):
        yield Violation(field, f"1 to {most} characters are needed, not only what nobody sees")
    elif len(text) > most:
        yield too_long(field, text, most)


def reason_violations(field: str, reason: str) -> Iterator[Violation]:
    """Yields what is wrong with the reason of a write: it may be empty or have lines, not steer a terminal."""
    if len(reason) > limits.REASON_CHARACTERS:
        yield too_long(field, reason, limits.REASON_CHARACTERS)
    if any(unicodedata.category(it) == "Cc" and it not in "\t\n\r" for it in reason):
        yield Violation(field, "control characters other than tabs and line ends are not allowed")


def too_long(field: str, text: str, most: int) -> Violation:
    """Returns the violation of a text with too many characters."""
    return Violation(field, f"at most {most} characters are allowed, not {len(text)}")


def count_violations(field: str, number: int, most: int, least: int = 1) -> Iterator[Violation]:
    """Yields what is wrong with a number of things, or a number itself."""
    if not least <= number <= most:
        yield Violation(field, f"{least} to {most} are allowed, not {number}")


def repeat_violations(
    field: str, forms: Sequence[object], suffix: str = "", note: str = ""
) -> Iterator[Violation]:
    """Yields each item of a list that is the same as an earlier one.

    Args:
        field: the list.
        forms: what is compared, one for each item; None is compared with nothing.
        suffix: what follows the index in an item's path, as `.text`.
        note: in what way they are the same, where that is not plain.
    """
    yield from shared_violations(field, [() if form is None else (form,) for form in forms], suffix, note)


def shared_violations(
    field: str, forms: Sequence[Iterable[object]], suffix: str = "", note: str = ""
) -> Iterator[Violation]:
    """Yields each item of a list that has a form in common with an earlier one; see `repeat_violations`."""
    seen: dict[object, int] = {}
    for index, own in enumerate(forms):
        own = tuple(own)
        if known := [seen[form] for form in own if form in seen]:
            yield Violation(
                f"{field}[{index}]{suffix}",
                f"the same as {field.rpartition('.')[2]}[{min(known)}]{suffix}{note}",
            )
        for form in own:
            seen.setdefault(form, index)


def ids_violations(field: str, ids: Sequence[str], most: int, least: int = 1) -> Iterator[Violation]:
    """Yields what is wrong with a list of ids: their number, each of them, and repeats."""
    yield from count_violations(field, len(ids), most, least)
    for index, id in enumerate(ids):
        yield from id_violations(f"{field}[{index}]", id)
    yield from repeat_violations(field, ids)
