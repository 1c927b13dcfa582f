"""Parts of imports: protos to the domain and back."""

from collections.abc import Sequence

from blacklist_service.convert.entries import read_expiry, read_list
from blacklist_service.domain import validation
from blacklist_service.domain.entry import ImportItem, ImportPart, Origin, Source, SourceKind
from blacklist_service.domain.limits import CUSTOMERS_PER_CALL
from blacklist_service.store import Account
from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from service_kit.errors import InvalidFields, Violation
from service_kit.ids import id_violations
from service_kit.required import missing

Refusal = pb.ImportEntriesResponse.Refusal
_SHOWN = 64
"""Characters shown of an id that is none."""


def read_part(
    request: pb.ImportEntriesRequest, added_by: str, added_at: float
) -> tuple[ImportPart, list[Refusal]]:
    """Reads a part of an import, and which of its items are refused for what they are.

    Raises:
        InvalidFields: something else is wrong with the part; names every violation.
    """
    violations = list(id_violations("corp_id", request.corp_id))
    violations += id_violations("import_id", request.import_id)
    blacklist = read_list(request.list, violations)
    violations += validation.reason_violations(request.reason)
    if len(request.items) > CUSTOMERS_PER_CALL:
        violations.append(
            Violation("items", f"at most {CUSTOMERS_PER_CALL} are allowed, not {len(request.items)}")
        )
    if request.first_index < 0:
        violations.append(Violation("first_index", f"0 or more is needed, not {request.first_index}"))
    if violations or blacklist is None:
        raise InvalidFields(violations)
    source = Source(SourceKind.IMPORT, request.import_id)
    origins = {"": Origin(request.reason, source, added_by)}
    items: list[ImportItem | None] = []
    refusals = []
    for index, item in enumerate(request.items, request.first_index):
        wrong = missing(item) if item.HasField("expire_time") else []
        id, reason, expires_at = item.external_userid, item.reason, None if wrong else read_expiry(item)
        if problem := validation.item_problem(id, reason, expires_at, added_at, wrong):
            refusals.append(Refusal(index=index, external_userid=id[:_SHOWN], why=problem))
            items.append(None)
            continue
        origin = origins.get(reason) or origins.setdefault(reason, Origin(reason, source, added_by))
        items.append(ImportItem(id, origin, expires_at))
    part = ImportPart(blacklist, request.import_id, request.first_index, tuple(items), added_at)
    return part, refusals


def write_account(account: Account, refusals: Sequence[Refusal]) -> pb.ImportEntriesResponse:
    """Writes how far an import is, and what was refused of the part that was just taken."""
    return pb.ImportEntriesResponse(
        next_index=account.next,
        added_count=account.added,
        already_listed_count=account.already_listed,
        refused_count=account.refused,
        refusals=(it for it in refusals if account.begun <= it.index < account.next),
        count=account.count,
        limit=account.limit,
        list_full=account.full,
        blacklist_revision=str(account.revision),
    )
