"""A message as a flat list of fields, for tables and comparisons."""

from collections.abc import MutableSequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.rule.v1.rule_pb2 import MATCH_MODE_FOLDED, MATCH_MODE_UNSPECIFIED, Keyword
from groupguard_cli.output import json_line
from groupguard_cli.wording import duration_words, moment

_MATCH_MODE = Keyword.DESCRIPTOR.fields_by_name["match_mode"].enum_type

Value = str | list[str]
"""A field's value in words; a list has one entry for each item."""


def flatten(message: Message, above: str = "") -> dict[str, Value]:
    """Returns the fields that are set, by their path, in the order of the proto."""
    flat: dict[str, Value] = {}
    for field, value in message.ListFields():
        path = f"{above}{field.name}"
        if isinstance(value, MutableSequence):
            flat[path] = [_words(field, item) for item in value]
        elif field.message_type is not None and not isinstance(value, Timestamp | Duration):
            flat |= flatten(value, f"{path}.") or {path: "set"}
        else:
            flat[path] = _words(field, value)
    return flat


def _words(field: FieldDescriptor, value: Any) -> str:
    if field.enum_type is not None:
        return _enum_word(field.enum_type, value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Timestamp):
        return moment(value)
    if isinstance(value, Duration):
        return duration_words(value)
    if isinstance(value, Keyword):
        if value.match_mode in (
            MATCH_MODE_UNSPECIFIED,
            MATCH_MODE_FOLDED,
        ):  # what a keyword is if nobody chooses
            return value.text
        return f"{value.text} ({_enum_word(_MATCH_MODE, value.match_mode)})"
    return json_line(value) if isinstance(value, Message) else str(value)


def _enum_word(enum: Any, number: int) -> str:
    """Returns an enum's value in small letters, without what all values of the enum begin with."""
    by_number = enum.values_by_number
    if number not in by_number:  # of a newer server
        return str(number)
    prefix = by_number[0].name.removesuffix("UNSPECIFIED")
    return str(by_number[number].name.removeprefix(prefix).lower())
