"""Messages as far as judging needs them."""

from dataclasses import dataclass
from enum import Enum

MOST_MESSAGES = 1_000
"""Messages in one batch."""
MOST_TEXT = 10_000
"""Characters of one message."""
MOST_NICKNAME = 128
"""Characters of a nickname."""


class SenderKind(Enum):
    """Sorts of sender."""

    CUSTOMER = "customer"
    STAFF = "staff"
    ROBOT = "robot"


@dataclass(frozen=True, slots=True)
class Message:
    """A text message."""

    message_id: str
    """Empty if the caller gave none."""
    chat_id: str
    sender_kind: SenderKind
    external_userid: str
    group_nickname: str
    text: str
    sent_at: float
    """Seconds since 1970."""
