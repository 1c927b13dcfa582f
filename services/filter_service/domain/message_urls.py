"""The pages that a message leads to: those of its cards, and those whose URLs are written in its texts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from filter_service.domain.message import Item, MessageType, Part, PartKind, readable_parts
from service_kit.web import WebPage

_WRITTEN_BY_THE_SENDER = frozenset({PartKind.TEXT, PartKind.RECOGNIZED_TEXT, PartKind.WISH})
"""Parts in which a URL is somebody's invitation. Others are names that may look like one (a file readme.md, a mini
program JD.com), or stand on a card, which leads where the card's own page is."""


class FoundUrl(Protocol):
    """A URL within a text."""

    @property
    def start(self) -> int:
        """Offset of its first character."""

    @property
    def end(self) -> int:
        """Offset behind its last character."""

    @property
    def page(self) -> WebPage | None:
        """None if the URL's host could not be compared with a whitelist's."""


@dataclass(frozen=True, slots=True)
class WrittenUrl:
    """A URL in one of a message's texts."""

    item: Item
    part: Part
    start: int
    end: int
    page: WebPage | None
    """None if it could not be read."""


@dataclass(frozen=True, slots=True)
class MessageUrls:
    """Read once for a message, whatever the number of rules."""

    pages: Mapping[tuple[int, ...], WebPage | None] = field(default_factory=dict)
    """Of each LINK item, by its path; None if it has none, or none that could be read."""
    written: tuple[WrittenUrl, ...] = ()


def read_urls(
    items: Iterable[Item],
    find_urls: Callable[[str], Iterable[FoundUrl]],
    parse_url: Callable[[str], WebPage | None],
) -> MessageUrls:
    """Reads all URLs of a message.

    Args:
        items: what the message holds.
        find_urls: returns the URLs within a text.
        parse_url: reads a text that is a URL; None if it is none that can be read.
    """
    items = tuple(items)
    return MessageUrls(
        {item.path: parse_url(item.url) for item in items if item.type is MessageType.LINK},
        tuple(
            WrittenUrl(item, part, found.start, found.end, found.page)
            for item, part in readable_parts(items)
            if part.kind in _WRITTEN_BY_THE_SENDER
            for found in find_urls(part.text)
        ),
    )
