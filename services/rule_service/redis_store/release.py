"""Which bindings go when groups change hands: those of rules whose owner may bind the group no longer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rule_service.domain.bindings import masks, without
from rule_service.domain.group import Group, StoredGroup
from rule_service.domain.rule import Owner, OwnerKind


@dataclass(frozen=True, slots=True)
class Release:
    """Bindings to take away: of some rules, from some groups."""

    rule_ids: tuple[str, ...]
    ordinals: tuple[int, ...]

    @property
    def staying(self) -> dict[int, bytes]:
        """For each chunk that is concerned, the bitmap of the groups that stay."""
        return {chunk: without(mask) for chunk, mask in masks(self.ordinals).items()}


def losing_owners(old: Sequence[StoredGroup | None], new: Sequence[Group]) -> Mapping[Owner, list[int]]:
    """Returns the owners of rules who lose groups, with the ordinals of what each loses.

    Args:
        old: what the registry says; None for a group that is not in it.
        new: what it shall say, in the same order.
    """
    losses: dict[Owner, list[int]] = {}
    for before, after in zip(old, new, strict=True):
        if before is None:
            continue
        owners = [
            Owner(OwnerKind.STRATEGY, it) for it in before.group.strategy_ids if it not in after.strategy_ids
        ]
        if before.group.owner_userid != after.owner_userid:
            owners.append(Owner(OwnerKind.MEMBER, before.group.owner_userid))
        for owner in owners:
            losses.setdefault(owner, []).append(before.ordinal)
    return losses
