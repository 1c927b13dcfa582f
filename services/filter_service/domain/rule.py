"""Rules and groups as far as judging needs them; rule_service owns them and the protos explain them."""

from dataclasses import dataclass, field
from enum import Enum

from filter_service.domain.compiled import Keyword, Pattern, compile_patterns
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
    keywords: tuple[Keyword, ...]
    action: Action
    allow_phrases: tuple[str, ...] = ()
    """Phrases that excuse a keyword inside them."""
    message_types: TypeCondition | None = None
    """Sorts of message that are not wanted."""
    has_other_conditions: bool = False
    """Whether the rule has conditions that are not judged here."""
    patterns: tuple[Pattern, ...] = field(init=False, repr=False, compare=False)
    """What the rule is found by; nothing while it is DISABLED. Made with the rule, so that indexes need not."""

    def __post_init__(self) -> None:
        off = self.state is State.DISABLED
        patterns = () if off else compile_patterns(self.rule_id, self.keywords, self.allow_phrases)
        object.__setattr__(self, "patterns", patterns)

    @property
    def strikes(self) -> bool:
        """Whether hits are counted, because the rule kicks after warnings."""
        return self.state is State.ENABLED and self.action.kind is ActionKind.KICK_AFTER_WARNINGS

    @property
    def is_partly_judged(self) -> bool:
        """Whether the rule acts, or would, by conditions that are not judged here."""
        return self.has_other_conditions and self.state is not State.DISABLED


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the registry."""

    chat_id: str
    owner_userid: str
    ordinal: int
