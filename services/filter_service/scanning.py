"""Scanning messages by a snapshot; other calls are served meanwhile when it takes long."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from filter_service.aside import aside
from filter_service.domain.findings import Findings, Sent, find
from filter_service.domain.keyword_hits import Scanned
from filter_service.domain.keyword_index import Indexes, finders_of
from filter_service.domain.message import Item, Part, PartKind, readable_parts
from filter_service.domain.sender import Sender
from filter_service.domain.snapshot import Snapshot
from service_kit.matching.batch import scan_many

_MOST_AT_ONCE = 20_000
"""Characters of a batch that are scanned without a thread, in 2 to 5 ms."""
_LONG_TEXT = 2_000
"""Characters of one text above which it may be a flood of overlapping hits: rules with 哈, 哈哈 and so on up to 64
characters find 600,000 in 10,000 characters of laughter."""
_NOBODY = Item(None, (), ())
"""Stands for the item that names are in."""


class _Text(NamedTuple):
    message: int
    """Its place among the messages."""
    item: Item
    part: Part


async def find_all(snapshot: Snapshot, sent: Sequence[Sent]) -> list[Findings]:
    """Returns what a snapshot's rules find in each message."""
    texts = [
        _Text(place, item, part)
        for place, message in enumerate(sent)
        for item, part in readable_parts(message.items)
    ]
    names = list(_names(snapshot, sent))

    def judge() -> list[Findings]:
        scanned = _scanned(snapshot.indexes, texts, len(sent))
        named = _scanned(snapshot.nickname_indexes, names, len(sent))
        return [find(snapshot, *each) for each in zip(sent, scanned, named, strict=True)]

    sizes = [len(text.part.text) for text in texts]
    at_once = max(sizes, default=0) <= _LONG_TEXT and sum(sizes) <= _MOST_AT_ONCE
    return judge() if at_once else await aside(judge)


def _names(snapshot: Snapshot, sent: Iterable[Sent]) -> Iterable[_Text]:
    if not snapshot.nickname_indexes:
        return
    for place, message in enumerate(sent):
        if message.sender is not None and snapshot.plan(message.group).nickname_rules:
            for kind, name in _names_of(message.sender):
                yield _Text(place, _NOBODY, Part(kind, name))


def _names_of(sender: Sender) -> Iterable[tuple[PartKind, str]]:
    if sender.group_nickname:
        yield PartKind.GROUP_NICKNAME, sender.group_nickname
    if sender.name:
        yield PartKind.SENDER_NAME, sender.name


def _scanned(indexes: Indexes, texts: Sequence[_Text], messages: int) -> list[list[Scanned]]:
    """Returns, for each message, what is found in its texts."""
    scanned: list[list[Scanned]] = [[] for _ in range(messages)]
    if texts:
        found = scan_many([text.part.text for text in texts], finders_of(indexes))
        for text, occurrences in zip(texts, found, strict=True):
            scanned[text.message].append(Scanned(text.item, text.part, occurrences))
    return scanned
