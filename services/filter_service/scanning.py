"""Scanning messages by a snapshot; other calls are served meanwhile when it takes long."""

from collections.abc import Sequence
from typing import NamedTuple

from filter_service.aside import aside
from filter_service.domain.findings import Findings, Scanned, find
from filter_service.domain.keyword_index import finders_of
from filter_service.domain.message import Item, Part, readable_parts
from filter_service.domain.rule import Group
from filter_service.domain.snapshot import Snapshot
from service_kit.matching.batch import scan_many

_MOST_AT_ONCE = 20_000
"""Characters of a batch that are scanned without a thread, in 2 to 5 ms."""
_LONG_TEXT = 2_000
"""Characters of one text above which it may be a flood of overlapping hits: rules with 哈, 哈哈 and so on up to 64
characters find 600,000 in 10,000 characters of laughter."""


class _Text(NamedTuple):
    message: int
    """Its place among the messages."""
    item: Item
    part: Part


async def find_all(snapshot: Snapshot, messages: Sequence[tuple[Group, tuple[Item, ...]]]) -> list[Findings]:
    """Returns what a snapshot's rules find in each message: the group it was sent in, and what it holds."""
    texts = [
        _Text(place, item, part)
        for place, (_, items) in enumerate(messages)
        for item, part in readable_parts(items)
    ]

    def judge() -> list[Findings]:
        found = scan_many([text.part.text for text in texts], finders_of(snapshot.indexes))
        scanned: list[list[Scanned]] = [[] for _ in messages]
        for text, occurrences in zip(texts, found, strict=True):
            scanned[text.message].append((text.item, text.part, occurrences))
        return [
            find(snapshot, group, items, parts)
            for (group, items), parts in zip(messages, scanned, strict=True)
        ]

    sizes = [len(text.part.text) for text in texts]
    at_once = max(sizes, default=0) <= _LONG_TEXT and sum(sizes) <= _MOST_AT_ONCE
    return judge() if at_once else await aside(judge)
