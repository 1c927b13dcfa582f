"""Looks through a corp's rules for parts that can never act or do nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from rule_service.access import require_see, seen_owners
from rule_service.domain.problems import KeywordUses, Place, Problem, problems_of
from rule_service.domain.rule import StoredRule
from rule_service.store import RuleStore

_BATCH = 10
"""Rules to read at once: the largest ones take a few milliseconds of the event loop then."""


async def list_problems(
    store: RuleStore, corp_id: str, rule_id: str, after: Place | None, count: int
) -> list[Problem]:
    """Returns problems of rules that the caller may see, by place; those behind `after` only.

    Reads the rules batch by batch and works on each in a thread, so that nothing else has to wait.

    Args:
        store: where the rules are.
        corp_id: whose.
        rule_id: only this rule's problems; empty for all.
        after: the last problem told before; None for none.
        count: how many at most.

    Raises:
        RuleNotFound: there is no such rule.
        PermissionDenied: its owner's rules are not the caller's to see.
    """
    asked: list[StoredRule] = []
    if rule_id:
        asked = await store.get_rules(corp_id, [rule_id])
        require_see(corp_id, asked[0].rule.owner)
    uses = KeywordUses()
    async for batch in _visible(store, corp_id, ""):
        await asyncio.to_thread(_note, uses, batch)
    if rule_id:
        return _behind(await asyncio.to_thread(_problems, asked, uses), after)[:count]
    found: list[Problem] = []
    start = after[0][:-1] if after else ""  # sorts before that rule, which may have more problems
    async for batch in _visible(store, corp_id, start):
        found += _behind(await asyncio.to_thread(_problems, batch, uses), after)
        if len(found) >= count:
            break
    return found[:count]


async def _visible(store: RuleStore, corp_id: str, after: str) -> AsyncIterator[list[StoredRule]]:
    """Yields the rules behind `after` that the caller may see, by rule_id, some at a time."""
    seen = seen_owners(corp_id)
    while batch := await (
        store.list_rules(corp_id, None, after, _BATCH)
        if seen is None
        else store.list_rules_of(corp_id, seen, after, _BATCH)
    ):
        yield batch
        after = batch[-1].rule.rule_id


def _note(uses: KeywordUses, batch: Sequence[StoredRule]) -> None:
    for stored in batch:
        uses.add(stored.rule)


def _problems(batch: Sequence[StoredRule], uses: KeywordUses) -> list[Problem]:
    return [problem for stored in batch for problem in problems_of(stored, uses)]


def _behind(problems: list[Problem], after: Place | None) -> list[Problem]:
    return [problem for problem in problems if after is None or problem.place > after]
