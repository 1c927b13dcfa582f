"""Settings as keys and short values: `decision_log.retention`, `7d`."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from groupguard.rule.v1.settings_pb2 import CorpSettings
from groupguard_cli.flatten import flatten

_NOT_SET = frozenset({"etag", "update_time"})
_DURATION = re.compile(r"(\d{1,9})([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_BOOLS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_LARGEST = 2**31 - 1


@cache
def keys() -> tuple[str, ...]:
    """Returns every key, in the order of the proto."""
    return tuple(key for key in _keys(CorpSettings.DESCRIPTOR) if key not in _NOT_SET)


@cache
def _switches() -> frozenset[str]:
    """Returns the keys that are true or false, and false where nothing is said."""
    return frozenset(key for key in keys() if _field(key).type == FieldDescriptor.TYPE_BOOL)


def _field(key: str) -> Any:
    descriptor: Any = CorpSettings.DESCRIPTOR
    *above, name = key.split(".")
    for part in above:
        descriptor = descriptor.fields_by_name[part].message_type
    return descriptor.fields_by_name[name]


def _keys(descriptor: Descriptor, above: str = "") -> Iterator[str]:
    for field in descriptor.fields:
        inner = field.message_type
        if inner is not None and not inner.full_name.startswith("google.protobuf."):
            yield from _keys(inner, f"{above}{field.name}.")
        else:
            yield f"{above}{field.name}"


def shown(settings: CorpSettings, key: str) -> str:
    """Returns a setting's value as `assign` takes it; empty if it has its default."""
    return str(flatten(settings).get(key) or ("false" if key in _switches() else ""))


def assign(settings: CorpSettings, key: str, value: str) -> None:
    """Sets one of the keys; an empty value leaves it at its default.

    Raises:
        ValueError: the value is not of the setting's sort; the text says what would be.
    """
    *above, name = key.split(".")
    message: Message = settings
    for part in above:
        message = getattr(message, part)
        message.SetInParent()
    if not value:
        return
    field = _field(key)
    if field.message_type is not None:
        getattr(message, name).CopyFrom(_duration(value))
    else:
        setattr(message, name, _scalar(field, value))


def _scalar(field: Any, value: str) -> Any:
    if field.enum_type is not None:
        return _enum_number(field.enum_type, value)
    if field.type == FieldDescriptor.TYPE_BOOL:
        if value.lower() not in _BOOLS:
            raise ValueError(f"true or false is needed, not {value!r}")
        return _BOOLS[value.lower()]
    if not (value.isascii() and value.isdigit() and int(value[:11]) <= _LARGEST):
        raise ValueError(f"a number is needed, not {value!r}")
    return int(value)


def _enum_number(enum: EnumDescriptor, value: str) -> int:
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    known = {each.name.removeprefix(prefix).lower(): each.number for each in enum.values if each.number}
    if value.lower() not in known:
        raise ValueError(f"{' or '.join(known)} is needed, not {value!r}")
    return known[value.lower()]


def _duration(value: str) -> Duration:
    if not (read := _DURATION.fullmatch(value)):
        raise ValueError(f"a duration as 90s, 30m, 12h or 7d is needed, not {value!r}")
    return Duration(seconds=int(read[1]) * _SECONDS[read[2]])
