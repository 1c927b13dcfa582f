"""Whole lists and the filter: protos to the domain and back."""

from blacklist_service.convert.entries import read_list, read_source
from blacklist_service.domain import validation
from blacklist_service.domain.entry import Blacklist, Source
from blacklist_service.publishing import Progress
from blacklist_service.store import ListState
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.blacklist.v1 import filter_pb2
from service_kit.bloom import FIRST_CAPACITY, Header, Shape
from service_kit.errors import InvalidFields
from service_kit.ids import id_violations


def read_list_of(
    request: pb.ListEntriesRequest | pb.GetBlacklistRequest,
) -> Blacklist:
    """Reads which list a call is about.

    Raises:
        InvalidFields: names every violation.
    """
    violations = list(id_violations("corp_id", request.corp_id))
    blacklist = read_list(request.list, violations)
    if violations or blacklist is None:
        raise InvalidFields(violations)
    return blacklist


def read_list_or_all(request: pb.ExportEntriesRequest | pb.RemoveBySourceRequest) -> Blacklist | None:
    """Reads which list a call is about; None for all. Raises as `read_list_of` does."""
    violations = list(id_violations("corp_id", request.corp_id))
    blacklist = read_list(request.list, violations) if request.HasField("list") else None
    if violations:
        raise InvalidFields(violations)
    return blacklist


def read_removed_source(request: pb.RemoveBySourceRequest) -> Source:
    """Reads whose entries go; raises as `read_list_of` does."""
    violations = list(id_violations("corp_id", request.corp_id))
    source = read_source(request.source, violations)
    if source is not None:
        violations += validation.removed_source_violations(source)
    if violations or source is None:
        raise InvalidFields(violations)
    return source


def write_state(state: ListState) -> pb.GetBlacklistResponse:
    """Writes how a list and the filter stand."""
    written = _filter(state.header) if state.header else filter_pb2.Filter(capacity=FIRST_CAPACITY)
    shape = state.header.shape if state.header else Shape.of(FIRST_CAPACITY)
    written.predicted_false_positives = shape.mistaken(written.entry_count + state.added)
    written.tail_length = state.tail_records
    written.added_count = state.added
    written.removed_count = state.removed
    return pb.GetBlacklistResponse(
        count=state.count, limit=state.limit, blacklist_revision=str(state.revision), filter=written
    )


def write_progress(progress: Progress) -> filter_pb2.RebuildFilterResponse:
    """Writes how far a filter is."""
    return filter_pb2.RebuildFilterResponse(
        done_count=progress.done,
        total_count=progress.total,
        filter=_filter(progress.header) if progress.header else None,
    )


def _filter(header: Header) -> filter_pb2.Filter:
    written = filter_pb2.Filter(
        published=True,
        size_bytes=header.shape.bytes,
        capacity=header.capacity,
        entry_count=header.entries,
        predicted_false_positives=header.shape.mistaken(header.entries),
        observed_false_positives=header.observed,
        blacklist_revision=str(header.revision),
    )
    written.publish_time.FromMicroseconds(round(header.published_at * 1_000_000))
    return written
