"""Verdicts; protos/groupguard/filter/v1/verdict.proto explains every part."""

from dataclasses import dataclass
from typing import NamedTuple

from filter_service.domain.compiled import Keyword
from filter_service.domain.kind import Kind
from filter_service.domain.message import MessageType, PartKind
from filter_service.domain.rule import Blacklist, Rule
from service_kit.revision import Revision
from service_kit.web import WebPage

MOST_HITS = 100
"""Hits a verdict lists; it counts all."""
MOST_ALLOWANCES = 10
"""Allowances a verdict lists."""


class Decision(Kind):
    """What should happen."""

    ALLOW = "allow"
    WARN = "warn"
    KICK = "kick"
    REFUSE = "refuse"


class Reason(Kind):
    """Why."""

    NO_HIT = "no_hit"
    STAFF = "staff"
    ROBOT = "robot"
    UNREGISTERED_GROUP = "unregistered_group"
    ENTERPRISE_BLACKLIST = "enterprise_blacklist"
    PERSONAL_BLACKLIST = "personal_blacklist"
    RULE_HIT = "rule_hit"
    EXEMPT = "exempt"


class Condition(Kind):
    """A rule's conditions."""

    KEYWORDS = "keywords"
    MESSAGE_TYPES = "message_types"
    NICKNAME_KEYWORDS = "nickname_keywords"
    LENGTH = "length"
    FREQUENCY = "frequency"
    REPEAT = "repeat"
    MUTED_SENDERS = "muted_senders"


class Unit(Kind):
    """What is counted."""

    CHARACTERS = "characters"
    LINES = "lines"
    MESSAGES = "messages"
    REPEATS = "repeats"


@dataclass(frozen=True, slots=True)
class Figures:
    """By how much a limit is passed."""

    unit: Unit
    observed: int
    limit: int
    window_ms: int = 0


class Hit(NamedTuple):
    """One thing of one rule that was found at one place of the message."""

    rule: Rule
    condition: Condition
    item_path: tuple[int, ...] = ()
    part: PartKind | None = None
    """None if it is the item as a whole."""
    start: int = 0
    """Offset into the part."""
    end: int = 0
    keyword: Keyword | None = None
    written: str = ""
    """What stands there instead of the keyword."""
    message_type: MessageType | None = None
    page: WebPage | None = None
    """For LINK, as far as it could be read."""
    figures: Figures | None = None

    @property
    def length(self) -> int:
        """Characters of the part that were hit."""
        return self.end - self.start


class Effects(NamedTuple):
    """What should follow."""

    kick: bool = False
    warning_text: str = ""
    warning_rule_id: str = ""
    add_to_blacklist: Blacklist = Blacklist.NONE
    blacklist_rule_id: str = ""
    """The rule that asks for the blacklisting."""
    owner_userid: str = ""
    """Whose personal list it is: the group's owner's when the message was first judged."""


NO_EFFECTS = Effects()


class Check(Kind):
    """Checks that can be skipped."""

    BLACKLIST = "blacklist"
    STRIKES = "strikes"
    RETRY = "retry"
    ADD_TO_BLACKLIST = "add_to_blacklist"
    CONDITIONS = "conditions"
    FREQUENCY = "frequency"
    REPEAT = "repeat"


class SkipReason(Kind):
    """Why a check was skipped."""

    UNAVAILABLE = "unavailable"
    FACT_ABSENT = "fact_absent"
    LIST_FULL = "list_full"
    UNSUPPORTED = "unsupported"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A check that could not be made."""

    check: Check
    reason: SkipReason
    rule_ids: tuple[str, ...] = ()
    """The rules concerned, if not all are."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a rule that counts still lets a sender send."""

    rule_id: str
    condition: Condition
    remaining: int
    window_ms: int


@dataclass(frozen=True, slots=True)
class StrikeCount:
    """How often a sender hit a rule that kicks after warnings."""

    rule_id: str
    count: int
    warnings_before_kick: int
    shadow: bool

    @property
    def is_out(self) -> bool:
        """Whether it is once more than is warned of."""
        return self.count > self.warnings_before_kick


class Verdict(NamedTuple):
    """What is held of one message."""

    decision: Decision
    reason: Reason
    revision: Revision
    effects: Effects = NO_EFFECTS
    hits: tuple[Hit, ...] = ()
    shadow_hits: tuple[Hit, ...] = ()
    not_evaluated: tuple[Skipped, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    strikes: tuple[StrikeCount, ...] = ()
    """By rule_id."""
    repeated: bool = False
    """Whether it is the verdict of the first time this message was judged."""
