"""Messages in which one field, at any depth, is another than in a message that was given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from support.fuzzing import INTEGERS

_NEW = 2
"""How deep in messages that the given one lacks fields are changed."""
_MANY = 1_001
_TEXTS = ["", "\x00", "x" * 65, "%s{0}*/..", "字" * 10_001]
_SECONDS = [(1 << 63) - 1, -(1 << 63), -62_135_596_801]
_NANOS = [-1, 1_000_000_000]
_NO_TIMES: dict[str, list[Any]] = {
    kind.DESCRIPTOR.full_name: [
        *(kind(seconds=it) for it in _SECONDS),
        *(kind(seconds=5, nanos=it) for it in _NANOS),
    ]
    for kind in (Timestamp, Duration)
}

Mutant = tuple[str, Any]
"""Which field is another, as a path, and the message, or what is in that field."""


def mutants(message: Any, new: int = _NEW) -> Iterator[Mutant]:
    """Yields the mutants of a message: each field gone, empty, at its type's ends, of no known kind, far too long or too often."""
    for field in message.DESCRIPTOR.fields:
        for path, value in _values(message, field, new):
            mutant = type(message)()
            mutant.CopyFrom(message)
            mutant.ClearField(field.name)
            if field.is_repeated:
                getattr(mutant, field.name).extend(value)
            elif not field.message_type:
                setattr(mutant, field.name, value)
            elif value is not None:
                getattr(mutant, field.name).CopyFrom(value)
                getattr(mutant, field.name).SetInParent()
            yield f"{field.name}{path}", mutant


def _values(message: Any, field: FieldDescriptor, new: int) -> Iterator[Mutant]:
    """Yields other values of a field, each with the rest of its path; None stands for no message."""
    value = getattr(message, field.name)
    if field.is_repeated:
        yield from _lists(message, field, list(value), new)
    elif field.message_type:
        yield from (("", None), ("", type(value)()))
        yield from _inner(value, new if message.HasField(field.name) else new - 1)
    else:
        yield from (("", it) for it in _scalars(field, value))


def _lists(message: Any, field: FieldDescriptor, items: list[Any], new: int) -> Iterator[Mutant]:
    """Of the items the one in the middle is another, so that it has neighbours."""
    middle = len(items) // 2
    yield "", []
    yield "", items[:1] * _MANY
    if not field.message_type:
        others: Iterator[Mutant] = (("", it) for it in _scalars(field, items[middle] if items else None))
    elif items:
        others = _inner(items[middle], new)
    else:
        others = _inner(getattr(type(message)(), field.name).add(), new - 1)
    for path, value in others:
        yield f"[{middle}]{path}", [*items[:middle], value, *items[middle + 1 :]]


def _inner(message: Any, new: int) -> Iterator[Mutant]:
    if message.DESCRIPTOR.full_name in _NO_TIMES:
        yield from (("", it) for it in _NO_TIMES[message.DESCRIPTOR.full_name])
    elif new >= 0:
        yield from ((f".{path}", it) for path, it in mutants(message, new))


def _scalars(field: FieldDescriptor, value: Any) -> list[Any]:
    """Returns values that the field hardly allows."""
    if field.enum_type:
        return [0, -1, 99]
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return _TEXTS
        case FieldDescriptor.TYPE_BOOL:
            return [not value]
        case kind:
            return [0, -1, *INTEGERS[kind]]
