"""How rules changed, and bringing them back."""

from typing import TYPE_CHECKING

from groupguard.rule.v1 import history_pb2 as pb
from rule_service import access
from rule_service.convert.history import write_revision
from rule_service.convert.rule import write_rule
from rule_service.domain import limits
from rule_service.domain.history import EditKind
from rule_service.restoring import owner_of, restore_rule
from rule_service.servicers.base import Servicer, begin, require_corp
from rule_service.store import RuleStore
from service_kit import pages
from service_kit.errors import invalid
from service_kit.ids import require_id

if TYPE_CHECKING:
    from rule_service.servicers.base import Context

_BATCH = 5
"""Changes to read at once, since rules may be large: six states of 620 KB at most."""


class HistoryMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def ListRuleRevisions(
        self, request: pb.ListRuleRevisionsRequest, context: "Context"
    ) -> pb.ListRuleRevisionsResponse:
        require_corp(request)
        require_id("rule_id", request.rule_id)
        access.require_see(request.corp_id, await owner_of(self._store, request.corp_id, request.rule_id))
        most, query = limits.REVISIONS_PER_RULE, repr(("history", request.corp_id, request.rule_id))
        size = pages.page_size(request.page_size, default=most, most=most)
        below = pages.read_token(query, request.page_token, pages.Number, None)
        found, last = await _page(self._store, request.corp_id, request.rule_id, below, size)
        return pb.ListRuleRevisionsResponse(
            revisions=found, next_page_token=pages.write_token(query, last) if last else ""
        )

    async def RestoreRule(self, request: pb.RestoreRuleRequest, context: "Context") -> pb.RestoreRuleResponse:
        write, edit = begin(request), self._edit(EditKind.RESTORED, request.reason)
        require_id("rule_id", request.rule_id)
        if request.revision < 1:
            raise invalid("revision", f"a positive number is needed, not {request.revision}")
        stored, revision = await restore_rule(
            self._store, write, edit, request.rule_id, request.revision, request.etag
        )
        return pb.RestoreRuleResponse(rule=write_rule(stored), rules_revision=str(revision))


async def _page(
    store: RuleStore, corp_id: str, rule_id: str, below: int | None, size: int
) -> tuple[list[pb.RuleRevision], int | None]:
    """Returns a page of changes, which large rules end early, and its last revision if more follow."""
    page: list[pb.RuleRevision] = []
    room = pages.PAGE_BYTES
    while True:
        found = await store.rule_history(corp_id, rule_id, below, _BATCH)
        for change in found:
            if len(page) == size or room < 0:
                return page, below
            page.append(write_revision(change))
            room -= page[-1].ByteSize()
            below = change.revision
        if len(found) < _BATCH:
            return page, None
