"""What a record of the chat archive holds, as groupguard's contents.

Whatever can't be read as the kind it says it is becomes OTHER with every text in it: a payload that is missing, a kind that
nobody knows yet, a nested item whose JSON does not parse. Nothing fails, and nothing that people can read is lost.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from groupguard.filter.v1 import message_pb2 as pb
from groupguard_client.wecom.texts import parsed, readable_texts, text_of, unescaped

_MD5SUM = re.compile(r"[0-9A-Fa-f]{32}")
_MOST_ID_BYTES = 64
_DEEPEST = 16
"""Levels of nesting that are read as such; WeCom makes few, and what lies deeper is read as texts."""
_ITEM_PREFIX = "ChatRecord"
"""How the types of a forwarded conversation's items begin."""
_COMMON = {"msgid", "action", "from", "tolist", "roomid", "msgtime", "msgtype"}
"""Fields of every record; none of them is content."""

_Payload = Mapping[str, Any]


def record_content(record: _Payload) -> pb.Content:
    """Returns what a record holds."""
    msgtype = text_of(record.get("msgtype"))
    payload = record.get(_FIELDS.get(msgtype, msgtype))
    if not isinstance(payload, Mapping):
        payload = {name: value for name, value in record.items() if name not in _COMMON}
        msgtype = ""
    return _content(msgtype, payload, 0)


def _item_content(item: Any, level: int) -> pb.Content:
    """Returns what an item of a forwarded conversation or of a mixed message holds."""
    if not isinstance(item, Mapping):
        return _other(item)
    named = text_of(item.get("type"))
    payload = parsed(item.get("content"))
    return _content((named.removeprefix(_ITEM_PREFIX) or named).lower(), payload, level)


def _content(msgtype: str, payload: Any, level: int) -> pb.Content:
    if not isinstance(payload, Mapping) or level > _DEEPEST:
        return _other(payload)
    if msgtype in ("text", "markdown") and "content" not in payload:
        return _other(payload)
    if nesting := _NESTING.get(msgtype):
        return nesting(payload, level)
    reader = _KINDS.get(msgtype)
    return reader(payload) if reader else _other(payload)


def _other(value: Any) -> pb.Content:
    texts = [unescaped(value)] if isinstance(value, str) else readable_texts(value)
    return pb.Content(other=pb.OtherContent(texts=texts))


# -------------------------------------------------------------------------------------------------- one kind after another


def _text(payload: _Payload) -> pb.Content:
    return pb.Content(text=pb.TextContent(content=_get(payload, "content")))


def _image(payload: _Payload) -> pb.Content:
    return pb.Content(image=pb.MediaContent(md5sum=_md5sum(payload)))


def _voice(payload: _Payload) -> pb.Content:
    return pb.Content(voice=pb.MediaContent(md5sum=_md5sum(payload)))


def _video(payload: _Payload) -> pb.Content:
    return pb.Content(video=pb.MediaContent(md5sum=_md5sum(payload)))


def _emotion(payload: _Payload) -> pb.Content:
    return pb.Content(emotion=pb.MediaContent(md5sum=_md5sum(payload)))


def _file(payload: _Payload) -> pb.Content:
    return pb.Content(file=pb.FileContent(file_name=_get(payload, "filename"), md5sum=_md5sum(payload)))


def _card(payload: _Payload) -> pb.Content:
    return pb.Content(card=pb.CardContent(corp_name=_get(payload, "corpname"), name=_get(payload, "name")))


def _location(payload: _Payload) -> pb.Content:
    place = pb.LocationContent(title=_get(payload, "title"), address=_get(payload, "address"))
    return pb.Content(location=place)


def _link(payload: _Payload) -> pb.Content:
    return pb.Content(link=_page(payload, "link_url"))


def _mini_program(payload: _Payload) -> pb.Content:
    program = pb.MiniProgramContent(
        title=_get(payload, "title"),
        description=_get(payload, "description"),
        display_name=_get(payload, "displayname"),
        app_id=_id(payload, "appid"),
        username=_id(payload, "username"),
    )
    return pb.Content(mini_program=program)


def _chat_record(payload: _Payload, level: int) -> pb.Content:
    record = pb.ChatRecordContent(title=_get(payload, "title"), items=_items(payload, level))
    return pb.Content(chat_record=record)


def _mixed(payload: _Payload, level: int) -> pb.Content:
    return pb.Content(mixed=pb.MixedContent(items=_items(payload, level)))


def _red_packet(payload: _Payload) -> pb.Content:
    return pb.Content(red_packet=pb.RedPacketContent(wish=_get(payload, "wish")))


def _markdown(payload: _Payload) -> pb.Content:
    return pb.Content(markdown=pb.MarkdownContent(content=_get(payload, "content")))


def _news(payload: _Payload) -> pb.Content:
    articles = [
        _page(item, "url") if isinstance(item, Mapping) else pb.LinkContent(title=text_of(item))
        for item in _list(payload, "item")
    ]
    return pb.Content(news=pb.NewsContent(articles=articles))


def _channels_feed(payload: _Payload) -> pb.Content:
    feed = pb.ChannelsFeedContent(
        account_name=_get(payload, "sph_name"), description=_get(payload, "feed_desc")
    )
    return pb.Content(channels_feed=feed)


def _get(payload: _Payload, name: str) -> str:
    return text_of(payload.get(name))


def _list(payload: _Payload, name: str) -> list[Any]:
    value = parsed(payload.get(name))
    return value if isinstance(value, list) else [] if value is None else [value]


def _items(payload: _Payload, level: int) -> list[pb.Content]:
    return [_item_content(item, level + 1) for item in _list(payload, "item")]


def _page(payload: _Payload, url: str) -> pb.LinkContent:
    return pb.LinkContent(
        title=_get(payload, "title"), description=_get(payload, "description"), url=_get(payload, url)
    )


def _md5sum(payload: _Payload) -> str:
    """Returns the sum, or nothing if it is none: groupguard refuses what only looks like one."""
    value = _get(payload, "md5sum")
    return value if _MD5SUM.fullmatch(value) else ""


def _id(payload: _Payload, name: str) -> str:
    """Returns a mini program's id, or nothing if it can't be one; then no whitelist covers the mini program."""
    value = _get(payload, name)
    return value if len(value.encode()) <= _MOST_ID_BYTES and value.isprintable() else ""


_KINDS: Final[Mapping[str, Callable[[_Payload], pb.Content]]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "emotion": _emotion,
    "file": _file,
    "qydiskfile": _file,
    "card": _card,
    "location": _location,
    "link": _link,
    "docmsg": _link,
    "weapp": _mini_program,
    "redpacket": _red_packet,
    "external_redpacket": _red_packet,
    "markdown": _markdown,
    "news": _news,
    "sphfeed": _channels_feed,
}
"""How a payload is read, by msgtype; that of an item is the same, in JSON."""
_NESTING: Final[Mapping[str, Callable[[_Payload, int], pb.Content]]] = {
    "chatrecord": _chat_record,
    "mixed": _mixed,
}
"""Likewise, for what holds items."""
_FIELDS: Final[Mapping[str, str]] = {
    "external_redpacket": "redpacket",
    "docmsg": "doc",
    "markdown": "info",
    "news": "info",
    "qydiskfile": "info",
}
"""Where a record has its payload, if not under its msgtype."""
