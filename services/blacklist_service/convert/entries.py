"""Entries and what is done with them: protos to the domain and back."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from blacklist_service.domain import validation
from blacklist_service.domain.entry import (
    Addition,
    Blacklist,
    Entry,
    ListKind,
    Origin,
    Query,
    Removal,
    Source,
    SourceKind,
)
from blacklist_service.store import Added, Removed
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.common.v1 import blacklist_kind_pb2
from service_kit.errors import InvalidFields, Violation
from service_kit.ids import id_violations
from service_kit.revision import Revision

K = TypeVar("K")

LISTS = {
    blacklist_kind_pb2.BLACKLIST_KIND_ENTERPRISE: ListKind.ENTERPRISE,
    blacklist_kind_pb2.BLACKLIST_KIND_PERSONAL: ListKind.PERSONAL,
}
_SOURCES = {
    pb.SOURCE_KIND_MANUAL: SourceKind.MANUAL,
    pb.SOURCE_KIND_RULE: SourceKind.RULE,
    pb.SOURCE_KIND_IMPORT: SourceKind.IMPORT,
}
_DEFAULT_SOURCE = pb.SOURCE_KIND_MANUAL


def read_addition(request: pb.AddEntriesRequest, added_by: str, added_at: float) -> Addition:
    """Reads what an AddEntries call asks for.

    Raises:
        InvalidFields: names every violation.
    """
    violations = list(id_violations("corp_id", request.corp_id))
    blacklist = read_list(request.list, violations)
    violations += validation.customers_violations(request.external_userids)
    violations += validation.reason_violations(request.reason)
    source = read_source(request.source, violations)
    if source is not None:
        violations += validation.addition_source_violations(source)
    expires_at = read_expiry(request)
    violations += validation.expiry_violations(expires_at, added_at)
    if violations or blacklist is None or source is None:
        raise InvalidFields(violations)
    origin = Origin(request.reason, source, added_by)
    return Addition(blacklist, tuple(request.external_userids), origin, added_at, expires_at)


def read_removal(request: pb.RemoveEntriesRequest) -> Removal:
    """Reads what a RemoveEntries call asks for; raises as `read_addition` does."""
    violations = list(id_violations("corp_id", request.corp_id))
    blacklist = read_list(request.list, violations)
    violations += validation.customers_violations(request.external_userids)
    if violations or blacklist is None:
        raise InvalidFields(violations)
    return Removal(blacklist, tuple(request.external_userids))


def read_expiry(message: Any) -> float | None:
    """Reads an `expire_time`; None if there is none."""
    if not message.HasField("expire_time"):
        return None
    expires_at: float = message.expire_time.ToMicroseconds() / 1_000_000
    return expires_at


def read_revision(token: str, violations: list[Violation]) -> Revision | None:
    """Reads a min_blacklist_revision; adds what is wrong with it to the violations."""
    try:
        return Revision.parse(token) if token else None
    except ValueError as error:
        violations.append(Violation("min_blacklist_revision", str(error)))
        return None


def read_queries(request: pb.CheckCustomersRequest) -> tuple[list[Query], Revision | None]:
    """Reads what a CheckCustomers call asks for; raises as `read_addition` does."""
    queries = [Query(query.external_userid, query.owner_userid) for query in request.queries]
    violations = list(id_violations("corp_id", request.corp_id))
    violations += validation.queries_violations(queries)
    at_least = read_revision(request.min_blacklist_revision, violations)
    if violations:
        raise InvalidFields(violations)
    return queries, at_least


def write_added(added: Added) -> pb.AddEntriesResponse:
    """Writes what an addition did."""
    outcomes = (
        pb.AddEntriesResponse.OUTCOME_ADDED if is_new else pb.AddEntriesResponse.OUTCOME_ALREADY_LISTED
        for is_new in added.is_new
    )
    return pb.AddEntriesResponse(
        outcomes=outcomes, count=added.count, limit=added.limit, blacklist_revision=str(added.revision)
    )


def write_removed(removed: Removed) -> pb.RemoveEntriesResponse:
    """Writes what a removal did."""
    outcomes = (
        pb.RemoveEntriesResponse.OUTCOME_REMOVED
        if was_listed
        else pb.RemoveEntriesResponse.OUTCOME_NOT_LISTED
        for was_listed in removed.was_listed
    )
    return pb.RemoveEntriesResponse(
        outcomes=outcomes, count=removed.count, blacklist_revision=str(removed.revision)
    )


def write_found(found: Sequence[Sequence[Entry]]) -> pb.CheckCustomersResponse:
    """Writes the entries of each look-up."""
    return pb.CheckCustomersResponse(
        results=(pb.CheckCustomersResponse.Result(entries=map(write_entry, entries)) for entries in found)
    )


def write_entry(entry: Entry) -> pb.Entry:
    """Writes an entry."""
    source = entry.origin.source
    written = pb.Entry(
        external_userid=entry.external_userid,
        list=write_list(entry.blacklist),
        reason=entry.origin.reason,
        source=pb.Source(kind=_back(_SOURCES, source.kind), id=source.id),
        added_by=entry.origin.added_by,
    )
    written.add_time.FromMicroseconds(round(entry.added_at * 1_000_000))
    if entry.expires_at is not None:
        written.expire_time.FromMicroseconds(round(entry.expires_at * 1_000_000))
    return written


def write_list(blacklist: Blacklist) -> pb.List:
    """Writes the name of a list."""
    return pb.List(kind=_back(LISTS, blacklist.kind), owner_userid=blacklist.owner_userid)


def read_list(message: pb.List, violations: list[Violation]) -> Blacklist | None:
    """Reads the name of a list; adds what is wrong with it to the violations."""
    kind = LISTS.get(message.kind)
    if kind is None:
        violations.append(_unknown("list.kind", message.kind))
        return None
    blacklist = Blacklist(kind, message.owner_userid)
    violations += validation.blacklist_violations(blacklist)
    return blacklist


def read_source(message: pb.Source, violations: list[Violation]) -> Source | None:
    """Reads a source; adds what is wrong with it to the violations."""
    kind = _SOURCES.get(message.kind or _DEFAULT_SOURCE)
    if kind is None:
        violations.append(_unknown("source.kind", message.kind))
        return None
    source = Source(kind, message.id)
    violations += validation.source_violations(source)
    return source


def _unknown(field: str, value: int) -> Violation:
    return Violation(field, f"not a value this server knows: {value}")


def _back(known: Mapping[Any, K], value: K) -> Any:
    return next(number for number, kind in known.items() if kind is value)
