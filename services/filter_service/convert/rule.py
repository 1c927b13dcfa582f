"""RuleService's rules, as far as judging needs them."""

import sys
from dataclasses import replace

from filter_service.convert.conditions import (
    has_unknown,
    read_frequency,
    read_keywords,
    read_length,
    read_repeat,
    read_selector,
    read_types,
)
from filter_service.domain.rule import Action, ActionKind, Blacklist, Rule, State
from groupguard.common.v1 import blacklist_kind_pb2
from groupguard.rule.v1 import rule_pb2

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


def read_rule(rule: rule_pb2.Rule) -> Rule:
    """Reads a rule."""
    conditions, action = rule.conditions, rule.action
    there = {field.name for field, _ in conditions.ListFields()}
    return Rule(
        rule_id=rule.rule_id,
        revision=rule.revision,
        state=_STATES[rule.state],
        keywords=read_keywords(conditions.keywords),
        allow_phrases=tuple(conditions.keywords.allow_phrases),
        nickname_keywords=read_keywords(conditions.nickname_keywords),
        nickname_allow_phrases=tuple(conditions.nickname_keywords.allow_phrases),
        message_types=read_types(conditions.message_types) if "message_types" in there else None,
        length=read_length(conditions.length) if "length" in there else None,
        frequency=read_frequency(conditions.frequency) if "frequency" in there else None,
        repeat=read_repeat(conditions.repeat) if "repeat" in there else None,
        muted=read_selector(conditions.muted_senders.senders) if "muted_senders" in there else None,
        has_unknown_conditions=has_unknown(conditions),
        action=Action(
            _ACTIONS[action.kind],
            action.warnings_before_kick,
            action.warning_text,
            _BLACKLISTS[action.add_to_blacklist],
        ),
        owning_role=_owning_role(rule.owner),
        created_at=rule.create_time.ToMilliseconds() / 1000,
    )


def _owning_role(owner: rule_pb2.Owner) -> str:
    """Returns the role as tokens have it; one string for all rules of an owner."""
    match owner.kind:
        case rule_pb2.OWNER_KIND_STRATEGY:
            return sys.intern(f"strategy_admin:{owner.strategy_id}")
        case rule_pb2.OWNER_KIND_MEMBER:
            return sys.intern(f"member:{owner.userid}")
    return "super_admin"


def read_draft(rule: rule_pb2.Rule) -> Rule:
    """Reads a rule that is not saved, as it would be if it were enabled."""
    return replace(read_rule(rule), rule_id="", state=State.ENABLED)
