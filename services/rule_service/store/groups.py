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


class Groups(Protocol):
    """Keeps groups."""

    async def get_groups(self, corp_id: str, chat_ids: Sequence[str]) -> list[StoredGroup]:
        """Returns groups, in the order asked.

        Raises:
            GroupNotFound: some are not there; names them all.
        """

    async def upsert_groups(self, write: Write, groups: Sequence[Group]) -> Upserted:
        """Adds or replaces groups.

        Bindings of rules whose owner may bind a group no longer go with the write.
        """
