"""Sets of rules for a trade, to begin with; the protos (rule/v1/templates.proto) tell what each is for."""

from collections.abc import Callable, Mapping
from enum import Enum

from rule_service.domain.templates import education, restaurant, retail
from rule_service.domain.templates.competitors import competitor_draft
from rule_service.domain.templates.draft import Draft, TemplateParameters

__all__ = ["Draft", "Template", "TemplateParameters", "template_drafts"]


class Template(Enum):
    """Trades that there are rules for."""

    RETAIL = "retail"
    RESTAURANT = "restaurant"
    EDUCATION = "education"


_DRAFTS: Mapping[Template, Callable[[TemplateParameters], list[Draft]]] = {
    Template.RETAIL: retail.drafts,
    Template.RESTAURANT: restaurant.drafts,
    Template.EDUCATION: education.drafts,
}


def template_drafts(template: Template, parameters: TemplateParameters) -> list[Draft]:
    """Returns a template's rules, made of parameters that are valid (`templates.validation`)."""
    names = parameters.competitor_names
    return [*_DRAFTS[template](parameters), *([competitor_draft(names)] if names else [])]
