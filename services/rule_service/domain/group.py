"""The group registry's entries."""

from dataclasses import dataclass

from rule_service.domain.rule import Owner, OwnerKind


@dataclass(frozen=True, slots=True)
class Group:
    """A customer group."""

    chat_id: str
    owner_userid: str
    display_name: str = ""
    strategy_ids: tuple[str, ...] = ()
    member_count: int = 0
    """As far as the caller knows; for estimates."""


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """A group as the store has it."""

    group: Group
    ordinal: int
    """Place of the group in binding bitmaps; never reused within a corp."""


def why_not_bindable(owner: Owner, group: Group) -> str | None:
    """Tells why a rule of this owner may not be bound to the group; None if it may."""
    if owner.kind is OwnerKind.MEMBER and group.owner_userid != owner.id:
        return f"it is a rule of member {owner.id}, and the group's owner is {group.owner_userid}"
    if owner.kind is OwnerKind.STRATEGY and owner.id not in group.strategy_ids:
        return f"it is a rule of strategy {owner.id}, and the group is not tagged with it"
    return None
