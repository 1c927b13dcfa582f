"""Summing up the counters of some days."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from filter_service.domain.verdict import Condition
from filter_service.records import tally
from filter_service.records.store import DayNumbers, RecordStore

MOST_RULES = 1_000
"""Rules told of, those with the most hits."""
MOST_GROUPS = 100
_AT_ONCE = 20
"""Rules whose reach is asked for at the same time."""


@dataclass(frozen=True, slots=True)
class RuleNumbers:
    """What one rule did."""

    rule_id: str
    totals: Mapping[str, int]
    """By the rule's counters, see `tally`."""
    by_day: Sequence[tuple[str, int, int]]
    """(day, hits, hits in state SHADOW), without days that have none."""
    senders: int
    groups: int

    def number(self, counter: str) -> int:
        """Returns one of the totals."""
        return self.totals.get(counter, 0)

    def met(self, condition: Condition) -> int:
        """Returns how many messages met a condition."""
        return self.totals.get(tally.condition_counter(condition), 0)


async def rule_numbers(
    store: RecordStore, corp_id: str, days: Sequence[DayNumbers], wanted: Callable[[str], bool]
) -> list[RuleNumbers]:
    """Returns what rules did on some days, those with the most hits first.

    Args:
        store: where their reach is asked for.
        corp_id: whose.
        days: the counters.
        wanted: tells which rules, by rule_id.

    Raises:
        StoreUnavailable: no answer.
    """
    totals: dict[str, Counter[str]] = {}
    for day in days:
        for (rule_id, counter), number in day.rules.items():
            if rule_id and wanted(rule_id):
                totals.setdefault(rule_id, Counter())[counter] += number
    most = sorted(totals, key=lambda rule_id: (-_messages(totals[rule_id]), rule_id))[:MOST_RULES]
    named = [day.day for day in days]
    found = []
    for start in range(0, len(most), _AT_ONCE):
        some = most[start : start + _AT_ONCE]
        reaches = await asyncio.gather(*(store.reach(corp_id, rule_id, named) for rule_id in some))
        for rule_id, (senders, groups) in zip(some, reaches, strict=True):
            by_day = tuple(_by_day(days, rule_id))
            found.append(RuleNumbers(rule_id, totals[rule_id], by_day, senders, groups))
    return found


def group_numbers(days: Iterable[DayNumbers]) -> list[tuple[str, Mapping[str, int]]]:
    """Returns the counters of the groups with the most hits, those with the most first."""
    totals: dict[str, Counter[str]] = {}
    for day in days:
        for (chat_id, counter), number in day.groups.items():
            totals.setdefault(chat_id, Counter())[counter] += number
    most = sorted(totals, key=lambda chat_id: (-totals[chat_id].total(), chat_id))[:MOST_GROUPS]
    return [(chat_id, totals[chat_id]) for chat_id in most]


def _messages(counters: Mapping[str, int]) -> int:
    return counters.get(tally.HITS, 0) + counters.get(tally.SHADOW_HITS, 0)


def _by_day(days: Iterable[DayNumbers], rule_id: str) -> Iterable[tuple[str, int, int]]:
    for day in days:
        hits = day.rules.get((rule_id, tally.HITS), 0)
        shadow_hits = day.rules.get((rule_id, tally.SHADOW_HITS), 0)
        if hits or shadow_hits:
            yield day.day, hits, shadow_hits
