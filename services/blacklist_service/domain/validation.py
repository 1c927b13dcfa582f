"""Which requests are valid; every violation is named, not only the first."""

from collections.abc import Iterator, Sequence

from blacklist_service.domain.entry import Blacklist, ListKind, Query, Source, SourceKind
from blacklist_service.domain.limits import CUSTOMERS_PER_CALL, REASON_CHARACTERS
from service_kit.errors import Violation
from service_kit.ids import id_violations


def blacklist_violations(blacklist: Blacklist) -> Iterator[Violation]:
    """Yields what is wrong with the name of a list."""
    if blacklist.kind is ListKind.PERSONAL:
        yield from id_violations("list.owner_userid", blacklist.owner_userid)
    elif blacklist.owner_userid:
        yield Violation("list.owner_userid", f"must be empty for {blacklist.kind.name}")


def customers_violations(external_userids: Sequence[str]) -> Iterator[Violation]:
    """Yields what is wrong with the customers that a write names."""
    field = "external_userids"
    yield from _count(field, len(external_userids))
    seen: dict[str, int] = {}
    for index, id in enumerate(external_userids):
        yield from id_violations(f"{field}[{index}]", id)
        first = seen.setdefault(id, index)
        if first != index:
            yield Violation(f"{field}[{index}]", f"the same as {field}[{first}]")


def reason_violations(reason: str) -> Iterator[Violation]:
    """Yields what is wrong with a reason."""
    if len(reason) > REASON_CHARACTERS:
        yield Violation("reason", f"at most {REASON_CHARACTERS} characters are allowed, not {len(reason)}")


def source_violations(source: Source) -> Iterator[Violation]:
    """Yields what is wrong with a source."""
    if source.kind is SourceKind.RULE:
        yield from id_violations("source.id", source.id)
    elif source.id:
        yield Violation("source.id", f"must be empty for {source.kind.name}")


def queries_violations(queries: Sequence[Query]) -> Iterator[Violation]:
    """Yields what is wrong with look-ups; the same one twice is fine."""
    yield from _count("queries", len(queries))
    for index, query in enumerate(queries):
        yield from id_violations(f"queries[{index}].external_userid", query.external_userid)
        if query.owner_userid:
            yield from id_violations(f"queries[{index}].owner_userid", query.owner_userid)


def _count(field: str, number: int) -> Iterator[Violation]:
    if not 1 <= number <= CUSTOMERS_PER_CALL:
        yield Violation(field, f"1 to {CUSTOMERS_PER_CALL} are allowed, not {number}")
