"""Looking at the group registry: who is in it, which groups are active, what was released."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from rule_service.domain.group import GroupSelection, StoredGroup
from rule_service.domain.rule import Owner

Moment = tuple[int, str]
"""A place in the list of active groups: milliseconds since 1970, then chat_id."""


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A group, and when it was last active."""

    stored: StoredGroup
    active_ms: int | None
    """Milliseconds since 1970; None if that is not known."""

    @property
    def moment(self) -> Moment:
        """Its place in the list of active groups."""
        return self.active_ms or 0, self.stored.group.chat_id


@dataclass(frozen=True, slots=True)
class Seen:
    """Some of the groups that were asked for."""

    groups: tuple[ListedGroup, ...]
    reached: int | Moment | None
    """The ordinal or moment of the last group looked at; None if there are no more."""


@dataclass(frozen=True, slots=True)
class ReleasedBindings:
    """What one write took from one rule."""

    rule_id: str
    owner: Owner
    """The rule's."""
    chat_ids: tuple[str, ...]
    at: float
    """Seconds since 1970."""
    actor: str
    revision: int
    index: int
    """Its place among all that the write took away."""


class Registry(Protocol):
    """Tells what the registry holds."""

    async def list_groups(self, corp_id: str, selection: GroupSelection, after: int, count: int) -> Seen:
        """Returns up to `count` living groups by ordinal, those above `after` only.

        It looks at `GROUPS_LOOKED_AT` ordinals and no more.
        """

    async def list_active_groups(
        self, corp_id: str, selection: GroupSelection, after: Moment | None, count: int
    ) -> Seen:
        """Returns up to `count` living groups, the most recently active first, equal ones by chat_id.

        Only those behind `after`, where that is given; it looks at `GROUPS_LOOKED_AT` groups and no more. A group
        that becomes active between two calls moves to the front: the second call does not return it.
        """

    async def report_activity(self, corp_id: str, active_ms: Mapping[str, int]) -> int:
        """Notes when groups were active, by chat_id in milliseconds since 1970; never moves a time back.

        Returns how many of the groups do not live in the registry; nothing is noted of them. Moves no revision.
        """

    async def list_released(
        self,
        corp_id: str,
        rule_id: str,
        seen_by: frozenset[Owner] | None,
        after: tuple[int, int] | None,
        count: int,
    ) -> tuple[list[ReleasedBindings], tuple[int, int] | None]:
        """Returns what writes took away, the newest first.

        Args:
            corp_id: whose.
            rule_id: of this rule only; empty for all.
            seen_by: of these owners' rules only; None for all.
            after: behind this place only: revision and index of the last that is known.
            count: how many at most.

        Returns:
            What was found in up to `RELEASES_LOOKED_AT` writes, and the place reached; None if there are no more.
        """
