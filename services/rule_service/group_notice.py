"""The announcement of one group, from all rules that are bound to it."""

import asyncio

from rule_service.access import may_see
from rule_service.domain.group import Group
from rule_service.domain.notice import render_notice
from rule_service.domain.rule import Owner, OwnerKind, Rule
from rule_service.store import RuleStore
from service_kit.errors import GroupNotFound, PermissionDenied

_BATCH = 10
"""Rules to read at once: the largest ones take a few milliseconds of the event loop then."""


async def group_notice(store: RuleStore, corp_id: str, chat_id: str) -> str:
    """Returns the announcement; other owners' rules count too, since it tells none of their content.

    Raises:
        PermissionDenied: the group is not the caller's, or unknown and the caller may see only some groups.
        GroupNotFound: there is no such group.
    """
    try:
        [stored] = await store.get_groups(corp_id, [chat_id])
    except GroupNotFound:
        _require(corp_id, chat_id, Owner(OwnerKind.SUPER_ADMIN))
        raise
    _require(corp_id, chat_id, *_owners(stored.group))
    rule_ids = await store.rules_of_group(corp_id, stored.ordinal)
    rules: list[Rule] = []
    for start in range(0, len(rule_ids), _BATCH):
        found = await store.find_rules(corp_id, rule_ids[start : start + _BATCH])
        rules += [it.rule for it in found]
    return await asyncio.to_thread(render_notice, rules)


def _owners(group: Group) -> list[Owner]:
    """Returns whose groups the group is among."""
    tags = [Owner(OwnerKind.STRATEGY, strategy_id) for strategy_id in group.strategy_ids]
    return [Owner(OwnerKind.MEMBER, group.owner_userid), *tags]


def _require(corp_id: str, chat_id: str, *owners: Owner) -> None:
    if not any(may_see(corp_id, owner) for owner in owners):
        raise PermissionDenied(f"group {chat_id} is not yours to see", any_of="super_admin, viewer")
