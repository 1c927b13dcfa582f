"""Which rule is bound to which group."""

from typing import TYPE_CHECKING

from groupguard.rule.v1 import rule_service_pb2 as pb
from rule_service import access
from rule_service.convert.group import write_blast_radius, write_group
from rule_service.domain.rule import StoredRule
from rule_service.domain.validation import validate_configuration, validate_group_rules
from rule_service.editing import configure_groups
from rule_service.group_rules import preview_configuration, set_group_rules
from rule_service.servicers.base import Servicer, begin, require_corp
from rule_service.servicers.rule_pages import rule_page
from rule_service.store import Operation
from service_kit import pages
from service_kit.errors import invalid

if TYPE_CHECKING:
    from rule_service.servicers.base import Context

_OPERATIONS = {
    pb.ConfigureGroupsRequest.OPERATION_BIND: Operation.BIND,
    pb.ConfigureGroupsRequest.OPERATION_UNBIND: Operation.UNBIND,
}


class BindingMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def ConfigureGroups(
        self, request: pb.ConfigureGroupsRequest, context: "Context"
    ) -> pb.ConfigureGroupsResponse:
        write = begin(request)
        if request.operation not in _OPERATIONS:
            raise invalid("operation", f"not a value this server knows: {request.operation}")
        operation, touched = _OPERATIONS[request.operation], None
        asked = request.rule_ids, request.chat_ids, request.unbind_chat_ids
        validate_configuration(*asked, swaps=operation is Operation.BIND)
        if request.validate_only:
            counts, touched, revision = await preview_configuration(
                self._store, request.corp_id, operation, *asked
            )
        else:
            counts, revision = await configure_groups(self._store, write, operation, *asked)
        results = [
            pb.ConfigureGroupsResponse.RuleResult(
                rule_id=it.rule_id, groups_before=it.before, groups_after=it.after
            )
            for it in counts
        ]
        return pb.ConfigureGroupsResponse(
            results=results, rules_revision=str(revision), blast_radius=write_blast_radius(touched)
        )

    async def SetGroupRules(
        self, request: pb.SetGroupRulesRequest, context: "Context"
    ) -> pb.SetGroupRulesResponse:
        write = begin(request)
        validate_group_rules(request.chat_id, request.rule_ids)
        done, touched = await set_group_rules(
            self._store, write, request.chat_id, request.rule_ids, request.validate_only
        )
        return pb.SetGroupRulesResponse(
            bound_rule_ids=done.bound,
            unbound_rule_ids=done.unbound,
            rules_revision=str(done.revision),
            blast_radius=write_blast_radius(touched),
        )

    async def ListRuleGroups(
        self, request: pb.ListRuleGroupsRequest, context: "Context"
    ) -> pb.ListRuleGroupsResponse:
        require_corp(request)
        [stored] = await self._store.get_rules(request.corp_id, [request.rule_id])
        access.require_see(request.corp_id, stored.rule.owner)
        query, size = repr(("groups", request.corp_id, request.rule_id)), pages.page_size(request.page_size)
        after = pages.read_token(query, request.page_token, pages.Number, -1)
        groups = await self._store.list_rule_groups(request.corp_id, request.rule_id, after, size + 1)
        more = pages.write_token(query, groups[size - 1].ordinal) if len(groups) > size else ""
        return pb.ListRuleGroupsResponse(groups=map(write_group, groups[:size]), next_page_token=more)

    async def ListGroupRules(
        self, request: pb.ListGroupRulesRequest, context: "Context"
    ) -> pb.ListGroupRulesResponse:
        require_corp(request)
        [group] = await self._store.get_groups(request.corp_id, [request.chat_id])
        query, size = repr(("rules", request.corp_id, request.chat_id)), pages.page_size(request.page_size)
        after = pages.read_token(query, request.page_token, str, "")
        bound = [it for it in await self._store.rules_of_group(request.corp_id, group.ordinal) if it > after]
        found: list[StoredRule] = []
        while bound and len(found) <= size:  # a rule deleted meanwhile must not end the list early
            asked, bound = bound[: size + 1 - len(found)], bound[size + 1 - len(found) :]
            found += await self._store.find_rules(request.corp_id, asked)
        rules, more = rule_page(request.corp_id, query, found, size)
        return pb.ListGroupRulesResponse(rules=rules, next_page_token=more)
