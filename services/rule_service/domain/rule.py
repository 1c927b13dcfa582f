"""Rules as RuleService thinks of them; the protos (rule/v1/rule.proto) tell what each field means."""

from dataclasses import dataclass
from enum import Enum

from rule_service.domain.conditions import Conditions


class OwnerKind(Enum):
    """Sorts of rule owner."""

    SUPER_ADMIN = "super_admin"
    STRATEGY = "strategy"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns a rule; the rules of equal owners form one pool with one limit."""

    kind: OwnerKind
    id: str = ""
    """strategy_id or userid; empty for the super administrators."""

    def __str__(self) -> str:
        match self.kind:
            case OwnerKind.SUPER_ADMIN:
                return "the super administrators"
            case OwnerKind.STRATEGY:
                return f"strategy {self.id}"
            case OwnerKind.MEMBER:
                return f"member {self.id}"


class State(Enum):
    """Whether a rule acts."""

    ENABLED = "enabled"
    SHADOW = "shadow"
    DISABLED = "disabled"


class ActionKind(Enum):
    """What is done to the sender."""

    WARN = "warn"
    KICK = "kick"
    WARN_AND_KICK = "warn_and_kick"
    KICK_AFTER_WARNINGS = "kick_after_warnings"


class Blacklist(Enum):
    """The list a sender is put on as well."""

    NONE = "none"
    PERSONAL = "personal"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Action:
    """What follows when a message breaks a rule."""

    kind: ActionKind
    warnings_before_kick: int = 0
    """Meant for KICK_AFTER_WARNINGS only; 0 otherwise."""
    warning_text: str = ""
    add_to_blacklist: Blacklist = Blacklist.NONE


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's content, as people write it."""

    rule_id: str
    owner: Owner
    display_name: str
    state: State
    conditions: Conditions
    action: Action
    created_at: float
    """Seconds since 1970."""
    updated_at: float


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule as the store has it."""

    rule: Rule
    revision: int
    """The corp's revision that brought the rule to this state."""
    group_count: int = 0

    @property
    def etag(self) -> str:
        """Names this state of the rule."""
        return str(self.revision)
