"""What a corp wants to be kept of decisions."""

from dataclasses import dataclass
from enum import Enum


class Masking(Enum):
    """What a logged decision holds of the message's text."""

    NO_TEXT = "no_text"
    KEYWORDS_ONLY = "keywords_only"
    FULL_TEXT = "full_text"


@dataclass(frozen=True, slots=True)
class DecisionLog:
    """Whether and how decisions are logged; settings.proto has the defaults."""

    enabled: bool = False
    masking: Masking = Masking.KEYWORDS_ONLY
    retention_seconds: int = 30 * 24 * 3600
