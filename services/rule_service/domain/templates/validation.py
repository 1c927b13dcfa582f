"""Which parameters of a template are valid; every violation is named by the request's own fields."""

from collections.abc import Iterator
from dataclasses import replace

from rule_service.domain import limits
from rule_service.domain.condition_validation import condition_violations
from rule_service.domain.conditions import Conditions, MessageType
from rule_service.domain.keyword_validation import same_keywords
from rule_service.domain.match_modes import default_keyword
from rule_service.domain.rule import Owner, OwnerKind
from rule_service.domain.templates import Template, TemplateParameters
from rule_service.domain.templates.competitors import competitor_violations
from rule_service.domain.violations import count_violations, text_violations
from service_kit.errors import InvalidFields, Violation
from service_kit.ids import id_violations

_OWNER_IDS = {OwnerKind.STRATEGY: "owner.strategy_id", OwnerKind.MEMBER: "owner.userid"}


def validate_template(template: Template, owner: Owner, parameters: TemplateParameters) -> None:
    """Checks what a template's rules are made of, so that all of them are valid.

    Raises:
        InvalidFields: names every violation.
    """
    violations = [*_owner(owner), *_competitors(template, parameters), *_whitelists(parameters)]
    if violations:
        raise InvalidFields(violations)


def _owner(owner: Owner) -> Iterator[Violation]:
    if owner.kind in _OWNER_IDS:
        yield from id_violations(_OWNER_IDS[owner.kind], owner.id)


def _competitors(template: Template, parameters: TemplateParameters) -> Iterator[Violation]:
    field, names = "competitor_names", parameters.competitor_names
    least = 1 if template is Template.RESTAURANT else 0
    yield from count_violations(field, len(names), limits.KEYWORDS_PER_RULE, least)
    for index, name in enumerate(names):
        yield from text_violations(f"{field}[{index}]", name, limits.KEYWORD_CHARACTERS)
    if len(names) <= limits.KEYWORDS_PER_RULE:  # more of them would only take time
        yield from same_keywords(field, [default_keyword(name) for name in names])
        yield from competitor_violations(field, names)


def _whitelists(parameters: TemplateParameters) -> Iterator[Violation]:
    """Yields what a rule's own whitelists would be refused for."""
    condition = parameters.unwanted(MessageType.LINK, MessageType.MINI_PROGRAM)
    for violation in condition_violations(Conditions(message_types=condition), ""):
        yield replace(violation, field=violation.field.removeprefix(".message_types."))
