"""A rule's history: who did what to it, when and why, and what it was then."""

from dataclasses import dataclass
from enum import Enum

from rule_service.domain.rule import Owner, StoredRule


class EditKind(Enum):
    """What is done to a rule."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    RESTORED = "restored"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Edit:
    """What its history tells of a write, besides the rule itself."""

    kind: EditKind
    actor: str
    """Name of the caller's token."""
    at: float
    """Seconds since 1970."""
    reason: str = ""
    """Why, as the caller said."""


@dataclass(frozen=True, slots=True)
class RuleRevision:
    """One change of a rule."""

    revision: int
    """The corp's revision that it led to."""
    edit: Edit
    owner: Owner
    """Whose rule it is; known of a deletion too."""
    before: StoredRule | None
    """None if there was no rule, or if the change before is not kept any more."""
    after: StoredRule | None
    """None if the rule was deleted."""
