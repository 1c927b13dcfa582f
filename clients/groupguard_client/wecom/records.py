"""Records of the chat archive (会话内容存档) as messages to check."""

import hashlib
import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.filter.v1.message_pb2 import (
    SENDER_KIND_CUSTOMER,
    SENDER_KIND_ROBOT,
    SENDER_KIND_STAFF,
    Message,
    Sender,
)
from groupguard_client.wecom.contents import record_content
from groupguard_client.wecom.fitting import fitted
from groupguard_client.wecom.texts import text_of

_MOST_ID_BYTES = 64
_NO_MESSAGES = ("recall", "switch")
"""Actions of records that tell of something else: a message taken back, a member whose device changed."""
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999, beyond which no Timestamp goes."""

SenderOf = Callable[[str, str], Sender]
"""Tells what is known of a sender, by the group's chat_id and the id that the record is from."""


def sender_by_id(staff: Container[str] = ()) -> SenderOf:
    """Returns a reader of senders that goes by their ids, as WeCom documents them.

    An external_userid begins with `wm` or `wo`, a robot's id with `wb`, and any other is a userid of the corp's own. A
    member's userid may begin so as well, since the corp chooses it.

    Args:
        staff: userids that are members' whatever they begin with.
    """

    def sender_of(_: str, id: str) -> Sender:
        if id in staff:
            return Sender(kind=SENDER_KIND_STAFF)
        if id.startswith("wb"):
            return Sender(kind=SENDER_KIND_ROBOT)
        if id.startswith(("wm", "wo")):
            return Sender(kind=SENDER_KIND_CUSTOMER, external_userid=id)
        return Sender(kind=SENDER_KIND_STAFF)

    return sender_of


@dataclass(frozen=True, slots=True)
class Record:
    """A record, read."""

    message_id: str
    """Of its first message. The record's msgid, or a hash where there is none or it is longer than an id may be."""
    messages: tuple[Message, ...]
    """What to check: one message, several for a record that is larger than a message may be; none for one that is nothing to
    judge, such as a recall or a conversation of two."""


def read_record(record: Mapping[str, Any], sender_of: SenderOf) -> Record:
    """Reads a decrypted record; nothing in it makes this fail.

    Args:
        record: the JSON object.
        sender_of: tells what is known of the sender.
    """
    message_id = _message_id(record)
    chat_id, sender = text_of(record.get("roomid")), text_of(record.get("from"))
    if record.get("action") in _NO_MESSAGES or record.get("msgtype") == "revoke" or not chat_id or not sender:
        return Record(message_id, ())
    pieces = fitted(record_content(record))
    facts, sent = sender_of(chat_id, sender), _time(record.get("msgtime"))
    return Record(
        message_id,
        tuple(
            _message(piece, _piece_id(message_id, place), chat_id, facts, sent)
            for place, piece in enumerate(pieces, start=1)
        ),
    )


def _message(content: Any, message_id: str, chat_id: str, sender: Sender, sent: Timestamp | None) -> Message:
    message = Message(message_id=message_id, chat_id=chat_id, sender=sender, send_time=sent)
    kind = content.WhichOneof("content")
    getattr(message, kind).CopyFrom(getattr(content, kind))
    return message


def _message_id(record: Mapping[str, Any]) -> str:
    """Returns an id by which the record is known again, also after a restart."""
    id = text_of(record.get("msgid"))
    if not id:
        return _hash(json.dumps(record, sort_keys=True, default=str))
    return id if _is_id(id) else _hash(id)


def _piece_id(message_id: str, place: int) -> str:
    if place == 1:
        return message_id
    id = f"{message_id}#{place}"
    return id if _is_id(id) else _hash(id)


def _is_id(id: str) -> bool:
    return len(id.encode()) <= _MOST_ID_BYTES and id.isprintable()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _time(milliseconds: Any) -> Timestamp | None:
    """Returns when a message was sent; None, which is now, if the record does not say."""
    if not isinstance(milliseconds, int) or not 0 < milliseconds < _LAST_SECOND * 1000:
        return None
    return Timestamp(seconds=milliseconds // 1000, nanos=milliseconds % 1000 * 1_000_000)
