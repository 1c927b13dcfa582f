"""Which rules and groups are valid; every violation is named, not only the first."""

from collections.abc import Iterator, Sequence

from rule_service.domain import limits
from rule_service.domain.condition_validation import condition_violations
from rule_service.domain.group import Group
from rule_service.domain.match_modes import is_findable
from rule_service.domain.registry_validation import swap_violations
from rule_service.domain.rule import Action, ActionKind, Blacklist, OwnerKind, Rule
from rule_service.domain.violations import (
    count_violations,
    ids_violations,
    reason_violations,
    repeat_violations,
    text_violations,
    too_long,
)
from service_kit.errors import InvalidFields, Violation
from service_kit.ids import id_violations
from service_kit.matching import contained

_SPEAKING = (ActionKind.WARN, ActionKind.WARN_AND_KICK, ActionKind.KICK_AFTER_WARNINGS)


def validate_rule(rule: Rule, reason: str = "") -> None:
    """Checks a rule as a whole, and the reason it is written for.

    Raises:
        InvalidFields: names every violation, by its path in the request.
    """
    if violations := [*rule_violations(rule), *reason_violations("reason", reason)]:
        raise InvalidFields(violations)


def rule_violations(rule: Rule) -> Iterator[Violation]:
    """Yields what is wrong with a rule, which is the field `rule` of the request."""
    yield from text_violations("rule.display_name", rule.display_name, limits.RULE_NAME_CHARACTERS)
    yield from _owner(rule)
    yield from condition_violations(rule.conditions, "rule.conditions")
    yield from _action(rule)


def validate_reason(reason: str) -> None:
    """Checks why something is done.

    Raises:
        InvalidFields: names every violation.
    """
    if violations := list(reason_violations("reason", reason)):
        raise InvalidFields(violations)


def group_violations(group: Group, path: str) -> Iterator[Violation]:
    """Yields what is wrong with a group; `path` is its place in the request."""
    yield from id_violations(f"{path}.chat_id", group.chat_id)
    yield from id_violations(f"{path}.owner_userid", group.owner_userid)
    if len(group.display_name) > limits.GROUP_NAME_CHARACTERS:
        yield too_long(f"{path}.display_name", group.display_name, limits.GROUP_NAME_CHARACTERS)
    strategies = len(group.strategy_ids)
    yield from count_violations(f"{path}.strategy_ids", strategies, limits.STRATEGIES_PER_GROUP, least=0)
    yield from count_violations(f"{path}.member_count", group.member_count, limits.MEMBERS_PER_GROUP, least=0)
    for place, strategy_id in enumerate(group.strategy_ids):
        yield from id_violations(f"{path}.strategy_ids[{place}]", strategy_id)


def validate_groups(groups: Sequence[Group]) -> None:
    """Checks groups for the registry.

    Raises:
        InvalidFields: names every violation, by its path in the request.
    """
    violations = list(count_violations("groups", len(groups), limits.GROUPS_PER_UPSERT))
    for index, group in enumerate(groups):
        violations += group_violations(group, f"groups[{index}]")
    violations += repeat_violations("groups", [group.chat_id for group in groups], ".chat_id")
    if violations:
        raise InvalidFields(violations)


def validate_configuration(
    rule_ids: Sequence[str], chat_ids: Sequence[str], unbind_chat_ids: Sequence[str] = (), swaps: bool = True
) -> None:
    """Checks what a ConfigureGroups call names.

    Args:
        rule_ids: the rules.
        chat_ids: the groups.
        unbind_chat_ids: the groups to unbind while others are bound.
        swaps: whether groups are bound, so that there may be such.

    Raises:
        InvalidFields: names every violation.
    """
    violations = [
        *ids_violations("rule_ids", rule_ids, limits.RULES_PER_CALL),
        *ids_violations("chat_ids", chat_ids, limits.GROUPS_PER_CALL),
        *ids_violations("unbind_chat_ids", unbind_chat_ids, limits.GROUPS_PER_CALL, least=0),
        *swap_violations(chat_ids, unbind_chat_ids, swaps),
    ]
    if violations:
        raise InvalidFields(violations)


def validate_group_rules(chat_id: str, rule_ids: Sequence[str]) -> None:
    """Checks what a SetGroupRules call names.

    Raises:
        InvalidFields: names every violation.
    """
    violations = [
        *id_violations("chat_id", chat_id),
        *ids_violations("rule_ids", rule_ids, limits.RULES_PER_SET_CALL, least=0),
    ]
    if violations:
        raise InvalidFields(violations)


def _owner(rule: Rule) -> Iterator[Violation]:
    if rule.owner.kind is OwnerKind.STRATEGY:
        yield from id_violations("rule.owner.strategy_id", rule.owner.id)
    elif rule.owner.kind is OwnerKind.MEMBER:
        yield from id_violations("rule.owner.userid", rule.owner.id)


def _action(rule: Rule) -> Iterator[Violation]:
    action = rule.action
    text = action.warning_text
    if action.kind in _SPEAKING:
        yield from text_violations("rule.action.warning_text", text, limits.WARNING_CHARACTERS)
        yield from _leaks(rule)
    elif text:
        yield Violation(
            "rule.action.warning_text", f"must be empty for {action.kind.name}, which says nothing"
        )
    yield from _warnings(action)
    if action.add_to_blacklist is Blacklist.ENTERPRISE and rule.owner.kind is not OwnerKind.SUPER_ADMIN:
        yield Violation(
            "rule.action.add_to_blacklist",
            f"ENTERPRISE is for rules of the super administrators, not of {rule.owner}",
        )


def _warnings(action: Action) -> Iterator[Violation]:
    field, number = "rule.action.warnings_before_kick", action.warnings_before_kick
    least, most = limits.WARNINGS_BEFORE_KICK
    if action.kind is ActionKind.KICK_AFTER_WARNINGS:
        if not least <= number <= most:
            yield Violation(field, f"{least} to {most} are allowed, not {number}")
    elif number:
        yield Violation(field, f"must be 0 for {action.kind.name}, not {number}")


def _leaks(rule: Rule) -> Iterator[Violation]:
    """A warning is read by everybody in the group: it must not teach the words that are looked for."""
    for condition in (rule.conditions.keywords, rule.conditions.nickname_keywords):
        listed = condition.keywords[: limits.KEYWORDS_PER_RULE] if condition else ()
        keywords = [(it.text, it.match_mode) for it in listed if is_findable(it)]
        for index in contained(rule.action.warning_text, keywords):
            text = keywords[index][0]
            yield Violation("rule.action.warning_text", f"holds the rule's keyword {text[:64]!r}")
