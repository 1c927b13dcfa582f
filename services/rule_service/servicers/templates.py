"""Rules of a template."""

from typing import TYPE_CHECKING

from groupguard.rule.v1 import templates_pb2 as pb
from rule_service import access
from rule_service.convert.rule import read_owner, write_draft, write_rule
from rule_service.convert.template import read_template
from rule_service.domain.history import EditKind
from rule_service.domain.templates import template_rules
from rule_service.domain.templates.validation import validate_template
from rule_service.servicers.base import Servicer, begin
from service_kit.ids import new_rule_id

if TYPE_CHECKING:
    from rule_service.servicers.base import Context


class TemplateMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def CreateRulesFromTemplate(
        self, request: pb.CreateRulesFromTemplateRequest, context: "Context"
    ) -> pb.CreateRulesFromTemplateResponse:
        write, now = begin(request), self._clock()
        owner = read_owner(request.owner, "owner")
        access.require_edit(request.corp_id, owner)
        template, parameters, state = read_template(request)
        validate_template(template, owner, parameters)
        rules = template_rules(template, parameters, owner, state, now, lambda: new_rule_id(now))
        if request.validate_only:
            shown, revision = map(write_draft, rules), await self._store.revision(request.corp_id)
        else:
            stored, revision = await self._store.create_rules(write, rules, self._edit(EditKind.CREATED, ""))
            shown = map(write_rule, stored)
        return pb.CreateRulesFromTemplateResponse(rules=shown, rules_revision=str(revision))
