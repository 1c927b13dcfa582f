"""Rules and groups as far as judging needs them; rule_service owns them and the protos explain them."""

from dataclasses import dataclass
from enum import Enum

from filter_service.domain.message_types import TypeCondition


class State(Enum):
    """Whether a rule acts."""

    ENABLED = "enabled"
    SHADOW = "shadow"
    DISABLED = "disabled"


class ActionKind(Enum):
    """What a rule does to the sender."""

    WARN = "warn"
    KICK = "kick"
    WARN_AND_KICK = "warn_and_kick"
    KICK_AFTER_WARNINGS = "kick_after_warnings"


class Blacklist(Enum):
    """Blacklists by width: the wider has the higher value."""

    NONE = 0
    PERSONAL = 1
    ENTERPRISE = 2


@dataclass(frozen=True, slots=True)
class Action:
    """What follows when a rule is hit."""

    kind: ActionKind
    warnings_before_kick: int = 0
    warning_text: str = ""
    add_to_blacklist: Blacklist = Blacklist.NONE


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule."""

    rule_id: str
    revision: int
    state: State
    keywords: tuple[str, ...]
    action: Action
    allow_phrases: tuple[str, ...] = ()
    """Phrases that excuse a keyword inside them."""
    message_types: TypeCondition | None = None
    """Sorts of message that are not wanted."""
    has_other_conditions: bool = False
    """Whether the rule has conditions besides keywords, which are not judged here."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the registry."""

    chat_id: str
    owner_userid: str
    ordinal: int
