"""Rules and groups as far as judging needs them; rule_service owns them and the protos explain them."""

from dataclasses import dataclass, field

from filter_service.domain.compiled import Keyword, Pattern, compile_patterns
from filter_service.domain.conditions import FrequencyCondition, LengthCondition, RepeatCondition
from filter_service.domain.kind import Kind
from filter_service.domain.message_types import TypeCondition
from filter_service.domain.sender import Selector


class State(Kind):
    """Whether a rule acts."""

    ENABLED = "enabled"
    SHADOW = "shadow"
    DISABLED = "disabled"


class ActionKind(Kind):
    """What a rule does to the sender."""

    WARN = "warn"
    KICK = "kick"
    WARN_AND_KICK = "warn_and_kick"
    KICK_AFTER_WARNINGS = "kick_after_warnings"


class Blacklist(Kind):
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
    nickname_keywords: tuple[Keyword, ...] = ()
    nickname_allow_phrases: tuple[str, ...] = ()
    message_types: TypeCondition | None = None
    """Sorts of message that are not wanted."""
    length: LengthCondition | None = None
    frequency: FrequencyCondition | None = None
    repeat: RepeatCondition | None = None
    muted: Selector | None = None
    """Senders every message of whom is a hit."""
    has_unknown_conditions: bool = False
    """Whether the rule has conditions that this version does not know."""
    owning_role: str = "super_admin"
    """The role of those whose rule it is."""
    created_at: float = 0.0
    """Seconds since 1970."""
    patterns: tuple[Pattern, ...] = field(init=False, repr=False, compare=False)
    """What the rule is found by in texts; nothing while it is DISABLED. Made with the rule, so that indexes need not."""
    nickname_patterns: tuple[Pattern, ...] = field(init=False, repr=False, compare=False)
    """The same in names of senders."""

    def __post_init__(self) -> None:
        for name, keywords, phrases in (
            ("patterns", self.keywords, self.allow_phrases),
            ("nickname_patterns", self.nickname_keywords, self.nickname_allow_phrases),
        ):
            off = self.state is State.DISABLED
            object.__setattr__(self, name, () if off else compile_patterns(self.rule_id, keywords, phrases))

    @property
    def needs_plan(self) -> bool:
        """Whether the rule acts, or would, by more than words in the message."""
        return self.state is not State.DISABLED and (
            self.message_types is not None or self.length is not None or self.needs_more_than_message
        )

    @property
    def needs_more_than_message(self) -> bool:
        """Whether a message by itself does not tell all that the rule asks."""
        return (
            bool(self.nickname_keywords)
            or self.frequency is not None
            or self.repeat is not None
            or self.muted is not None
            or self.has_unknown_conditions
        )


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the registry."""

    chat_id: str
    owner_userid: str
    ordinal: int
