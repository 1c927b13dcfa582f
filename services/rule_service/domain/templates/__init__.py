"""Sets of rules for a trade, to begin with; the protos (rule/v1/templates.proto) tell what each is for."""

from collections.abc import Callable, Mapping
from enum import Enum

from rule_service.domain.rule import Owner, Rule, State
from rule_service.domain.templates import education, restaurant, retail
from rule_service.domain.templates.competitors import competitor_draft
from rule_service.domain.templates.draft import Draft, TemplateParameters

__all__ = ["Draft", "Template", "TemplateParameters", "template_drafts", "template_rules"]


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


def template_rules(
    template: Template,
    parameters: TemplateParameters,
    owner: Owner,
    state: State,
    now: float,
    new_rule_id: Callable[[], str],
) -> list[Rule]:
    """Returns a template's rules as somebody's; their rule_ids sort as the template lists them."""
    drafts = template_drafts(template, parameters)
    rule_ids = sorted(new_rule_id() for _ in drafts)
    return [draft.rule(id, owner, state, now) for draft, id in zip(drafts, rule_ids, strict=True)]
