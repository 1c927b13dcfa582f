"""A group's rules as a whole, and what a change of bindings would touch."""

from collections.abc import Sequence
from dataclasses import dataclass

from rule_service.access import may_edit, require_edit
from rule_service.domain import limits
from rule_service.domain.bindings import masks
from rule_service.domain.group import StoredGroup, why_not_bindable
from rule_service.store import BindingCount, GroupRulesSet, Operation, RuleStore
from service_kit.errors import BindingNotAllowed
from service_kit.revision import Revision
from service_kit.store_errors import StoreUnavailable
from service_kit.writes import Write

_PLANS = 20
"""How often a change is planned anew because the corp changed meanwhile."""


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """How much a change of bindings would touch."""

    groups: int
    members: int
    rules_over_limit: tuple[str, ...]
    """rule_ids."""


async def set_group_rules(
    store: RuleStore, write: Write, chat_id: str, rule_ids: Sequence[str], validate_only: bool
) -> tuple[GroupRulesSet, BlastRadius | None]:
    """Makes some rules the only ones bound to a group, of those that the caller may change.

    Returns:
        What it did, or would do; and with `validate_only` how much that touches.

    Raises:
        RuleNotFound, GroupNotFound: some are not there.
        PermissionDenied: one of the rules is not the caller's to change.
        BindingNotAllowed: a rule's owner may not bind the group.
        LimitExceeded: rules would be in too many groups.
    """
    if not validate_only and (repeated := await store.set_before(write)) is not None:
        return repeated, None
    for _ in range(_PLANS):
        at = await store.revision(write.corp_id)
        [group] = await store.get_groups(write.corp_id, [chat_id])
        bind, unbind, full = await _plan(store, write.corp_id, group, rule_ids)
        if validate_only:
            touched = [group.group.member_count] if bind or unbind else []
            radius = BlastRadius(len(touched), sum(touched), full)
            return GroupRulesSet(tuple(bind), tuple(unbind), at), radius
        if (done := await store.set_group_rules(write, at, group, bind, unbind)) is not None:
            return done, None
    raise StoreUnavailable("the corp's rules keep changing")


async def _plan(
    store: RuleStore, corp_id: str, group: StoredGroup, rule_ids: Sequence[str]
) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Returns which rules to bind, which to unbind, and which of the former are full."""
    current = await store.rules_of_group(corp_id, group.ordinal)
    asked = {stored.rule.rule_id: stored for stored in await store.get_rules(corp_id, rule_ids)}
    for stored in asked.values():
        require_edit(corp_id, stored.rule.owner)
        if why := why_not_bindable(stored.rule.owner, group.group):
            raise BindingNotAllowed(stored.rule.rule_id, group.group.chat_id, why)
    others = await store.get_rules(corp_id, [rule_id for rule_id in current if rule_id not in asked])
    bind = sorted(asked.keys() - set(current))
    most = await _groups_per_rule(store, corp_id)
    full = tuple(rule_id for rule_id in bind if asked[rule_id].group_count >= most)
    return bind, [it.rule.rule_id for it in others if may_edit(corp_id, it.rule.owner)], full


async def preview_configuration(
    store: RuleStore, corp_id: str, operation: Operation, rule_ids: Sequence[str], chat_ids: Sequence[str]
) -> tuple[list[BindingCount], BlastRadius, Revision]:
    """Tells what ConfigureGroups would do, changing nothing; raises as it does, but for limits."""
    at = await store.revision(corp_id)
    groups = {group.ordinal: group for group in await store.get_groups(corp_id, chat_ids)}
    chunks = list(masks(groups))
    most = await _groups_per_rule(store, corp_id)
    counts, over, touched = [], [], set()
    for stored in await store.get_rules(corp_id, rule_ids):
        require_edit(corp_id, stored.rule.owner)
        for group in groups.values():
            why = why_not_bindable(stored.rule.owner, group.group) if operation is Operation.BIND else None
            if why:
                raise BindingNotAllowed(stored.rule.rule_id, group.group.chat_id, why)
        bound = groups.keys() & await store.bound_ordinals(corp_id, stored.rule.rule_id, chunks)
        changing = groups.keys() - bound if operation is Operation.BIND else bound
        before = stored.group_count
        after = before + len(changing) if operation is Operation.BIND else before - len(changing)
        counts.append(BindingCount(stored.rule.rule_id, before, after))
        touched |= changing
        if after > max(most, before):
            over.append(stored.rule.rule_id)
    members = sum(groups[ordinal].group.member_count for ordinal in touched)
    return counts, BlastRadius(len(touched), members, tuple(over)), at


async def _groups_per_rule(store: RuleStore, corp_id: str) -> int:
    """Returns the limit that holds in the corp."""
    stored = await store.get_settings(corp_id)
    return min(limits.GROUPS_PER_RULE, stored.settings.limits.groups_per_rule)
