"""The check of what the protos themselves say: fields with `google.api.field_behavior` REQUIRED, and times that are times."""

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
LAST_SECOND = 253_402_300_799
"""Of Timestamps, in seconds since 1970."""
_TIMES = {
    "google.protobuf.Timestamp": (-62_135_596_800, LAST_SECOND),
    "google.protobuf.Duration": (-315_576_000_000, 315_576_000_000),
}
"""Seconds of the first and the last: years 1 to 9999, and 10,000 years in both directions."""
_NANOS = 999_999_999


def require(request: Message) -> None:
    """Checks that every field marked REQUIRED is there, in the request and in all it holds, and that times are times.

    A scalar is there when it is not its type's zero, an enum when it is not UNSPECIFIED, a repeated
    field when it is not empty. Timestamps and Durations can be sent that are none; protobuf's own methods fail on them.

    Raises:
        InvalidFields: names every field that is missing or no time, up to 1,000.
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
                if field.message_type.full_name in _TIMES:
                    yield from time_violations(value, path + field.name)
                else:
                    yield from _missing(value, f"{path}{field.name}.")
            elif required:
                yield Violation(path + field.name, "required; it is not set")
        elif required and not value:
            yield Violation(path + field.name, "required; it is empty")


def time_violations(value: Any, path: str) -> Iterator[Violation]:
    """Yields what is wrong with a Timestamp or a Duration: for those who do not `require`."""
    first, last = _TIMES[value.DESCRIPTOR.full_name]
    if not first <= value.seconds <= last:
        yield Violation(path, f"{first} to {last} seconds are allowed, not {value.seconds}")
    least, most = 0, _NANOS
    if first == -last:  # a Duration, whose nanoseconds have the sign of its seconds
        least = -_NANOS if value.seconds <= 0 else 0
        most = _NANOS if value.seconds >= 0 else 0
    if not least <= value.nanos <= most:
        yield Violation(path, f"{least} to {most} nanoseconds are allowed, not {value.nanos}")
