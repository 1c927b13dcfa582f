"""Rules: create, read, change, delete."""

import asyncio
from typing import TYPE_CHECKING

from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1.rule_pb2 import RULE_STATE_DISABLED, KeywordWarning, Rule
from rule_service import access
from rule_service.convert.keyword_warning import write_warning
from rule_service.convert.rule import merged, read_owner, read_rule, write_draft, write_rule
from rule_service.domain import rule as domain
from rule_service.domain.history import EditKind
from rule_service.domain.keyword_warnings import keyword_warnings
from rule_service.domain.violations import reason_violations
from rule_service.editing import delete_rule, update_rule
from rule_service.servicers.base import Servicer, begin, require_corp
from rule_service.servicers.rule_pages import rule_page
from service_kit import pages
from service_kit.errors import Violation
from service_kit.ids import id_violations, new_rule_id, require_id
from service_kit.required import missing
from service_kit.writes import begin_write

if TYPE_CHECKING:
    from rule_service.servicers.base import Context


class RuleMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def CreateRule(self, request: pb.CreateRuleRequest, context: "Context") -> pb.CreateRuleResponse:
        write, edit = begin_write(request), self._edit(EditKind.CREATED, request.reason)
        known = [*missing(request), *reason_violations("reason", edit.reason)]
        rule = _read_new(request, new_rule_id(edit.at), edit.at, known)
        access.require_edit(request.corp_id, rule.owner)
        [stored], revision = await self._store.create_rules(write, [rule], edit)
        return pb.CreateRuleResponse(
            rule=write_rule(stored), rules_revision=str(revision), warnings=await _warnings(stored.rule)
        )

    async def ValidateRule(
        self, request: pb.ValidateRuleRequest, context: "Context"
    ) -> pb.ValidateRuleResponse:
        now = self._clock()
        rule = _read_new(request, "", now, missing(request))
        access.require_validate(request.corp_id, rule.owner)
        return pb.ValidateRuleResponse(rule=write_draft(rule), warnings=await _warnings(rule))

    async def GetRule(self, request: pb.GetRuleRequest, context: "Context") -> Rule:
        require_corp(request)
        [stored] = await self._store.get_rules(request.corp_id, [request.rule_id])
        access.require_see(request.corp_id, stored.rule.owner)
        return write_rule(stored)

    async def ListRules(self, request: pb.ListRulesRequest, context: "Context") -> pb.ListRulesResponse:
        require_corp(request)
        owner = read_owner(request.owner, "owner") if request.HasField("owner") else None
        access.require_see(request.corp_id, owner)
        query = repr((request.corp_id, owner))
        after, size = pages.read_token(query, request.page_token, str, ""), pages.page_size(request.page_size)
        seen = access.seen_owners(request.corp_id)
        if owner is None and seen is not None:
            found = await self._store.list_rules_of(request.corp_id, seen, after, size + 1)
        else:
            found = await self._store.list_rules(request.corp_id, owner, after, size + 1)
        rules, more = rule_page(request.corp_id, query, found, size)
        return pb.ListRulesResponse(rules=rules, next_page_token=more)

    async def UpdateRule(self, request: pb.UpdateRuleRequest, context: "Context") -> pb.UpdateRuleResponse:
        write, edit = begin(request, whole=False), self._edit(EditKind.UPDATED, request.reason)
        require_id("rule.rule_id", request.rule.rule_id)
        stored, revision = await update_rule(
            self._store,
            write,
            edit,
            request.rule.rule_id,
            request.rule.etag,
            lambda old: read_rule(
                merged(old, request.rule, request.update_mask),
                old.rule.rule_id,
                old.rule.created_at,
                edit.at,
                list(reason_violations("reason", edit.reason)),
            ),
        )
        return pb.UpdateRuleResponse(
            rule=write_rule(stored), rules_revision=str(revision), warnings=await _warnings(stored.rule)
        )

    async def DeleteRule(self, request: pb.DeleteRuleRequest, context: "Context") -> pb.DeleteRuleResponse:
        write, edit = begin(request), self._edit(EditKind.DELETED, request.reason)
        revision = await delete_rule(self._store, write, edit, request.rule_id, request.etag)
        return pb.DeleteRuleResponse(rules_revision=str(revision))


def _read_new(
    request: pb.CreateRuleRequest | pb.ValidateRuleRequest, rule_id: str, now: float, known: list[Violation]
) -> domain.Rule:
    """Reads a rule to be created; raises as `read_rule` does, for a corp_id that is none, too."""
    known += id_violations("corp_id", request.corp_id) if request.corp_id else ()
    request.rule.state = request.rule.state or RULE_STATE_DISABLED
    return read_rule(request.rule, rule_id, now, now, known)


async def _warnings(rule: domain.Rule) -> list[KeywordWarning]:
    """Returns what to know of a rule's keywords; looked for in a thread, since the first time takes a while."""
    return [*map(write_warning, await asyncio.to_thread(keyword_warnings, rule.conditions))]
