"""Keeping the group registry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rule_service.domain.group import Group, StoredGroup
from service_kit.revision import Revision
from service_kit.writes import Write


@dataclass(frozen=True, slots=True)
class Upserted:
    """What an upsert of groups did."""

    groups: tuple[StoredGroup, ...]
    created: int
    """How many of them are new."""
    released: int
    """How many bindings went."""
    revision: Revision


@dataclass(frozen=True, slots=True)
class Dismissed:
    """What a dismissal of groups did."""

    count: int
    """How many of them lived."""
    released: int
    """How many bindings went."""
    revision: Revision


class Groups(Protocol):
    """Keeps groups."""

    async def get_groups(self, corp_id: str, chat_ids: Sequence[str]) -> list[StoredGroup]:
        """Returns groups, in the order asked.

        Raises:
            GroupNotFound: some are not there, or dismissed; names them all.
        """

    async def find_groups(self, corp_id: str, chat_ids: Sequence[str]) -> list[StoredGroup]:
        """Returns those of some groups that live, in the order asked."""

    async def upsert_groups(self, write: Write, groups: Sequence[Group], at: float, actor: str) -> Upserted:
        """Adds or replaces groups; one that was dismissed lives again, in its old place.

        Bindings of rules whose owner may bind a group no longer go with the write, and are recorded for
        `list_released`. All of the groups count as active at that time, even where nothing changes.

        Args:
            write: what makes it safe to repeat.
            groups: as they shall be, no chat_id twice.
            at: seconds since 1970.
            actor: who writes.
        """

    async def dismiss_groups(self, write: Write, chat_ids: Sequence[str], at: float, actor: str) -> Dismissed:
        """Marks groups as dismissed; their bindings go with the write, recorded likewise.

        Raises:
            GroupNotFound: some are not in the registry; names them all.
        """
