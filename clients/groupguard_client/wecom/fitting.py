"""Cutting what is larger than groupguard takes into pieces, so that nothing readable escapes judging.

A message may have 10,000 readable characters, 1,000 items and 4 levels. What has more becomes several messages:

- What is nested deeper than 4 levels stands on the fourth, behind the conversation it was in.
- A conversation with too much in it becomes several, each with some of the items; the first one has the title.
- A long text becomes several. Each repeats the last 500 characters of the one before, so that a keyword at the border is
  found: one has at most 64 characters, and at most 6 signs between two of them.
- Of any other long part (a title, a name) the beginning stays, and the rest follows as text. So does that of a URL above
  10,240 bytes.

Each piece counts as a message of its own for rules that count.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from groupguard.filter.v1 import message_pb2 as pb

MOST_CHARACTERS = 10_000
MOST_ITEMS = 1_000
MOST_LEVELS = 4
MOST_URL_BYTES = 10_240
OVERLAP = 500
"""Characters that two pieces of a text have in common."""
_MOST_BYTES = 1_000_000
"""Bytes of one message: several have to fit into a request."""
_PART = 1_000
"""Characters of a title, a name or a description that stay where they are, when a content is cut."""
_UNREAD = {"url", "md5sum", "app_id", "username"}
"""Texts that do not count as readable."""


@dataclass(frozen=True, slots=True)
class _Size:
    """What a content has of all that is limited."""

    characters: int = 0
    items: int = 0
    bytes: int = 0

    def __add__(self, other: "_Size") -> "_Size":
        return _Size(self.characters + other.characters, self.items + other.items, self.bytes + other.bytes)

    def within(self, most: "_Size") -> bool:
        return self.characters <= most.characters and self.items <= most.items and self.bytes <= most.bytes


def fitted(content: pb.Content) -> list[pb.Content]:
    """Returns the content, or the pieces that together hold all of it, each of which may be one message."""
    if not content.HasField("chat_record") and not content.HasField("mixed"):
        return list(_pieces(content, 0))
    shallow = pb.Content()
    shallow.CopyFrom(content)
    _make_shallow(_items(shallow), 1)
    return list(_pieces(shallow, 0))


def _room(level: int) -> _Size:
    """Returns what a piece may have that lies so deep: what it lies in needs a title and its own place besides."""
    return _Size(MOST_CHARACTERS - 1_500 * level, MOST_ITEMS - 10 * level, _MOST_BYTES - 50_000 * level)


# ------------------------------------------------------------------------------------------------------------- levels


def _items(content: pb.Content) -> Any:
    """Returns the items of a conversation or a mixed message, as the list they are kept in; else nothing."""
    if content.HasField("chat_record"):
        return content.chat_record.items
    return content.mixed.items if content.HasField("mixed") else ()


def _make_shallow(items: Any, level: int) -> None:
    """Moves what lies deeper than the last level onto it; `items` are on `level`."""
    if level < MOST_LEVELS:
        for item in items:
            if _items(item):
                _make_shallow(_items(item), level + 1)
        return
    if any(_items(item) for item in items):
        flat = [shown for item in items for shown in _flat(item)]
        del items[:]
        items.extend(flat)


def _flat(content: pb.Content) -> Iterator[pb.Content]:
    """Yields a content without its items, and then all that are in it, one behind the other."""
    inner = _items(content)
    if not inner:
        yield content
        return
    if content.HasField("chat_record"):
        yield pb.Content(chat_record=pb.ChatRecordContent(title=content.chat_record.title))
    for item in inner:
        yield from _flat(item)


# ------------------------------------------------------------------------------------------------------------- pieces


def _pieces(content: pb.Content, level: int) -> Iterator[pb.Content]:
    """Yields a content if there is room for it on its level, else its pieces."""
    room = _room(level)
    if _size(content).within(room) and not _has_long_url(content):
        yield content
    elif content.HasField("chat_record"):
        yield from _record_pieces(content.chat_record, level, room)
    elif content.HasField("mixed"):
        for items in _packs(_all_pieces(content.mixed.items, level), room):
            yield pb.Content(mixed=pb.MixedContent(items=items))
    elif content.HasField("news"):
        pages = (pb.Content(link=article) for article in content.news.articles)
        yield from _news_pieces(_all_pieces(pages, level), room)
    elif content.HasField("other"):
        texts = (pb.Content(text=pb.TextContent(content=text)) for text in content.other.texts)
        for pack in _packs(_all_pieces(texts, level), room):
            yield pb.Content(other=pb.OtherContent(texts=[it.text.content for it in pack]))
    else:
        yield from _leaf_pieces(content, room)


def _all_pieces(contents: Iterable[pb.Content], level: int) -> Iterator[pb.Content]:
    for content in contents:
        yield from _pieces(content, level + 1)


def _record_pieces(record: pb.ChatRecordContent, level: int, room: _Size) -> Iterator[pb.Content]:
    title, rest = _beginning(record.title, _PART)
    units = [*_texts(rest, _room(level + 1)), *_all_pieces(record.items, level)]
    for items in _packs(units, _Size(room.characters - len(title), room.items, room.bytes - _PART * 4)):
        yield pb.Content(chat_record=pb.ChatRecordContent(title=title, items=items))
        title = ""


def _news_pieces(units: Iterable[pb.Content], room: _Size) -> Iterator[pb.Content]:
    """Puts pages together again; what was cut off them follows as texts, which news can't hold."""
    listed = list(units)
    for pages in _packs((unit for unit in listed if unit.HasField("link")), room):
        yield pb.Content(news=pb.NewsContent(articles=[page.link for page in pages]))
    yield from (unit for unit in listed if not unit.HasField("link"))


