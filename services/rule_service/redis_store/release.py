"""Which bindings go when groups change hands or are dismissed, read exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rule_service.domain.bindings import by_chunk, held, masks, without
from rule_service.domain.group import Group, StoredGroup
from rule_service.domain.rule import Owner, OwnerKind
from rule_service.redis_store.change_log import binding_payload
from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.records import read_summary
from rule_service.store import Operation
from service_kit.store_errors import store_errors

_BATCH = 200
"""Bitmaps, or lists of rules, to read in one command."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A chunk of a rule's bindings that loses some."""

    owner: Owner
    rule_id: str
    chunk: int
    ordinals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What goes. True of the revision of the corp that it was read at."""

    losing: Mapping[Owner, Sequence[int]]
    """Owners whose rules may not stay bound to some groups, with the ordinals of these."""
    losses: Sequence[Loss]

    @property
    def staying(self) -> dict[tuple[Owner, int], bytes]:
        """The bitmap of the groups that stay, for each owner's chunks."""
        return {
            (owner, chunk): without(mask)
            for owner in dict.fromkeys(loss.owner for loss in self.losses)
            for chunk, mask in masks(self.losing[owner]).items()
        }

    def payloads(self) -> list[bytes]:
        """Returns the binding changes for the log, one an owner."""
        changes: dict[Owner, tuple[dict[str, None], set[int]]] = {}
        for loss in self.losses:
            rule_ids, lost = changes.setdefault(loss.owner, ({}, set()))
            rule_ids[loss.rule_id] = None
            lost.update(loss.ordinals)
        return [
            binding_payload(Operation.UNBIND, list(rule_ids), sorted(lost))
            for rule_ids, lost in changes.values()
        ]

    def by_rule(self, chat_ids: Mapping[int, str]) -> list[tuple[str, Owner, list[str]]]:
        """Returns (rule_id, owner, chat_ids lost) of every rule that loses any; `chat_ids` are by ordinal."""
        lost: dict[tuple[str, Owner], list[str]] = {}
        for loss in self.losses:
            lost.setdefault((loss.rule_id, loss.owner), []).extend(chat_ids[it] for it in loss.ordinals)
        return [(rule_id, owner, chats) for (rule_id, owner), chats in lost.items()]


def losing_owners(old: Sequence[StoredGroup | None], new: Sequence[Group]) -> Mapping[Owner, list[int]]:
    """Returns the owners of rules who lose groups, with the ordinals of what each loses.

    Args:
        old: what the registry says; None for a group that is not in it.
        new: what it shall say, in the same order.
    """
    losses: dict[Owner, list[int]] = {}
    for before, after in zip(old, new, strict=True):
        if before is None or before.group.dismissed_at:  # has no bindings
            continue
        for owner in sorted(_binders(before.group) - _binders(after), key=str):
            losses.setdefault(owner, []).append(before.ordinal)
    return losses


def _binders(group: Group) -> set[Owner]:
    """Returns the owners whose rules may be bound to a group."""
    if group.dismissed_at:
        return set()
    strategies = {Owner(OwnerKind.STRATEGY, strategy_id) for strategy_id in group.strategy_ids}
    return {Owner(OwnerKind.SUPER_ADMIN), Owner(OwnerKind.MEMBER, group.owner_userid), *strategies}


async def plan_release(client: Any, keys: RuleKeys, losing: Mapping[Owner, Sequence[int]]) -> ReleasePlan:
    """Reads which bindings the rules of some owners have to the groups that these lose."""
    concerned = {owner: by_chunk(lost) for owner, lost in losing.items()}
    places: list[tuple[Owner, str, int]] = []
    losses: list[Loss] = []
    with store_errors():
        for owner, rule_ids in (await _pools(client, keys, list(losing))).items():
            for start in range(0, len(rule_ids), _BATCH):
                part = rule_ids[start : start + _BATCH]
                summaries = await client.hmget(keys.bindings, part)
                places += [
                    (owner, rule_id, chunk)
                    for rule_id, summary in zip(part, summaries, strict=True)
                    for chunk in read_summary(summary)[1]
                    if chunk in concerned[owner]
                ]
        for start in range(0, len(places), _BATCH):
            batch = places[start : start + _BATCH]
            bitmaps = await client.mget([keys.bits(rule_id, chunk) for _, rule_id, chunk in batch])
            for (owner, rule_id, chunk), bitmap in zip(batch, bitmaps, strict=True):
                if lost := held(chunk, bitmap or b"", concerned[owner][chunk]):
                    losses.append(Loss(owner, rule_id, chunk, lost))
    return ReleasePlan(losing, losses)


async def _pools(client: Any, keys: RuleKeys, owners: Sequence[Owner]) -> dict[Owner, list[str]]:
    """Returns the rule_ids of each owner who has any."""
    found: dict[Owner, list[str]] = {}
    for start in range(0, len(owners), _BATCH):
        batch = owners[start : start + _BATCH]
        pipeline = client.pipeline(transaction=False)
        for owner in batch:
            pipeline.zrange(keys.ids(owner), 0, -1)
        for owner, rule_ids in zip(batch, await pipeline.execute(), strict=True):
            if rule_ids:
                found[owner] = [rule_id.decode() for rule_id in rule_ids]
    return found
