"""RuleService's rules, as far as judging needs them."""

from dataclasses import replace

from filter_service.domain.compiled import Keyword
from filter_service.domain.message import MessageType
from filter_service.domain.message_types import TypeCondition
from filter_service.domain.rule import Action, ActionKind, Blacklist, Rule, State
from groupguard.common.v1 import blacklist_kind_pb2, message_type_pb2
from groupguard.rule.v1 import rule_pb2
from service_kit.matching import MatchMode
from service_kit.web import MiniProgramWhitelist, WebWhitelist

_STATES = {
    rule_pb2.RULE_STATE_ENABLED: State.ENABLED,
    rule_pb2.RULE_STATE_SHADOW: State.SHADOW,
    rule_pb2.RULE_STATE_DISABLED: State.DISABLED,
}
_ACTIONS = {
    rule_pb2.ACTION_KIND_WARN: ActionKind.WARN,
    rule_pb2.ACTION_KIND_KICK: ActionKind.KICK,
    rule_pb2.ACTION_KIND_WARN_AND_KICK: ActionKind.WARN_AND_KICK,
    rule_pb2.ACTION_KIND_KICK_AFTER_WARNINGS: ActionKind.KICK_AFTER_WARNINGS,
}
_BLACKLISTS = {
    blacklist_kind_pb2.BLACKLIST_KIND_UNSPECIFIED: Blacklist.NONE,
    blacklist_kind_pb2.BLACKLIST_KIND_PERSONAL: Blacklist.PERSONAL,
    blacklist_kind_pb2.BLACKLIST_KIND_ENTERPRISE: Blacklist.ENTERPRISE,
}
_MODES = {rule_pb2.MatchMode.Value(f"MATCH_MODE_{mode.name}"): mode for mode in MatchMode}
_JUDGED = ("keywords", "message_types")
"""Conditions that are judged here."""
_TYPES = {message_type_pb2.MessageType.Value(f"MESSAGE_TYPE_{type_.name}"): type_ for type_ in MessageType}


def read_rule(rule: rule_pb2.Rule) -> Rule:
    """Reads a rule."""
    return Rule(
        rule_id=rule.rule_id,
        revision=rule.revision,
        state=_STATES[rule.state],
        keywords=tuple(
            Keyword(keyword.text, _MODES.get(keyword.match_mode, MatchMode.EXACT))
            for keyword in rule.conditions.keywords.keywords
        ),
        allow_phrases=tuple(rule.conditions.keywords.allow_phrases),
        message_types=_read_types(rule.conditions.message_types)
        if rule.conditions.HasField("message_types")
        else None,
        has_other_conditions=any(field.name not in _JUDGED for field, _ in rule.conditions.ListFields())
        or any(type_ not in _TYPES for type_ in rule.conditions.message_types.types),
        action=Action(
            _ACTIONS[rule.action.kind],
            rule.action.warnings_before_kick,
            rule.action.warning_text,
            _BLACKLISTS[rule.action.add_to_blacklist],
        ),
    )


def _read_types(condition: rule_pb2.MessageTypeCondition) -> TypeCondition:
    return TypeCondition(
        frozenset(_TYPES[type_] for type_ in condition.types if type_ in _TYPES),
        WebWhitelist(condition.web_whitelist),
        MiniProgramWhitelist(condition.mini_program_whitelist),
    )


def read_draft(rule: rule_pb2.Rule) -> Rule:
    """Reads a rule that is not saved, as it would be if it were enabled."""
    return replace(read_rule(rule), rule_id="", state=State.ENABLED)
