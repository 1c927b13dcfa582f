"""Verdicts; protos/groupguard/filter/v1/verdict.proto explains every part."""

from dataclasses import dataclass
from enum import Enum

from filter_service.domain.message import PartKind
from filter_service.domain.rule import Blacklist, Rule
from service_kit.revision import Revision

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


@dataclass(frozen=True, slots=True)
class Hit:
    """One keyword of one rule at one place of the message."""

    rule: Rule
    keyword: str
    start: int
    """Offset into the part."""
    end: int
    part: PartKind = PartKind.TEXT
    item_path: tuple[int, ...] = ()


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
