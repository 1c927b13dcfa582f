"""Files of messages, one JSON object a line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from groupguard.filter.v1.message_pb2 import (
    SENDER_KIND_CUSTOMER,
    SENDER_KIND_UNSPECIFIED,
    Message,
)
from groupguard_cli.lines import read_lines
from groupguard_client import text_message

_SHORT = frozenset({"chat_id", "external_userid", "group_nickname", "message_id"})
"""What may stand beside any content."""
_FIELDS = {name: field for field in Message.DESCRIPTOR.fields for name in (field.name, field.json_name)}
BATCH_BYTES = 2 * 1024 * 1024
"""Size of the messages in one call, which is refused above 4 MiB."""
_DEEPEST = 60
"""Messages within messages that are read; the service takes fewer."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file."""

    number: int
    """From 1."""
    message: Message


def read_messages(file: Path, chat: str, sender: str) -> list[Line]:
    """Reads a file's messages; `chat` and `sender` stand in where a line names none.

    Raises:
        BadLines: some lines are no messages; the text names them.
    """
    return [
        Line(number, message)
        for number, message in read_lines(file, lambda line: _message(line, chat, sender))
    ]


def in_batches(lines: list[Line], most: int) -> Iterator[list[Line]]:
    """Yields the lines in parts, each of at most so many and small enough for one call."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        more = line.message.ByteSize()
        if batch and (len(batch) == most or size + more > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += more
    if batch:
        yield batch


def _message(line: str, chat: str, sender: str) -> Message:
    """Reads a line; raises ValueError if it is no message, half a surrogate pair in its texts included."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    except RecursionError:
        raise ValueError("not JSON: nested too deep") from None
    if not isinstance(record, dict) or not _has_content(record):
        raise ValueError('an object with a string "text" is needed, or with another content in protobuf JSON')
    wrong = [name for name in _SHORT & record.keys() if not isinstance(record[name], str)]
    if wrong:
        raise ValueError(f"{', '.join(sorted(wrong))} must be a string")
    if isinstance(record.get("text"), str):
        if not isinstance(record.get("send_time"), str):
            return _short(record, chat, sender)
        record = {name: record[name] for name in _SHORT & record.keys()} | {
            "text": {"content": record["text"]},
            "send_time": record["send_time"],
        }
    message = _parsed({name: value for name, value in record.items() if name in _FIELDS})
    message.chat_id = _chat(message.chat_id, chat)
    if message.sender.kind == SENDER_KIND_UNSPECIFIED:
        message.sender.kind = SENDER_KIND_CUSTOMER
        message.sender.external_userid = (
            message.sender.external_userid or record.get("external_userid") or sender
        )
        if "group_nickname" in record:
            message.sender.group_nickname = record["group_nickname"]
    return message


def _has_content(record: Mapping[str, Any]) -> bool:
    if "text" in record:
        return isinstance(record["text"], str | dict)
    return any(
        name in _FIELDS and _FIELDS[name].containing_oneof is not None and value is not None
        for name, value in record.items()
    )


def _short(record: Mapping[str, Any], chat: str, sender: str) -> Message:
    return text_message(
        _chat(record.get("chat_id", ""), chat),
        record.get("external_userid") or sender,
        record["text"],
        message_id=record.get("message_id", ""),
        group_nickname=record.get("group_nickname"),
    )


def _chat(chat_id: str, chat: str) -> str:
    if not (known := chat_id or chat):
        raise ValueError("no chat_id; name one in the line or with --chat")
    return known


def _parsed(fields: dict[str, Any]) -> Message:
    try:
        return json_format.ParseDict(fields, Message(), max_recursion_depth=_DEEPEST)
    except json_format.ParseError as error:
        reason = " ".join(str(error).split())  # some come on several lines
        raise ValueError(f"no message: {reason}") from None
