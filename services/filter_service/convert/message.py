"""Messages as they come in."""

from collections.abc import Iterator

from filter_service.convert.contents import read_contents
from filter_service.domain import message as domain
from groupguard.filter.v1 import message_pb2 as pb
from service_kit.errors import InvalidFields, Violation
from service_kit.ids import id_violations

MOST_AHEAD_SECONDS = 60.0
"""A message can't have been sent later than this from now; clocks differ."""

_SENDERS = {
    pb.SENDER_KIND_CUSTOMER: domain.SenderKind.CUSTOMER,
    pb.SENDER_KIND_STAFF: domain.SenderKind.STAFF,
    pb.SENDER_KIND_ROBOT: domain.SenderKind.ROBOT,
}


def read_message(message: pb.Message, path: str, now: float) -> domain.Message:
    """Reads a message.

    Args:
        message: as it came.
        path: its place in the request, for errors.
        now: seconds since 1970; the time of a message that names none.

    Raises:
        InvalidFields: names every field that breaks its documented form.
    """
    violations = list(_violations(message, path))
    items = read_contents(message, path, violations)
    if violations:
        raise InvalidFields(violations)
    sent_at = message.send_time.ToMicroseconds() / 1e6 if message.HasField("send_time") else now
    return domain.Message(
        message_id=message.message_id,
        chat_id=message.chat_id,
        sender_kind=_SENDERS[message.sender.kind],
        external_userid=message.sender.external_userid,
        group_nickname=message.sender.group_nickname,
        items=items,
        sent_at=min(sent_at, now + MOST_AHEAD_SECONDS),
    )


def _violations(message: pb.Message, path: str) -> Iterator[Violation]:
    yield from id_violations(f"{path}.chat_id", message.chat_id)
    if message.message_id:
        yield from id_violations(f"{path}.message_id", message.message_id)
    sender = message.sender
    if sender.kind not in _SENDERS:
        yield Violation(f"{path}.sender.kind", f"CUSTOMER, STAFF or ROBOT is needed, not {sender.kind}")
    elif sender.kind == pb.SENDER_KIND_CUSTOMER:
        yield from id_violations(f"{path}.sender.external_userid", sender.external_userid)
    if (size := len(sender.group_nickname)) > domain.MOST_NICKNAME:
        yield Violation(
            f"{path}.sender.group_nickname", f"at most {domain.MOST_NICKNAME} characters, not {size}"
        )
