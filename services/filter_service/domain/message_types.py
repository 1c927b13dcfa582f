"""The condition on sorts of message: what of a message it does not want, and what is welcome all the same."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from filter_service.domain.message import Item, MessageType, Part, PartKind
from filter_service.domain.message_urls import MessageUrls
from filter_service.domain.spans import Spans
from service_kit.web import WebPage


class Pages(Protocol):
    """A whitelist of web pages."""

    @property
    def size(self) -> int:
        """Bytes that its entries take."""

    def covers(self, page: WebPage) -> bool:
        """Tells whether a page is on it."""


class MiniPrograms(Protocol):
    """A whitelist of mini programs."""

    @property
    def size(self) -> int:
        """Bytes that its entries take."""

    def holds(self, id: str, /) -> bool:
        """Tells whether an appid or a username is on it."""


@dataclass(frozen=True, slots=True)
class TypeCondition:
    """Sorts of message that are not wanted. A whitelist goes with its sort; without it, it says nothing."""

    types: frozenset[MessageType]
    web_whitelist: Pages
    """For LINK."""
    mini_program_whitelist: MiniPrograms
    """For MINI_PROGRAM."""


@dataclass(frozen=True, slots=True)
class TypeHit:
    """One unwanted thing in a message."""

    type: MessageType
    item_path: tuple[int, ...]
    part: PartKind | None = None
    """Where a URL is written; None if it is the item as a whole."""
    start: int = 0
    """Offsets into the part."""
    end: int = 0
    page: WebPage | None = None
    """For LINK, as far as it could be read."""


@dataclass(frozen=True, slots=True)
class ExcusedAreas:
    """What a rule's whitelists take out of the judging of its keywords."""

    cards: frozenset[tuple[int, ...]] = frozenset()
    """Paths of items, all parts of which are excused."""
    urls: Mapping[tuple[tuple[int, ...], Part], Spans] = field(default_factory=dict)
    """URLs within texts; what is written around them is not excused."""

    def cover(self, item: Item, part: Part, start: int, end: int) -> bool:
        """Tells whether a place lies wholly in what is excused."""
        if item.path in self.cards:
            return True
        spans = self.urls.get((item.path, part))
        return spans is not None and spans.cover(start, end)


def types_in(items: Iterable[Item], urls: MessageUrls) -> frozenset[MessageType]:
    """Returns the sorts that a message is of, whatever the whitelists say: no other can be hit."""
    types: set[MessageType] = set()
    for item in items:
        if item.type is not None:
            types.add(item.type)
        if item.has_qr_code:
            types.add(MessageType.QR_CODE)
    if urls.written:
        types.add(MessageType.LINK)
    return frozenset(types)


def type_hits(condition: TypeCondition, items: Iterable[Item], urls: MessageUrls) -> list[TypeHit]:
    """Returns everything in a message that a condition does not want, in reading order, URLs within texts last."""
    hits = [hit for item in items for hit in _item_hits(condition, item, urls)]
    if MessageType.LINK in condition.types:
        hits += [
            TypeHit(MessageType.LINK, url.item.path, url.part.kind, url.start, url.end, url.page)
            for url in urls.written
            if not _covers(condition, url.page)
        ]
    return hits


def excused_areas(condition: TypeCondition, items: Iterable[Item], urls: MessageUrls) -> ExcusedAreas:
    """Returns what a condition's whitelists take out of the judging of its rule's keywords."""
    cards = frozenset(
        item.path for item in items if item.type in condition.types and _is_welcome(condition, item, urls)
    )
    spans: dict[tuple[tuple[int, ...], Part], list[tuple[int, int]]] = {}
    if MessageType.LINK in condition.types:
        for url in urls.written:
            if _covers(condition, url.page):
                spans.setdefault((url.item.path, url.part), []).append((url.start, url.end))
    return ExcusedAreas(cards, {place: Spans(places) for place, places in spans.items()})


def _item_hits(condition: TypeCondition, item: Item, urls: MessageUrls) -> Iterator[TypeHit]:
    if item.type in condition.types and not _is_welcome(condition, item, urls):
        yield TypeHit(item.type, item.path, page=urls.pages.get(item.path))
    if item.has_qr_code and MessageType.QR_CODE in condition.types:
        yield TypeHit(MessageType.QR_CODE, item.path)


def _is_welcome(condition: TypeCondition, item: Item, urls: MessageUrls) -> bool:
    match item.type:
        case MessageType.LINK:
            return _covers(condition, urls.pages.get(item.path))
        case MessageType.MINI_PROGRAM:
            return any(condition.mini_program_whitelist.holds(id) for id in item.app_ids)
        case _:
            return False


def _covers(condition: TypeCondition, page: WebPage | None) -> bool:
    return page is not None and condition.web_whitelist.covers(page)
