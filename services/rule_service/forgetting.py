"""Erasing a customer: from lists of exempt ones, from rules and their histories, and from what followers were told."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace

from rule_service.domain.exemptions import Exemption
from rule_service.domain.history import Edit
from rule_service.domain.naming import without_sender
from rule_service.domain.rule import Rule, StoredRule
from rule_service.editing import update_rule
from rule_service.store import RuleStore
from service_kit.errors import RuleNotFound
from service_kit.revision import Revision
from service_kit.writes import own_write

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was found of a customer up to now."""

    exemptions: int
    rule_ids: tuple[str, ...]
    """Rules that named the customer as a sender."""
    states: int = 0
    """What rules were before, in their histories."""
    changes: int = 0
    revision: Revision | None = None
    """Where the corp's rules are, at the end."""


async def forget_customer(
    store: RuleStore, corp_id: str, external_userid: str, edit: Edit, *, erase: bool
) -> AsyncIterator[Forgotten]:
    """Erases a customer, or only looks, and yields what was found up to now, at the end all of it.

    The change log comes last: what takes the customer off a list names it there.

    Args:
        store: where everything is.
        corp_id: whose.
        external_userid: the customer.
        edit: what histories shall tell of it.
        erase: whether anything is erased.

    Raises:
        StoreUnavailable: the store does not answer; what was erased is, and the next call does the rest.
    """
    exemptions = await _exemptions(store, corp_id, external_userid)
    rule_ids = [rule_id async for rule_id in store.rules_naming(corp_id, external_userid)]
    if erase:
        for it in exemptions:
            await store.remove_exemptions(own_write(corp_id), it.owner_userid, [external_userid])
        for rule_id in rule_ids:
            await _forget_in_rule(store, corp_id, rule_id, external_userid, edit)
    forgotten = Forgotten(len(exemptions), tuple(rule_ids))
    async for states in store.forget_in_histories(corp_id, external_userid, erase=erase):
        forgotten = replace(forgotten, states=forgotten.states + states)
        yield forgotten
    changes, last = await store.changes_naming(corp_id, external_userid)
    if erase:
        while last:  # somebody may have taken the customer off a list meanwhile
            await store.cut_changes(corp_id, last)
            _, last = await store.changes_naming(corp_id, external_userid)
    yield replace(forgotten, changes=changes, revision=await store.revision(corp_id))


async def _exemptions(store: RuleStore, corp_id: str, external_userid: str) -> list[Exemption]:
    found: list[Exemption] = []
    after = ("", "")
    while True:
        page = await store.list_exemptions(corp_id, None, external_userid, after, _PAGE)
        found += page
        if len(page) < _PAGE:
            return found
        after = page[-1].owner_userid, page[-1].external_userid


async def _forget_in_rule(
    store: RuleStore, corp_id: str, rule_id: str, external_userid: str, edit: Edit
) -> None:
    def change(stored: StoredRule) -> Rule:
        conditions = without_sender(stored.rule.conditions, external_userid)
        return replace(stored.rule, conditions=conditions, updated_at=edit.at)

    with suppress(RuleNotFound):  # deleted meanwhile
        await update_rule(store, own_write(corp_id), edit, rule_id, "", change)