def _leaf_pieces(content: pb.Content, room: _Size) -> Iterator[pb.Content]:
    """Cuts the long parts of one thing, and yields it and then texts with what was cut off."""
    kept = pb.Content()
    kept.CopyFrom(content)
    thing: Any = getattr(kept, kept.WhichOneof("content") or "text")
    parts = [field.name for field, value in thing.ListFields() if isinstance(value, str)]
    readable = [name for name in parts if name not in _UNREAD]
    rests: list[str] = []
    for name in readable:
        most = room.characters if len(readable) == 1 else _PART
        beginning, rest = _beginning(getattr(thing, name), most)
        setattr(thing, name, beginning)
        rests.append(rest)
    if "url" in parts:
        url = thing.url
        thing.url = url.encode()[:MOST_URL_BYTES].decode("utf-8", "ignore")
        rests.append(url[len(thing.url) - OVERLAP :] if thing.url != url else "")
    yield kept
    for rest in rests:
        yield from _texts(rest, room)


def _packs(units: Iterable[pb.Content], room: _Size) -> Iterator[list[pb.Content]]:
    """Puts contents together, in their order, as many as there is room for."""
    pack: list[pb.Content] = []
    taken = _Size()
    for unit in units:
        more = _size(unit) + _Size(items=1)
        if pack and not (taken + more).within(room):
            yield pack
            pack, taken = [], _Size()
        pack.append(unit)
        taken += more
    if pack:
        yield pack


def _beginning(text: str, most: int) -> tuple[str, str]:
    """Returns as much of a text as may stay, and the rest, which begins with the end of that."""
    return text[:most], text[most - OVERLAP :] if len(text) > most else ""


def _texts(text: str, room: _Size) -> Iterator[pb.Content]:
    """Yields a text in pieces, each beginning with the end of the one before."""
    while text:
        piece, text = _beginning(text, room.characters)
        yield pb.Content(text=pb.TextContent(content=piece))


# -------------------------------------------------------------------------------------------------------------- sizes


def _size(content: pb.Content) -> _Size:
    characters, items = _counts(content)
    return _Size(characters, items, content.ByteSize())


def _counts(message: Any) -> tuple[int, int]:
    """Returns the readable characters of a message with all that is in it, and how many items that are."""
    characters = items = 0
    for field, value in message.ListFields():
        if field.name in _UNREAD or isinstance(value, bool):
            continue
        if isinstance(value, str):
            characters += len(value)
        elif field.name == "texts":
            characters += sum(map(len, value))
            items += len(value)
        else:
            listed = field.name in ("items", "articles")
            for inner in value if listed else (value,):
                more_characters, more_items = _counts(inner)
                characters += more_characters
                items += more_items + listed
    return characters, items


def _has_long_url(content: pb.Content) -> bool:
    """Tells whether a URL is in it that is longer than one may be."""
    if content.HasField("link"):
        return len(content.link.url.encode()) > MOST_URL_BYTES
    if content.HasField("news"):
        return any(len(article.url.encode()) > MOST_URL_BYTES for article in content.news.articles)
    return any(_has_long_url(item) for item in _items(content))
