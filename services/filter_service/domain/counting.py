"""What is asked of the counters about a message, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from filter_service.domain.claim import Claim
from filter_service.domain.rule import Blacklist, Rule
from filter_service.domain.sender_findings import NOTHING_COUNTED, Counted
from filter_service.domain.verdict import StrikeCount
from service_kit.revision import Revision

LATE_MS = 600_000
"""A message that was sent longer ago is not counted any more."""
DAY_MS = 24 * 3_600_000
"""A strike counts for this long, and the outcome of a message is known for as long."""


@dataclass(frozen=True, slots=True)
class Question:
    """A message that hit something, is to be counted, or is from somebody who is listed."""

    id: str
    """Of the message or event; empty if the caller gave none."""
    chat_id: str
    external_userid: str
    at_ms: int
    """When it was sent, since 1970."""
    hits: tuple[Rule, ...] = ()
    """The rules that it hit already, shadow rules included."""
    counted: Counted = NOTHING_COUNTED
    listed: Blacklist = Blacklist.NONE
    """The list that the sender is on: kicked, whatever else there is."""
    owner_userid: str = ""
    """The group's owner now."""
    shown: str = ""
    """What stands for the sender's nickname in a warning."""
    is_event: bool = False
    """Whether somebody joined or renamed; such ids are apart from those of messages."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted, this message included."""

    frequency: Mapping[str, int] = field(default_factory=dict)
    """Messages within the window, by rule_id."""
    repeat: Mapping[str, int] = field(default_factory=dict)
    strikes: tuple[StrikeCount, ...] = ()
    """Of the rules that were hit and kick after warnings."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What came of the same message when it was first judged."""

    revision: Revision
    listed: Blacklist
    owner_userid: str
    shown: str
    claims: tuple[Claim, ...]
    """Of all rules it hit."""


Answer = Tally | Remembered | None
"""None where nobody can tell, or whether it was counted."""
