"""Warnings of keywords: the domain to protos."""

from groupguard.rule.v1.rule_pb2 import KeywordWarning as KeywordWarningProto
from rule_service.convert.values import write_enum
from rule_service.domain.keyword_warnings import KeywordWarning, WarningKind

_KINDS = {KeywordWarningProto.Kind.Value(f"KIND_{it.name}"): it for it in WarningKind}


def write_warning(warning: KeywordWarning) -> KeywordWarningProto:
    """Writes a warning."""
    return KeywordWarningProto(
        field=warning.field,
        keyword=warning.keyword,
        kind=write_enum(_KINDS, warning.kind),
        words=warning.words,
    )
