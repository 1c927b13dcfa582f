"""The texts that a message holds, each with the place by which a hit names it."""

from collections.abc import Iterator, Mapping
from typing import Any

from groupguard.filter.v1 import verdict_pb2 as verdict
from groupguard.filter.v1.message_pb2 import Content, Message

Place = tuple[tuple[int, ...], int]
"""A path of items and a part."""
_PARTS: Mapping[str, int] = {
    "content": verdict.MESSAGE_PART_TEXT,
    "texts": verdict.MESSAGE_PART_TEXT,
    "title": verdict.MESSAGE_PART_TITLE,
    "description": verdict.MESSAGE_PART_DESCRIPTION,
    "url": verdict.MESSAGE_PART_URL,
    "file_name": verdict.MESSAGE_PART_FILE_NAME,
    "name": verdict.MESSAGE_PART_NAME,
    "display_name": verdict.MESSAGE_PART_NAME,
    "account_name": verdict.MESSAGE_PART_NAME,
    "corp_name": verdict.MESSAGE_PART_CORP_NAME,
    "address": verdict.MESSAGE_PART_ADDRESS,
    "wish": verdict.MESSAGE_PART_WISH,
    "recognized_text": verdict.MESSAGE_PART_RECOGNIZED_TEXT,
}
"""What a hit calls the fields that people can read."""
_ITEMS = frozenset({"items", "articles"})


def content_of(message: Message) -> Content:
    """Returns what a message holds, without who sent it and where."""
    content = Content(has_qr_code=message.has_qr_code)
    name = str(message.WhichOneof("content"))
    getattr(content, name).MergeFrom(getattr(message, name))
    getattr(content, name).SetInParent()
    return content


def texts_by_place(content: Content) -> dict[Place, list[str]]:
    """Returns the texts that people can read, in reading order; some messages have several at one place."""
    texts: dict[Place, list[str]] = {}
    for place, text in _content_texts(content, ()):
        texts.setdefault(place, []).append(text)
    return texts


def _content_texts(content: Content, path: tuple[int, ...]) -> Iterator[tuple[Place, str]]:
    name = content.WhichOneof("content")
    if name is not None:
        yield from _texts(getattr(content, name), path)


def _texts(filled: Any, path: tuple[int, ...]) -> Iterator[tuple[Place, str]]:
    for field, value in filled.ListFields():
        if field.name in _ITEMS:
            for index, item in enumerate(value):
                inner = _content_texts if isinstance(item, Content) else _texts
                yield from inner(item, (*path, index))
        elif field.name in _PARTS:
            for text in (value,) if isinstance(value, str) else value:
                if text:
                    yield (path, _PARTS[field.name]), text
