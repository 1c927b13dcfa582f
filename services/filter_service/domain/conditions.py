"""The conditions that are not about words or sorts of message; rule_service owns them and the protos explain them."""

from dataclasses import dataclass
from enum import Enum

from filter_service.domain.sender import EVERYBODY, Selector


@dataclass(frozen=True, slots=True)
class LengthCondition:
    """Messages that are too long; 0 stands for no bound."""

    max_characters: int = 0
    max_lines: int = 0


@dataclass(frozen=True, slots=True)
class FrequencyCondition:
    """More messages of one sender in one group than allowed within a time."""

    most: int
    window_ms: int
    senders: Selector = EVERYBODY


class RepeatScope(Enum):
    """Where repeats are counted."""

    GROUP = "group"
    CORP = "corp"


@dataclass(frozen=True, slots=True)
class RepeatCondition:
    """The same content of one sender more often than allowed within a time."""

    most: int
    window_ms: int
    scope: RepeatScope = RepeatScope.GROUP
    senders: Selector = EVERYBODY
