"""Verdicts; protos/groupguard/filter/v1/verdict.proto explains every part."""

from dataclasses import dataclass
from enum import Enum

from filter_service.domain.compiled import Keyword
from filter_service.domain.message import MessageType, PartKind
from filter_service.domain.rule import Blacklist, Rule
from service_kit.revision import Revision
from service_kit.web import WebPage

MOST_HITS = 100
"""Hits a verdict lists; it counts all."""


class Decision(Enum):
    """What should happen."""

    ALLOW = "allow"
    WARN = "warn"
    KICK = "kick"


class Reason(Enum):
    """Why."""

    NO_HIT = "no_hit"
    STAFF = "staff"
    ROBOT = "robot"
    UNREGISTERED_GROUP = "unregistered_group"
    ENTERPRISE_BLACKLIST = "enterprise_blacklist"
    PERSONAL_BLACKLIST = "personal_blacklist"
    RULE_HIT = "rule_hit"
    EXEMPT = "exempt"


class Condition(Enum):
    """A rule's conditions that are judged here."""

    KEYWORDS = "keywords"
    MESSAGE_TYPES = "message_types"


@dataclass(frozen=True, slots=True)
class Hit:
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

    @property
    def length(self) -> int:
        """Characters of the part that were hit."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Effects:
    """What should follow."""

    kick: bool = False
    warning_text: str = ""
    warning_rule_id: str = ""
    add_to_blacklist: Blacklist = Blacklist.NONE
    blacklist_rule_id: str = ""
    """The rule that asks for the blacklisting."""


class Check(Enum):
    """Checks that can be skipped."""

    BLACKLIST = "blacklist"
    STRIKES = "strikes"
    RETRY = "retry"
    ADD_TO_BLACKLIST = "add_to_blacklist"
    CONDITIONS = "conditions"


class SkipReason(Enum):
    """Why a check was skipped."""

    UNAVAILABLE = "unavailable"
    FACT_ABSENT = "fact_absent"
    LIST_FULL = "list_full"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A check that could not be made."""

    check: Check
    reason: SkipReason
    rule_ids: tuple[str, ...] = ()
    """The rules concerned, if not all are."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is held of one message."""

    decision: Decision
    reason: Reason
    revision: Revision
    effects: Effects = Effects()
    hits: tuple[Hit, ...] = ()
    shadow_hits: tuple[Hit, ...] = ()
    not_evaluated: tuple[Skipped, ...] = ()
