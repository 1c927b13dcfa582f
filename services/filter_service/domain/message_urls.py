"""The pages that a message leads to: those of its cards, and those whose URLs are written in its texts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from filter_service.domain.message import Item, MessageType, Part, PartKind
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


NO_URLS = MessageUrls()


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
    pages: dict[tuple[int, ...], WebPage | None] = {}
    written: list[WrittenUrl] = []
    for item in items:
        if item.type is MessageType.LINK:
            pages[item.path] = parse_url(item.url)
        for part in item.parts:
            if part.kind in _WRITTEN_BY_THE_SENDER:
                written += [
                    WrittenUrl(item, part, found.start, found.end, found.page)
                    for found in find_urls(part.text)
                ]
    return MessageUrls(pages, tuple(written)) if pages or written else NO_URLS
