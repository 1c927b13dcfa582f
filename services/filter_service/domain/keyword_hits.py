"""What of the words found in a text counts in a group."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from filter_service.domain.compiled import Keyword
from filter_service.domain.index import Posting, Postings
from filter_service.domain.message import Item, Part
from filter_service.domain.message_types import ExcusedAreas
from filter_service.domain.rule import Rule
from filter_service.domain.spans import Spans
from filter_service.domain.verdict import Condition, Hit
from service_kit.matching import Occurrence

Binds = Callable[[str], bool]
"""Tells whether a rule is bound to the message's group."""


class Scanned(NamedTuple):
    """A text, and all keywords and allow phrases of the corp that are in it."""

    item: Item
    part: Part
    occurrences: list[Occurrence[Postings]]


def keyword_hits(
    rules: Mapping[str, Rule],
    binds: Binds,
    scanned: Scanned,
    welcome: Mapping[str, ExcusedAreas],
    condition: Condition = Condition.KEYWORDS,
) -> Iterator[tuple[Hit, bool]]:
    """Yields the keywords in one text, each once at one place, and whether something excuses them."""
    item, part, occurrences = scanned
    found: dict[tuple[int, int, int], Posting] = {}
    phrases: dict[str, list[tuple[int, int]]] = {}
    for start, end, postings in occurrences:
        for posting in postings:
            if not binds(posting.rule_id):
                continue
            if posting.excuses:
                phrases.setdefault(posting.rule_id, []).append((start, end))
            else:
                found[start, end, id(posting)] = posting  # a keyword may have several patterns
    allowed = {rule_id: Spans(spans) for rule_id, spans in phrases.items()}
    for (start, end, _), posting in found.items():
        rule_id, keyword = posting.rule_id, Keyword(posting.keyword, posting.mode)
        hit = Hit(rules[rule_id], condition, item.path, part.kind, start, end, keyword, part.text[start:end])
        yield (
            hit,
            (rule_id in allowed and allowed[rule_id].cover(start, end))
            or (rule_id in welcome and welcome[rule_id].cover(item, part, start, end)),
        )
