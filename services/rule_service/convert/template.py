"""What a template is asked to make: protos to the domain, and drafts to protos."""

from groupguard.rule.v1 import templates_pb2
from rule_service.convert.rule import read_state
from rule_service.convert.values import ValueReader
from rule_service.domain.rule import State
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
