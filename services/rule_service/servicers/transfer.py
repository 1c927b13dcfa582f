"""A corp's configuration as a whole: out of it and into it."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from groupguard.rule.v1 import transfer_pb2 as pb
from rule_service import access
from rule_service.convert.transfer import read_records
from rule_service.domain import limits
from rule_service.domain.history import EditKind
from rule_service.domain.validation import validate_reason
from rule_service.exporting import export
from rule_service.importing import Import
from rule_service.servicers.base import Servicer, require_corp
from service_kit.errors import MigrationNotAllowed, invalid

if TYPE_CHECKING:
    from rule_service.servicers.base import Context


class TransferMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    _allow_migration: bool

    async def ExportCorp(
        self, request: pb.ExportCorpRequest, context: "Context"
    ) -> AsyncIterator[pb.ExportCorpResponse]:
        require_corp(request)
        async for part in export(self._store, request.corp_id):
            yield part

    async def ImportCorp(
        self, request_iterator: AsyncIterator[pb.ImportCorpRequest], context: "Context"
    ) -> AsyncIterator[pb.ImportCorpResponse]:
        corp_id, records, changed = "", 0, 0
        async for request in request_iterator:
            self._check(request, corp_id)
            corp_id = request.corp_id
            edit = self._edit(EditKind.IMPORTED, request.reason)
            importing = Import(self._store, corp_id, edit, request.migrate)
            part = read_records(request.records)
            changed += await importing.take(part, records)
            records += len(part)
            revision = await self._store.revision(corp_id)
            yield pb.ImportCorpResponse(
                record_count=records, changed_count=changed, rules_revision=str(revision)
            )

    def _check(self, request: pb.ImportCorpRequest, corp_id: str) -> None:
        require_corp(request)
        if corp_id and request.corp_id != corp_id:
            raise invalid(
                "corp_id", f"the same in every part is needed: {corp_id!r}, not {request.corp_id!r}"
            )
        access.require_import(request.corp_id, request.migrate)
        if request.migrate and not self._allow_migration:
            raise MigrationNotAllowed
        if len(request.records) > limits.RECORDS_PER_IMPORT_PART:
            most = limits.RECORDS_PER_IMPORT_PART
            raise invalid("records", f"1 to {most} are allowed, not {len(request.records)}")
        validate_reason(request.reason)
