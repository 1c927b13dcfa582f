"""What a corp's rules find in a message, before anything is counted."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from filter_service.domain.keyword_hits import Binds, Scanned, keyword_hits
from filter_service.domain.message import Item
from filter_service.domain.message_types import ExcusedAreas, excused_areas, type_hits, types_in
from filter_service.domain.message_urls import NO_URLS, MessageUrls, read_urls
from filter_service.domain.rule import Group, Rule, State
from filter_service.domain.sender import Sender
from filter_service.domain.sender_findings import NOTHING_COUNTED, Counted, find_about, find_counted
from filter_service.domain.snapshot import Snapshot
from filter_service.domain.verdict import Check, Condition, Hit, Skipped, SkipReason
from service_kit.web import find_urls, parse_url


class Sent(NamedTuple):
    """A message in a group."""

    group: Group
    items: tuple[Item, ...]
    sender: Sender | None = None
    """None where only the message itself is looked at."""
    counts: bool = True
    """Whether it is one of the messages whose frequency is counted: a join is none."""
    is_late: bool = False
    """Whether it came too late to be counted."""


class Findings(NamedTuple):
    """What a snapshot's rules find in one message, before anything is counted."""

    hits: tuple[Hit, ...] = ()
    shadow_hits: tuple[Hit, ...] = ()
    excused: tuple[Hit, ...] = ()
    """Keywords that an allow phrase or a whitelist covers."""
    counted: Counted = NOTHING_COUNTED
    """What is to be counted."""
    skipped: tuple[Skipped, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules that were hit, shadow rules included, each once."""
        if not self.hits and not self.shadow_hits:
            return ()
        return tuple({hit.rule.rule_id: hit.rule for hit in (*self.hits, *self.shadow_hits)}.values())

    @property
    def wants_counting(self) -> bool:
        """Whether anything was hit, or is to be counted."""
        return bool(self.hits or self.shadow_hits or self.counted.frequency or self.counted.repeat)


_NOTHING = Findings()
_UNBOUND: Binds = frozenset[str]().__contains__


def find(
    snapshot: Snapshot, sent: Sent, scanned: Iterable[Scanned], names: Iterable[Scanned] = ()
) -> Findings:
    """Picks what concerns the rules that are bound to the message's group.

    Args:
        snapshot: the corp's rules.
        sent: the message.
        scanned: its texts, with what the snapshot's finders found there.
        names: the names of its sender, as far as known, with the same.
    """
    plan = snapshot.plan(sent.group)
    found = [text for text in scanned if text.occurrences]
    if not found and plan.is_empty:
        return _NOTHING
    binds = _Bound(snapshot, sent.group).__getitem__ if found or plan.nickname_rules else _UNBOUND
    welcome: dict[str, ExcusedAreas] = {}
    hits: list[Hit] = []
    excused: list[Hit] = []
    if not plan.types.is_empty:
        urls = read_urls(sent.items, find_urls, parse_url) if plan.types.want_urls else NO_URLS
        if present := types_in(sent.items, urls):
            asking = plan.types.concerned(present)
            hits += _unwanted(asking, sent.items, urls, welcome if found else None)
    for text in found:
        for hit, is_excused in keyword_hits(snapshot.rules, binds, text, welcome):
            (excused if is_excused else hits).append(hit)
    hits += plan.lengths.hits(sent.items)
    skipped = list(plan.unknown)
    counted = NOTHING_COUNTED
    if sent.sender is not None and plan.is_about_senders:
        absent: set[str] = set()
        hits += find_about(snapshot.rules, plan, sent.sender, binds, names, absent)
        if sent.counts:
            counted = find_counted(plan, sent.sender, sent.items, sent.is_late, absent, skipped)
        if absent:
            skipped.append(Skipped(Check.CONDITIONS, SkipReason.FACT_ABSENT, tuple(sorted(absent))))
    if not hits and not excused and not skipped:
        return _NOTHING if counted is NOTHING_COUNTED else Findings(counted=counted)
    return Findings(
        tuple(hit for hit in hits if hit.rule.state is State.ENABLED),
        tuple(hit for hit in hits if hit.rule.state is State.SHADOW),
        tuple(excused),
        counted,
        tuple(skipped),
    )


class _Bound(dict[str, bool]):
    """Whether rules are bound to a group, found out once for each that is asked for."""

    def __init__(self, snapshot: Snapshot, group: Group) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._group = group

    def __missing__(self, rule_id: str) -> bool:
        bound = self[rule_id] = self._snapshot.binds(rule_id, self._group)
        return bound


def _unwanted(
    rules: Iterable[Rule],
    items: tuple[Item, ...],
    urls: MessageUrls,
    welcome: dict[str, ExcusedAreas] | None,
) -> Iterator[Hit]:
    """Yields what is of an unwanted sort, and notes what the same rules' whitelists welcome, if anybody asks."""
    for rule in rules:
        if rule.message_types is None:
            continue
        if welcome is not None:
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
