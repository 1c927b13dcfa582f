"""Which requests are valid; every violation is named, not only the first."""

from collections.abc import Iterator, Sequence

from blacklist_service.domain.entry import Blacklist, ListKind, Query, Source, SourceKind
from blacklist_service.domain.limits import CUSTOMERS_PER_CALL, MOST_SECONDS_LISTED, REASON_CHARACTERS
from service_kit.errors import Violation
from service_kit.ids import MOST_BYTES, id_violations


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
    if source.kind is SourceKind.MANUAL:
        if source.id:
            yield Violation("source.id", f"must be empty for {source.kind.name}")
    else:
        yield from id_violations("source.id", source.id)


def addition_source_violations(source: Source) -> Iterator[Violation]:
    """Yields why an addition may not name a source."""
    if source.kind is SourceKind.IMPORT:
        yield Violation("source.kind", "IMPORT is for ImportEntries alone")


def removed_source_violations(source: Source) -> Iterator[Violation]:
    """Yields why nothing can be removed by a source."""
    if source.kind is SourceKind.MANUAL:
        yield Violation("source.kind", "RULE or IMPORT is needed: MANUAL would be everything added by hand")


def expiry_violations(expires_at: float | None, now: float) -> Iterator[Violation]:
    """Yields what is wrong with the time when an entry expires; both in seconds since 1970."""
    if expires_at is None:
        return
    if expires_at <= now:
        yield Violation("expire_time", "a time in the future is needed")
    elif expires_at > now + MOST_SECONDS_LISTED:
        yield Violation("expire_time", "at most 100 years from now are allowed; leave it unset for good")


def item_problem(
    external_userid: str, reason: str, expires_at: float | None, now: float, known: Sequence[Violation]
) -> str:
    """Returns what is wrong with an item of an import, or nothing; `known` is what was found before."""
    # Nearly all ids are of this form, and there may be millions of them.
    simple = (
        len(external_userid) <= MOST_BYTES and external_userid.isascii() and external_userid.isprintable()
    )
    if simple and external_userid and not reason and expires_at is None and not known:
        return ""
    violations = [
        *known,
        *id_violations("external_userid", external_userid),
        *reason_violations(reason),
        *expiry_violations(expires_at, now),
    ]
    return f"{violations[0].field}: {violations[0].description}" if violations else ""


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
