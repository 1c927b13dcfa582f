"""What a corp's change log tells, and how a follower reads it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from rule_service.domain.group import StoredGroup
from rule_service.domain.rule import StoredRule
from rule_service.domain.settings import StoredSettings
from service_kit.revision import Revision


class Operation(Enum):
    """What a binding change does."""

    SET = "set"
    BIND = "bind"
    UNBIND = "unbind"


@dataclass(frozen=True, slots=True)
class BindingChange:
    """A change of some rules' bindings in one chunk; see `rule_service.domain.bindings`."""

    operation: Operation
    rule_ids: tuple[str, ...]
    chunk: int
    bitmap: bytes


@dataclass(frozen=True, slots=True)
class DeletedRule:
    """A rule that is gone, with its bindings."""

    rule_id: str


@dataclass(frozen=True, slots=True)
class ExemptionChange:
    """A change of one list of exempt customers."""

    owner_userid: str
    """Whose list; empty for the corp's."""
    added: tuple[str, ...] = ()
    """external_userids."""
    removed: tuple[str, ...] = ()


Change = StoredRule | DeletedRule | StoredGroup | BindingChange | ExemptionChange | StoredSettings


class Changes(Protocol):
    """Tells what changed in a corp."""

    async def revision(self, corp_id: str) -> Revision:
        """Returns where the corp's rules are; NO_RULES for an unknown corp."""

    async def changes_since(self, corp_id: str, since: Revision) -> tuple[list[Change], Revision] | None:
        """Returns what changed behind a revision, in order, and the revision reached.

        None if the log does not reach back that far, or does not know the revision's chain.
        """

    def read_everything(self, corp_id: str) -> AsyncIterator[list[Change]]:
        """Yields all groups, rules, bindings, exemptions and settings, as changes from nothing, some at a time.

        What is written meanwhile may or may not be in it: apply the changes since the revision it began at.
        """

    def notices(self) -> AsyncIterator[tuple[str, Revision]]:
        """Yields (corp_id, revision) when a corp's rules change, through whatever replica; some may be lost."""
