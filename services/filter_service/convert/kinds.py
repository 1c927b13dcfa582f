"""What each kind of content is to the domain: its type, and which of its fields people can read."""

from collections.abc import Mapping
from dataclasses import dataclass

from filter_service.domain.message import MessageType, PartKind


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of content; its fields are those of the proto message."""

    type: MessageType | None
    parts: tuple[tuple[str, PartKind], ...] = ()
    """Fields that people can read, in reading order."""
    ids: tuple[str, ...] = ()
    """Fields that name a mini program."""
    has_md5sum: bool = False
    items: str = ""
    """The field with what it holds."""
    empty_type: MessageType | None = None
    """Its type when it holds nothing, and so nothing says what it is."""


_MEDIUM = (("recognized_text", PartKind.RECOGNIZED_TEXT),)

KINDS: Mapping[str, Kind] = {
    "text": Kind(None, (("content", PartKind.TEXT),)),
    "image": Kind(MessageType.IMAGE, _MEDIUM, has_md5sum=True),
    "voice": Kind(MessageType.VOICE, _MEDIUM, has_md5sum=True),
    "video": Kind(MessageType.VIDEO, _MEDIUM, has_md5sum=True),
    "emotion": Kind(MessageType.EMOTION, _MEDIUM, has_md5sum=True),
    "file": Kind(MessageType.FILE, (("file_name", PartKind.FILE_NAME),), has_md5sum=True),
    "card": Kind(MessageType.CARD, (("corp_name", PartKind.CORP_NAME), ("name", PartKind.NAME))),
    "location": Kind(MessageType.LOCATION, (("title", PartKind.TITLE), ("address", PartKind.ADDRESS))),
    "link": Kind(
        MessageType.LINK,
        (("title", PartKind.TITLE), ("description", PartKind.DESCRIPTION), ("url", PartKind.URL)),
    ),
    "mini_program": Kind(
        MessageType.MINI_PROGRAM,
        (("title", PartKind.TITLE), ("description", PartKind.DESCRIPTION), ("display_name", PartKind.NAME)),
        ids=("app_id", "username"),
    ),
    "chat_record": Kind(MessageType.CHAT_RECORD, (("title", PartKind.TITLE),), items="items"),
    "mixed": Kind(None, items="items"),
    "red_packet": Kind(MessageType.RED_PACKET, (("wish", PartKind.WISH),)),
    "news": Kind(None, items="articles", empty_type=MessageType.LINK),
    "markdown": Kind(None, (("content", PartKind.TEXT),)),
    "channels_feed": Kind(
        MessageType.CHANNELS_FEED,
        (("account_name", PartKind.NAME), ("description", PartKind.DESCRIPTION)),
    ),
    "other": Kind(None, (("texts", PartKind.TEXT),)),
}
"""By the name of the field in the oneof `content`, of Message and Content alike. News are as many pages as they have
articles, each of which a whitelist may cover, and not another one themselves."""
ARTICLE = KINDS["link"]
"""Of news."""
