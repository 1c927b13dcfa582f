"""What a template is asked to make: protos to the domain, and drafts to protos."""

from groupguard.rule.v1 import rule_pb2, templates_pb2
from rule_service.convert.rule import read_state, write_rule
from rule_service.convert.values import ValueReader
from rule_service.domain.rule import Rule, State, StoredRule
from rule_service.domain.templates import Template, TemplateParameters
from service_kit.errors import InvalidFields

_TEMPLATES = {
    templates_pb2.RULE_TEMPLATE_RETAIL: Template.RETAIL,
    templates_pb2.RULE_TEMPLATE_RESTAURANT: Template.RESTAURANT,
    templates_pb2.RULE_TEMPLATE_EDUCATION: Template.EDUCATION,
}


def read_template(
    request: templates_pb2.CreateRulesFromTemplateRequest,
) -> tuple[Template, TemplateParameters, State]:
    """Reads which rules are wanted.

    Raises:
        InvalidFields: enums hold values that this server does not know.
    """
    reader = ValueReader()
    template = reader.read("template", _TEMPLATES, request.template)
    state = read_state(reader, "state", request.state)
    if reader.violations:
        raise InvalidFields(reader.violations)
    parameters = TemplateParameters(
        tuple(request.competitor_names), tuple(request.web_whitelist), tuple(request.mini_program_whitelist)
    )
    return template, parameters, state


def write_draft(rule: Rule) -> rule_pb2.Rule:
    """Writes a rule that is not there: without anything that the server gives."""
    shown = write_rule(StoredRule(rule, 0))
    for field in ("rule_id", "etag", "create_time", "update_time"):
        shown.ClearField(field)
    return shown
