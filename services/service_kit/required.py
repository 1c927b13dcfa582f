"""The required-field check, driven by the protos' own `google.api.field_behavior`."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from service_kit.errors import InvalidFields, Violation

_MOST_VIOLATIONS = 1_000
"""More are not looked for: 4 MiB of empty items would take seconds, and a status lists 50."""


def require(request: Message) -> None:
    """Checks that every field marked REQUIRED is there, in the request and in all it holds.

    A scalar is there when it is not its type's zero, an enum when it is not UNSPECIFIED, a repeated
    field when it is not empty.

    Raises:
        InvalidFields: names every field that is missing, up to 1,000.
    """
    if violations := missing(request):
        raise InvalidFields(violations)


def missing(request: Message) -> list[Violation]:
    """Returns what `require` finds, for those who look for more before they say so."""
    return list(islice(_missing(request, ""), _MOST_VIOLATIONS))


@cache
def _checked(kind: Descriptor) -> tuple[tuple[FieldDescriptor, bool], ...]:
    """Fields to look at, each with whether it is required; output-only ones are nobody's input."""
    checked = []
    for field in kind.fields:
        options: Any = field.GetOptions()
        behavior = list(options.Extensions[field_behavior_pb2.field_behavior])
        required = field_behavior_pb2.REQUIRED in behavior
        if field_behavior_pb2.OUTPUT_ONLY not in behavior and (required or field.message_type):
            checked.append((field, required))
    return tuple(checked)


def _missing(message: Message, path: str) -> Iterator[Violation]:
    for field, required in _checked(message.DESCRIPTOR):
        value = getattr(message, field.name)
        if field.is_repeated:
            if required and not value:
                yield Violation(path + field.name, "required; it is empty")
            elif field.message_type:
                for index, item in enumerate(value):
                    yield from _missing(item, f"{path}{field.name}[{index}].")
        elif field.message_type:
            if message.HasField(field.name):
                yield from _missing(value, f"{path}{field.name}.")
            elif required:
                yield Violation(path + field.name, "required; it is not set")
        elif required and not value:
            yield Violation(path + field.name, "required; it is empty")
