"""RuleService's conditions, as judging needs them; RuleService has seen to it that they are valid."""

from filter_service.convert.sender import IDENTITIES
from filter_service.domain.compiled import Keyword
from filter_service.domain.conditions import FrequencyCondition, LengthCondition, RepeatCondition, RepeatScope
from filter_service.domain.message import MessageType
from filter_service.domain.message_types import TypeCondition
from filter_service.domain.sender import Selector
from groupguard.common.v1 import message_type_pb2
from groupguard.rule.v1 import rule_pb2 as pb
from service_kit.matching import MatchMode
from service_kit.web import MiniProgramWhitelist, WebWhitelist

_MODES = {pb.MatchMode.Value(f"MATCH_MODE_{mode.name}"): mode for mode in MatchMode}
_TYPES = {message_type_pb2.MessageType.Value(f"MESSAGE_TYPE_{type_.name}"): type_ for type_ in MessageType}
_SCOPES = {
    pb.RepeatCondition.SCOPE_UNSPECIFIED: RepeatScope.GROUP,
    pb.RepeatCondition.SCOPE_GROUP: RepeatScope.GROUP,
    pb.RepeatCondition.SCOPE_CORP: RepeatScope.CORP,
}
_KNOWN = frozenset(
    {"keywords", "nickname_keywords", "message_types", "length", "frequency", "repeat", "muted_senders"}
)


def read_keywords(condition: pb.KeywordCondition) -> tuple[Keyword, ...]:
    """Reads words to find."""
    return tuple(Keyword(it.text, _MODES.get(it.match_mode, MatchMode.EXACT)) for it in condition.keywords)


def read_types(condition: pb.MessageTypeCondition) -> TypeCondition:
    """Reads which sorts of message are not wanted."""
    return TypeCondition(
        frozenset(_TYPES[type_] for type_ in condition.types if type_ in _TYPES),
        WebWhitelist(condition.web_whitelist),
        MiniProgramWhitelist(condition.mini_program_whitelist),
    )


def read_length(condition: pb.LengthCondition) -> LengthCondition:
    """Reads how long a message may be."""
    return LengthCondition(condition.max_characters, condition.max_lines)


def read_frequency(condition: pb.FrequencyCondition) -> FrequencyCondition:
    """Reads how many messages may be sent."""
    window_ms = condition.window.ToMilliseconds()
    return FrequencyCondition(condition.max_messages, window_ms, read_selector(condition.senders))


def read_repeat(condition: pb.RepeatCondition) -> RepeatCondition:
    """Reads how often the same may be sent."""
    window_ms = condition.window.ToMilliseconds()
    scope, senders = _SCOPES.get(condition.scope, RepeatScope.GROUP), read_selector(condition.senders)
    return RepeatCondition(condition.max_times, window_ms, scope, senders)


def read_selector(selector: pb.SenderSelector) -> Selector:
    """Reads which senders are meant."""
    return Selector(
        frozenset(IDENTITIES[it] for it in selector.identities if it in IDENTITIES),
        frozenset(selector.tag_ids),
        frozenset(selector.external_userids),
    )


def has_unknown(conditions: pb.Conditions) -> bool:
    """Tells whether there are conditions that this version does not know."""
    return (
        any(field.name not in _KNOWN for field, _ in conditions.ListFields())
        or any(type_ not in _TYPES for type_ in conditions.message_types.types)
        or conditions.repeat.scope not in _SCOPES
        or any(identity not in IDENTITIES for identity in _identities(conditions))
    )


def _identities(conditions: pb.Conditions) -> list[int]:
    selectors = (conditions.frequency.senders, conditions.repeat.senders, conditions.muted_senders.senders)
    return [identity for selector in selectors for identity in selector.identities]
