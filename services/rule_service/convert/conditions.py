"""Conditions: protos to the domain and back."""

from google.protobuf.duration_pb2 import Duration

from groupguard.common.v1 import message_type_pb2 as types_pb
from groupguard.common.v1 import sender_identity_pb2 as identity_pb
from groupguard.rule.v1 import rule_pb2 as pb
from rule_service.convert.values import ValueReader, write_enum
from rule_service.domain import conditions as domain
from rule_service.domain import limits
from rule_service.domain.match_modes import default_mode
from service_kit.matching import MatchMode

_MATCH_MODES = {pb.MatchMode.Value(f"MATCH_MODE_{it.name}"): it for it in MatchMode}
_TYPES = {types_pb.MessageType.Value(f"MESSAGE_TYPE_{it.name}"): it for it in domain.MessageType}
_IDENTITIES = {
    identity_pb.SenderIdentity.Value(f"SENDER_IDENTITY_{it.name}"): it for it in domain.SenderIdentity
}
_SCOPES = {
    pb.RepeatCondition.SCOPE_GROUP: domain.RepeatScope.GROUP,
    pb.RepeatCondition.SCOPE_CORP: domain.RepeatScope.CORP,
}


def read_conditions(reader: ValueReader, conditions: pb.Conditions, path: str) -> domain.Conditions:
    """Reads conditions; what is unknown goes to the reader's violations."""
    there = {field.name for field, _ in conditions.ListFields()}
    return domain.Conditions(
        keywords=_keywords(reader, conditions.keywords, f"{path}.keywords") if "keywords" in there else None,
        nickname_keywords=_keywords(reader, conditions.nickname_keywords, f"{path}.nickname_keywords")
        if "nickname_keywords" in there
        else None,
        message_types=_message_types(reader, conditions.message_types, f"{path}.message_types")
        if "message_types" in there
        else None,
        length=domain.LengthCondition(conditions.length.max_characters, conditions.length.max_lines)
        if "length" in there
        else None,
        frequency=_frequency(reader, conditions.frequency, f"{path}.frequency")
        if "frequency" in there
        else None,
        repeat=_repeat(reader, conditions.repeat, f"{path}.repeat") if "repeat" in there else None,
        muted_senders=domain.MutedSendersCondition(
            _senders(reader, conditions.muted_senders.senders, f"{path}.muted_senders.senders")
        )
        if "muted_senders" in there
        else None,
    )


def _keywords(reader: ValueReader, condition: pb.KeywordCondition, path: str) -> domain.KeywordCondition:
    return domain.KeywordCondition(
        tuple(
            domain.Keyword(keyword.text, _match_mode(reader, keyword, index, f"{path}.keywords[{index}]"))
            for index, keyword in enumerate(condition.keywords)
        ),
        tuple(condition.allow_phrases),
    )


def _match_mode(reader: ValueReader, keyword: pb.Keyword, index: int, path: str) -> MatchMode:
    if keyword.match_mode:
        return reader.read(f"{path}.match_mode", _MATCH_MODES, keyword.match_mode)
    if index < limits.KEYWORDS_PER_RULE:
        return default_mode(keyword.text)
    return MatchMode.EXACT  # of a rule that will be refused: looking closer would only take time


def _message_types(
    reader: ValueReader, condition: pb.MessageTypeCondition, path: str
) -> domain.MessageTypeCondition:
    return domain.MessageTypeCondition(
        tuple(
            reader.read(f"{path}.types[{index}]", _TYPES, kind) for index, kind in enumerate(condition.types)
        ),
        tuple(condition.web_whitelist),
        tuple(condition.mini_program_whitelist),
    )


def _frequency(reader: ValueReader, condition: pb.FrequencyCondition, path: str) -> domain.FrequencyCondition:
    return domain.FrequencyCondition(
        condition.max_messages,
        reader.milliseconds(f"{path}.window", condition.window),
        _senders(reader, condition.senders, f"{path}.senders"),
    )


def _repeat(reader: ValueReader, condition: pb.RepeatCondition, path: str) -> domain.RepeatCondition:
    return domain.RepeatCondition(
        condition.max_times,
        reader.milliseconds(f"{path}.window", condition.window),
        reader.read(f"{path}.scope", _SCOPES, condition.scope or pb.RepeatCondition.SCOPE_GROUP),
        _senders(reader, condition.senders, f"{path}.senders"),
    )


def _senders(reader: ValueReader, selector: pb.SenderSelector, path: str) -> domain.SenderSelector:
    return domain.SenderSelector(
        tuple(
            reader.read(f"{path}.identities[{index}]", _IDENTITIES, identity)
            for index, identity in enumerate(selector.identities)
        ),
        tuple(selector.tag_ids),
        tuple(selector.external_userids),
    )


def write_conditions(conditions: domain.Conditions) -> pb.Conditions:
    """Writes conditions."""
    types, length = conditions.message_types, conditions.length
    frequency, repeat, muted = conditions.frequency, conditions.repeat, conditions.muted_senders
    return pb.Conditions(
        keywords=_write_keywords(conditions.keywords),
        nickname_keywords=_write_keywords(conditions.nickname_keywords),
        message_types=pb.MessageTypeCondition(
            types=[write_enum(_TYPES, kind) for kind in types.types],
            web_whitelist=types.web_whitelist,
            mini_program_whitelist=types.mini_program_whitelist,
        )
        if types
        else None,
        length=pb.LengthCondition(max_characters=length.max_characters, max_lines=length.max_lines)
        if length
        else None,
        frequency=pb.FrequencyCondition(
            max_messages=frequency.max_messages,
            window=_duration(frequency.window_ms),
            senders=_write_senders(frequency.senders),
        )
        if frequency
        else None,
        repeat=pb.RepeatCondition(
            max_times=repeat.max_times,
            window=_duration(repeat.window_ms),
            scope=write_enum(_SCOPES, repeat.scope),
            senders=_write_senders(repeat.senders),
        )
        if repeat
        else None,
        muted_senders=pb.MutedSendersCondition(senders=_write_senders(muted.senders)) if muted else None,
    )


def _write_keywords(condition: domain.KeywordCondition | None) -> pb.KeywordCondition | None:
    if condition is None:
        return None
    return pb.KeywordCondition(
        keywords=[
            pb.Keyword(text=keyword.text, match_mode=write_enum(_MATCH_MODES, keyword.match_mode))
            for keyword in condition.keywords
        ],
        allow_phrases=condition.allow_phrases,
    )


def _write_senders(selector: domain.SenderSelector) -> pb.SenderSelector | None:
    if selector.is_everybody:
        return None
    return pb.SenderSelector(
        identities=[write_enum(_IDENTITIES, identity) for identity in selector.identities],
        tag_ids=selector.tag_ids,
        external_userids=selector.external_userids,
    )


def _duration(milliseconds: int) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(milliseconds)
    return duration
