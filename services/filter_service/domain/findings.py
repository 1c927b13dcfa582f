"""What a corp's rules find in a message."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from filter_service.domain.compiled import Keyword
from filter_service.domain.index import Posting, Postings
from filter_service.domain.message import Item, Part
from filter_service.domain.message_types import ExcusedAreas, excused_areas, type_hits, types_in
from filter_service.domain.message_urls import MessageUrls, read_urls
from filter_service.domain.rule import ActionKind, Group, Rule, State
from filter_service.domain.snapshot import Snapshot
from filter_service.domain.spans import Spans
from filter_service.domain.verdict import Check, Condition, Hit, Skipped, SkipReason
from service_kit.matching import Occurrence
from service_kit.web import find_urls, parse_url

KICKING = (ActionKind.KICK, ActionKind.WARN_AND_KICK)
Binds = Callable[[str], bool]
"""Tells whether a rule is bound to the message's group."""
Scanned = tuple[Item, Part, Sequence[Occurrence[Postings]]]
"""A text of a message, and all keywords of the corp that are in it."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a snapshot's rules find in one message, before strikes are counted."""

    hits: tuple[Hit, ...] = ()
    shadow_hits: tuple[Hit, ...] = ()
    excused: tuple[Hit, ...] = ()
    """Keywords that an allow phrase or a whitelist covers."""

    @property
    def rules(self) -> list[Rule]:
        """The enforced rules that were hit, by rule_id."""
        return sorted(
            {hit.rule.rule_id: hit.rule for hit in self.hits}.values(), key=lambda rule: rule.rule_id
        )

    @property
    def striking_rules(self) -> list[Rule]:
        """Those among them that count strikes."""
        return [rule for rule in self.rules if rule.action.kind is ActionKind.KICK_AFTER_WARNINGS]

    @property
    def kicks(self) -> bool:
        """Whether one of them kicks whatever happened before."""
        return any(rule.action.kind in KICKING for rule in self.rules)


_NOTHING = Findings()


def find(snapshot: Snapshot, group: Group, items: tuple[Item, ...], scanned: Iterable[Scanned]) -> Findings:
    """Picks what concerns the rules that are bound to a group.

    Args:
        snapshot: the corp's rules.
        group: where the message was sent.
        items: what the message holds.
        scanned: its texts, with what the snapshot's finders found there.
    """
    found = [(item, part, occurrences) for item, part, occurrences in scanned if occurrences]
    if not found and snapshot.type_rules.is_empty:
        return _NOTHING
    binds = cache(partial(snapshot.binds, group=group))
    welcome: dict[str, ExcusedAreas] = {}
    hits: list[Hit] = []
    excused: list[Hit] = []
    if not snapshot.type_rules.is_empty:
        hits += _unwanted(snapshot, binds, items, welcome)
    for item, part, occurrences in found:
        for hit, is_excused in _keywords(snapshot, binds, item, part, occurrences, welcome):
            (excused if is_excused else hits).append(hit)
    if not hits and not excused:
        return _NOTHING
    return Findings(
        tuple(hit for hit in hits if hit.rule.state is State.ENABLED),
        tuple(hit for hit in hits if hit.rule.state is State.SHADOW),
        tuple(excused),
    )


def unjudged(snapshot: Snapshot, group: Group) -> list[Skipped]:
    """Names the rules bound to a group that have conditions which are not judged."""
    rule_ids = tuple(sorted(rule_id for rule_id in snapshot.partly_judged if snapshot.binds(rule_id, group)))
    return [Skipped(Check.CONDITIONS, SkipReason.UNSUPPORTED, rule_ids)] if rule_ids else []


def _unwanted(
    snapshot: Snapshot, binds: Binds, items: tuple[Item, ...], welcome: dict[str, ExcusedAreas]
) -> Iterator[Hit]:
    """Yields what is of an unwanted sort, and notes what the same rules' whitelists welcome."""
    urls = read_urls(items, find_urls, parse_url) if snapshot.type_rules.want_urls else MessageUrls()
    for rule in snapshot.type_rules.concerned(types_in(items, urls)):
        if rule.message_types is None or not binds(rule.rule_id):
            continue
        welcome[rule.rule_id] = excused_areas(rule.message_types, items, urls)
        for found in type_hits(rule.message_types, items, urls):
            yield Hit(
                rule,
                Condition.MESSAGE_TYPES,
                found.item_path,
                found.part,
                found.start,
                found.end,
                message_type=found.type,
                page=found.page,
            )


def _keywords(
    snapshot: Snapshot,
    binds: Binds,
    item: Item,
    part: Part,
    occurrences: Iterable[Occurrence[Postings]],
    welcome: Mapping[str, ExcusedAreas],
) -> Iterator[tuple[Hit, bool]]:
    """Yields the keywords in one text, each once at one place, and whether something excuses them."""
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
        hit = Hit(
            snapshot.rules[rule_id],
            Condition.KEYWORDS,
            item.path,
            part.kind,
            start,
            end,
            keyword,
            part.text[start:end],
        )
        yield (
            hit,
            (rule_id in allowed and allowed[rule_id].cover(start, end))
            or (rule_id in welcome and welcome[rule_id].cover(item, part, start, end)),
        )
