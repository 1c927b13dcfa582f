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
    dismissed_at: float = 0.0
    """Seconds since 1970; 0 for a group that lives."""


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """A group as the store has it."""

    group: Group
    ordinal: int
    """Place of the group in binding bitmaps; never reused within a corp."""


@dataclass(frozen=True, slots=True)
class GroupSelection:
    """Which groups are asked for, and which may be seen."""

    owner_userid: str = ""
    """Only groups of this owner; empty for any."""
    strategy_id: str = ""
    """Only groups of this management rule; empty for any."""
    seen_by: frozenset[Owner] | None = None
    """Only groups that one of them may bind; None for all."""

    def selects(self, group: Group) -> bool:
        """Tells whether a group is one of them: it lives, and nothing speaks against it."""
        return (
            not group.dismissed_at
            and self.owner_userid in ("", group.owner_userid)
            and (not self.strategy_id or self.strategy_id in group.strategy_ids)
            and (
                self.seen_by is None or any(why_not_bindable(owner, group) is None for owner in self.seen_by)
            )
        )


def why_not_bindable(owner: Owner, group: Group) -> str | None:
    """Tells why a rule of this owner may not be bound to the group; None if it may."""
    if owner.kind is OwnerKind.MEMBER and group.owner_userid != owner.id:
        return f"it is a rule of member {owner.id}, and the group's owner is {group.owner_userid}"
    if owner.kind is OwnerKind.STRATEGY and owner.id not in group.strategy_ids:
        return f"it is a rule of strategy {owner.id}, and the group is not tagged with it"
    return None
