"""Messages as far as judging needs them."""

from collections.abc import Iterator
from dataclasses import dataclass

from filter_service.domain.kind import Kind
from filter_service.domain.sender import Sender

MOST_MESSAGES = 1_000
"""Messages in one batch."""
MOST_TEXT = 10_000
"""Characters of all texts in one message together; URLs of pages are not counted, since nobody reads them."""
MOST_ITEMS = 1_000
"""Items in one message, those within items and the articles of news included."""
MOST_LEVELS = 4
"""How deep items lie within items: those of a forwarded conversation are on the first level."""
MOST_OTHER_TEXTS = 1_000
"""Texts of a message of no kind known."""
MOST_URL_BYTES = 10_240
"""Bytes of a page's URL. WeChat shares none that is longer, so a longer one is a fault of the caller's; a lower limit
would let adverts pass whose URL was padded."""
MD5_DIGITS = 32
"""Hexadecimal digits of an MD5."""
MOST_NICKNAME = 128
"""Characters of a nickname or a name."""
MOST_TAGS = 1_000
"""Tags of a customer."""


class MessageType(Kind):
    """Sorts of message that a rule can name; texts and what only holds other things are of none."""

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


class PartKind(Kind):
    """Parts of a message that people can read, and the names of its sender."""

    TEXT = "text"
    TITLE = "title"
    DESCRIPTION = "description"
    URL = "url"
    FILE_NAME = "file_name"
    NAME = "name"
    CORP_NAME = "corp_name"
    ADDRESS = "address"
    WISH = "wish"
    RECOGNIZED_TEXT = "recognized_text"
    GROUP_NICKNAME = "group_nickname"
    SENDER_NAME = "sender_name"


@dataclass(frozen=True, slots=True)
class Part:
    """A text within an item."""

    kind: PartKind
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A message without what it holds, or one of the things it holds."""

    type: MessageType | None
    path: tuple[int, ...]
    """Its place in each list from the outermost on, counted from 0; empty for the message itself."""
    parts: tuple[Part, ...]
    """In reading order."""
    has_qr_code: bool = False
    url: str = ""
    """The page's, for a LINK."""
    app_ids: tuple[str, ...] = ()
    """The appid and the username, as far as known, for a MINI_PROGRAM."""
    md5sum: str = ""
    """The medium's, in lower case; empty if the caller gave none."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of any kind."""

    message_id: str
    """Empty if the caller gave none."""
    chat_id: str
    sender: Sender
    items: tuple[Item, ...]
    """The message itself and then all it holds, depth first in reading order."""
    sent_at: float
    """Seconds since 1970."""


def readable_parts(items: tuple[Item, ...]) -> Iterator[tuple[Item, Part]]:
    """Yields every text that is not empty, with the item it is in, in reading order."""
    for item in items:
        for part in item.parts:
            if part.text:
                yield item, part
