"""Messages and events as they come in."""

from typing import TYPE_CHECKING

from filter_service.convert.contents import read_contents
from filter_service.convert.sender import read_sender
from filter_service.domain.message import Message
from groupguard.filter.v1 import filter_service_pb2
from groupguard.filter.v1 import message_pb2 as pb
from service_kit.errors import InvalidFields, Violation
from service_kit.ids import id_violations, is_plain_id
from service_kit.required import time_violations

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

MOST_AHEAD_SECONDS = 60.0
"""A message can't have been sent later than this from now; clocks differ."""

_NANOS = 1_000_000_000
_CHANGES = filter_service_pb2.CheckMemberRequest


def read_message(message: pb.Message, path: str, now: float) -> Message:
    """Reads a message.

    Args:
        message: as it came.
        path: its place in the request, for errors.
        now: seconds since 1970; the time of a message that names none.

    Raises:
        InvalidFields: names every field that breaks its documented form.
    """
    violations: list[Violation] = []
    chat_id, message_id = message.chat_id, message.message_id
    if not is_plain_id(chat_id):
        violations.extend(id_violations(f"{path}.chat_id", chat_id))
    if message_id and not is_plain_id(message_id):
        violations.extend(id_violations(f"{path}.message_id", message_id))
    sender = read_sender(message.sender, f"{path}.sender", violations)
    items = read_contents(message, path, violations)
    time = message.send_time if message.HasField("send_time") else None
    sent_at = _read_time(time, f"{path}.send_time", now, violations)
    if violations:
        raise InvalidFields(violations)
    return Message(message_id, chat_id, sender, items, sent_at)


def read_member_event(request: filter_service_pb2.CheckMemberRequest, now: float) -> tuple[Message, bool]:
    """Reads an event as a message that holds nothing, and whether somebody joins.

    Raises:
        InvalidFields: names every field that breaks its documented form.
    """
    violations: list[Violation] = []
    if request.event_id:
        violations.extend(id_violations("event_id", request.event_id))
    if request.change not in (_CHANGES.CHANGE_JOIN, _CHANGES.CHANGE_RENAME):
        violations.append(Violation("change", f"JOIN or RENAME is needed, not {request.change}"))
    violations.extend(id_violations("chat_id", request.chat_id))
    sender = read_sender(request.member, "member", violations)
    time = request.event_time if request.HasField("event_time") else None
    happened_at = _read_time(time, "event_time", now, violations)
    if violations:
        raise InvalidFields(violations)
    event = Message(request.event_id, request.chat_id, sender, (), happened_at)
    return event, request.change == _CHANGES.CHANGE_JOIN


def _read_time(time: "Timestamp | None", path: str, now: float, violations: list[Violation]) -> float:
    """Returns a time in seconds since 1970, or now where there is none; adds what is wrong with it to the violations."""
    if time is None:
        return now
    seconds, nanos = time.seconds, time.nanos
    if not (0 <= seconds <= now + MOST_AHEAD_SECONDS and 0 <= nanos < _NANOS):  # as nearly none
        violations.extend(time_violations(time, path))
    return min(seconds + nanos / _NANOS, now + MOST_AHEAD_SECONDS)
