"""What makes a message break a rule; the protos (rule/v1/rule.proto) tell what each field means."""

from dataclasses import dataclass
from enum import Enum

from service_kit.matching import MatchMode


@dataclass(frozen=True, slots=True)
class Keyword:
    """One word to find."""

    text: str
    match_mode: MatchMode = MatchMode.EXACT
    """EXACT is also what rules say that were stored without a mode; `default_keyword` makes new ones."""


@dataclass(frozen=True, slots=True)
class KeywordCondition:
    """Words to find, and phrases that excuse those which lie inside them."""

    keywords: tuple[Keyword, ...]
    allow_phrases: tuple[str, ...] = ()


class MessageType(Enum):
    """Sorts of message."""

    LINK = "link"
    MINI_PROGRAM = "mini_program"
    IMAGE = "image"
    VIDEO = "video"
    FILE = "file"
    CARD = "card"
    VOICE = "voice"
    LOCATION = "location"
    EMOTION = "emotion"
    RED_PACKET = "red_packet"
    CHAT_RECORD = "chat_record"
    CHANNELS_FEED = "channels_feed"
    QR_CODE = "qr_code"


@dataclass(frozen=True, slots=True)
class MessageTypeCondition:
    """Sorts of message that are not wanted."""

    types: tuple[MessageType, ...]
    web_whitelist: tuple[str, ...] = ()
    mini_program_whitelist: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LengthCondition:
    """Messages that are too long; 0 stands for no bound."""

    max_characters: int = 0
    max_lines: int = 0


class SenderIdentity(Enum):
    """What a customer is to WeCom."""

    WECHAT_CUSTOMER = "wechat_customer"
    EXTERNAL_WECOM_MEMBER = "external_wecom_member"


@dataclass(frozen=True, slots=True)
class SenderSelector:
    """Customers that any of the fields names; empty, it selects everybody."""

    identities: tuple[SenderIdentity, ...] = ()
    tag_ids: tuple[str, ...] = ()
    external_userids: tuple[str, ...] = ()

    @property
    def is_everybody(self) -> bool:
        """Whether nobody is singled out."""
        return not (self.identities or self.tag_ids or self.external_userids)


@dataclass(frozen=True, slots=True)
class FrequencyCondition:
    """More messages of one sender in one group than allowed within a time."""

    max_messages: int
    window_ms: int
    senders: SenderSelector = SenderSelector()


class RepeatScope(Enum):
    """Where repeats are counted."""

    GROUP = "group"
    CORP = "corp"


@dataclass(frozen=True, slots=True)
class RepeatCondition:
    """The same content of one sender more often than allowed within a time."""

    max_times: int
    window_ms: int
    scope: RepeatScope = RepeatScope.GROUP
    senders: SenderSelector = SenderSelector()


@dataclass(frozen=True, slots=True)
class MutedSendersCondition:
    """Senders who may not say anything."""

    senders: SenderSelector


@dataclass(frozen=True, slots=True)
class Conditions:
    """What makes a message break a rule: any one condition that is set."""

    keywords: KeywordCondition | None = None
    nickname_keywords: KeywordCondition | None = None
    message_types: MessageTypeCondition | None = None
    length: LengthCondition | None = None
    frequency: FrequencyCondition | None = None
    repeat: RepeatCondition | None = None
    muted_senders: MutedSendersCondition | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is set."""
        return self == Conditions()
