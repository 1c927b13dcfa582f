"""Every kind of message, from the proto to the domain: items, parts, types, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from filter_service.convert.contents import read_contents
from filter_service.convert.kinds import KINDS
from filter_service.convert.message import read_message
from filter_service.domain.message import Item, MessageType, readable_parts
from groupguard.filter.v1.message_pb2 import Content, Message
from service_kit.errors import InvalidFields, Violation

MD5 = "0123456789abcdef0123456789ABCDEF"
SENT = {"chat_id": "wr1", "sender": {"kind": "SENDER_KIND_CUSTOMER", "external_userid": "wm1"}}

KINDS_OF_ONE: dict[str, tuple[dict[str, Any], MessageType | None, list[tuple[str, str]]]] = {
    "text": ({"content": "早"}, None, [("text", "早")]),
    "image": ({"md5sum": MD5, "recognized_text": "扫码"}, MessageType.IMAGE, [("recognized_text", "扫码")]),
    "voice": ({"md5sum": MD5, "recognized_text": "喂"}, MessageType.VOICE, [("recognized_text", "喂")]),
    "video": ({"recognized_text": "看"}, MessageType.VIDEO, [("recognized_text", "看")]),
    "emotion": ({"recognized_text": "哈"}, MessageType.EMOTION, [("recognized_text", "哈")]),
    "file": ({"file_name": "价.xls", "md5sum": MD5}, MessageType.FILE, [("file_name", "价.xls")]),
    "card": (
        {"corp_name": "某公司", "name": "小李"},
        MessageType.CARD,
        [("corp_name", "某公司"), ("name", "小李")],
    ),
    "location": (
        {"title": "店", "address": "一路1号"},
        MessageType.LOCATION,
        [("title", "店"), ("address", "一路1号")],
    ),
    "link": (
        {"title": "题", "description": "述", "url": "https://ok.com/x"},
        MessageType.LINK,
        [("title", "题"), ("description", "述"), ("url", "https://ok.com/x")],
    ),
    "mini_program": (
        {"title": "题", "description": "述", "display_name": "名", "app_id": "wx1", "username": "gh_1@app"},
        MessageType.MINI_PROGRAM,
        [("title", "题"), ("description", "述"), ("name", "名")],
    ),
    "chat_record": ({"title": "群聊"}, MessageType.CHAT_RECORD, [("title", "群聊")]),
    "mixed": ({}, None, []),
    "red_packet": ({"wish": "恭喜"}, MessageType.RED_PACKET, [("wish", "恭喜")]),
    "news": ({}, MessageType.LINK, []),
    "markdown": ({"content": "# 题"}, None, [("text", "# 题")]),
    "channels_feed": (
        {"account_name": "号", "description": "述"},
        MessageType.CHANNELS_FEED,
        [("name", "号"), ("description", "述")],
    ),
    "other": ({"texts": ["投票", "", "甲"]}, None, [("text", "投票"), ("text", "甲")]),
}
"""By kind: what it holds, its type, its parts in reading order."""


def read(**content: Any) -> tuple[Item, ...]:
    return read_message(ParseDict({**SENT, **content}, Message()), "message", 0.0).items


def refused(content: dict[str, Any], path: str = "message") -> dict[str, str]:
    with pytest.raises(InvalidFields) as error:
        read_message(ParseDict({**SENT, **content}, Message()), path, 0.0)
    return {it.field: it.description for it in error.value.violations}


def parts(items: tuple[Item, ...]) -> list[tuple[tuple[int, ...], str, str]]:
    return [(item.path, part.kind.value, part.text) for item, part in readable_parts(items)]


def nested(levels: int, inner: dict[str, Any], kind: str = "chat_record") -> dict[str, Any]:
    for _ in range(levels):
        inner = {kind: {"items": [inner]}}
    return inner


def deep(levels: int) -> Message:
    """A text so many levels deep; built from the outside in, for json_format does not go as deep."""
    message = ParseDict({**SENT, "chat_record": {}}, Message())
    inner: Content = message.chat_record.items.add()
    for _ in range(levels - 1):
        inner = inner.chat_record.items.add()
    inner.text.content = "刷单"
    return message


def test_the_table_knows_every_kind_there_is() -> None:
    """A kind that is added to the proto and not to the tables is noticed; messages and items have the same."""
    for holder in (Message, Content):
        fields = {field.name for field in holder.DESCRIPTOR.oneofs_by_name["content"].fields}
        assert fields == set(KINDS) == set(KINDS_OF_ONE)


@pytest.mark.parametrize("kind", KINDS_OF_ONE)
@pytest.mark.parametrize("wrapped", [False, True])
def test_each_kind_has_its_type_and_its_parts(kind: str, wrapped: bool) -> None:
    """As a message and as an item of one; every field that people can read is a part."""
    content, type_, expected = KINDS_OF_ONE[kind]
    message = {"mixed": {"items": [{kind: content}]}} if wrapped else {kind: content}
    path = (0,) if wrapped else ()
    items = read(**message)
    assert (items[-1].type, items[-1].path) == (type_, path)
    assert parts(items) == [(path, part, text) for part, text in expected]


def test_what_conditions_compare_is_kept() -> None:
    """URLs, ids of mini programs, MD5s in one spelling, and the QR code flag."""
    [link] = read(link={"url": "https://ok.com/x"}, has_qr_code=True)
    assert (link.url, link.has_qr_code) == ("https://ok.com/x", True)
    assert read(text={"content": "x"}, has_qr_code=True)[0].has_qr_code
    [program] = read(mini_program={"username": "gh_1@app", "app_id": "wx1"})
    assert (program.app_ids, program.has_qr_code) == (("wx1", "gh_1@app"), False)
    assert read(mini_program={"title": "x"})[0].app_ids == ()
    assert read(image={"md5sum": MD5})[0].md5sum == MD5.lower()
    mixed = read(mixed={"items": [{"text": {}}, {"image": {}, "has_qr_code": True}]})
    assert [item.has_qr_code for item in mixed] == [False, False, True]


def test_a_message_is_flattened_in_reading_order() -> None:
    """Depth first: the message itself, then each item with all that is in it before the next one."""
    inner = {"chat_record": {"title": "三", "items": [{"text": {"content": "四"}}]}}
    items = read(
        chat_record={
            "title": "一",
            "items": [{"text": {"content": "二"}}, inner, {"link": {"title": "五", "url": "ok.com"}}],
        }
    )
    assert [item.path for item in items] == [(), (0,), (1,), (1, 0), (2,)]
    assert parts(items) == [
        ((), "title", "一"),
        ((0,), "text", "二"),
        ((1,), "title", "三"),
        ((1, 0), "text", "四"),
        ((2,), "title", "五"),
        ((2,), "url", "ok.com"),
    ]


def test_news_are_as_many_pages_as_they_have_articles() -> None:
    """Each article is a page of its own, which a whitelist may cover; the whole is none beside them."""
    items = read(news={"articles": [{"title": "甲", "url": "ok.com"}, {"description": "乙"}]})
    assert [(item.type, item.path, item.url) for item in items] == [
        (None, (), ""),
        (MessageType.LINK, (0,), "ok.com"),
        (MessageType.LINK, (1,), ""),
    ]
    assert parts(items) == [((0,), "title", "甲"), ((0,), "url", "ok.com"), ((1,), "description", "乙")]


def test_a_sample_is_read_like_a_message() -> None:
    """With its own place in the request in what is refused."""
    sample = ParseDict({"link": {"title": "题", "url": "ok.com"}, "has_qr_code": True}, Content())
    violations: list[Violation] = []
    items = read_contents(sample, "samples[0]", violations)
    assert items == read(link={"title": "题", "url": "ok.com"}, has_qr_code=True)
    assert not violations
    read_contents(Content(), "samples[3]", violations)
    assert [(it.field, it.description) for it in violations] == [
        ("samples[3].text", "a content is needed; none is set")
    ]


ITEMS = "message.chat_record.items"
IN_ALL = "at most 10000 characters are allowed in all its texts, not 10001"
OVER_ITEMS = "at most 1000 items are allowed in a message with all that is nested; with these it has"
LIMITS: dict[str, tuple[Any, Any, str, str]] = {
    "a text": (
        {"text": {"content": "长" * 10_000}},
        {"text": {"content": "长" * 10_001}},
        "message.text.content",
        "at most 10000 characters are allowed, not 10001",
    ),
    "recognised text": (
        {"image": {"recognized_text": "长" * 10_000}},
        {"image": {"recognized_text": "长" * 10_001}},
        "message.image.recognized_text",
        "at most 10000 characters are allowed, not 10001",
    ),
    "all texts together": (
        {"link": {"title": "长" * 4_000, "description": "长" * 6_000, "url": "u" * 10_240}},
        {"link": {"title": "长" * 4_000, "description": "长" * 6_001}},
        "message.link",
        IN_ALL,
    ),
    "all texts of all items together": (
        {"chat_record": {"title": "长", "items": [{"text": {"content": "长" * 3_333}}] * 3}},
        {"chat_record": {"title": "长长", "items": [{"text": {"content": "长" * 3_333}}] * 3}},
        "message.chat_record",
        IN_ALL,
    ),
    "texts of a kind unknown": (
        {"other": {"texts": ["字"] * 1_000}},
        {"other": {"texts": ["字"] * 1_001}},
        "message.other.texts",
        "at most 1000 are allowed, not 1001",
    ),
    "items": (
        {"chat_record": {"items": [{"text": {}}] * 1_000}},
        {"chat_record": {"items": [{"text": {}}] * 1_001}},
        ITEMS,
        f"{OVER_ITEMS} 1001",
    ),
    "items within items": (
        {"chat_record": {"items": [{"mixed": {"items": [{"text": {}}] * 499}}] * 2}},
        {"chat_record": {"items": [{"text": {}}, *[{"mixed": {"items": [{"text": {}}] * 499}}] * 2]}},
        f"{ITEMS}[2].mixed.items",
        f"{OVER_ITEMS} 1001",
    ),
    "articles": (
        {"news": {"articles": [{}] * 1_000}},
        {"news": {"articles": [{}] * 1_001}},
        "message.news.articles",
        f"{OVER_ITEMS} 1001",
    ),
    "levels": (
        nested(4, {"text": {"content": "字"}}),
        nested(5, {"text": {"content": "字"}}),
        f"{ITEMS}[0].chat_record.items[0].chat_record.items[0].chat_record.items[0].chat_record.items",
        "at most 4 levels are allowed; this is level 5",
    ),
    "levels of conversations that end empty": (
        nested(4, {"chat_record": {}}),
        nested(4, {"chat_record": {"items": [{}]}}),
        f"{ITEMS}[0].chat_record.items[0].chat_record.items[0].chat_record.items[0].chat_record.items",
        "at most 4 levels are allowed; this is level 5",
    ),
    "levels of mixed messages": (
        nested(4, {"news": {"articles": [{}]}}, "mixed"),
        nested(5, {"text": {"content": "字"}}, "mixed"),
        "message.mixed.items[0].mixed.items[0].mixed.items[0].mixed.items[0].mixed.items",
        "at most 4 levels are allowed; this is level 5",
    ),
    "a URL": (
        {"chat_record": {"items": [{"link": {"url": "é" * 5_120}}]}},
        {"chat_record": {"items": [{"link": {"url": "é" * 5_120 + "x"}}]}},
        f"{ITEMS}[0].link.url",
        "at most 10240 bytes are allowed, not 10241",
    ),
    "an article's URL": (
        {"news": {"articles": [{"url": "u" * 10_240}]}},
        {"news": {"articles": [{"url": "u" * 10_241}]}},
        "message.news.articles[0].url",
        "at most 10240 bytes are allowed, not 10241",
    ),
    "an appid": (
        {"mini_program": {"app_id": "x" * 64}},
        {"mini_program": {"app_id": "x" * 65}},
        "message.mini_program.app_id",
        "1 to 64 bytes are needed, not 65",
    ),
    "a username": (
        {"mini_program": {"username": "é" * 32}},
        {"mini_program": {"username": "é" * 33}},
        "message.mini_program.username",
        "1 to 64 bytes are needed, not 66",
    ),
    "an MD5": (
        {"file": {"md5sum": MD5}},
        {"file": {"md5sum": MD5 + "0"}},
        "message.file.md5sum",
        f"32 hexadecimal digits are needed, not '{MD5}0'",
    ),
    "an MD5's digits": (
        {"voice": {"md5sum": ""}},
        {"voice": {"md5sum": "g" * 32}},
        "message.voice.md5sum",
        f"32 hexadecimal digits are needed, not '{'g' * 32}'",
    ),
}
"""What is just allowed, what is just not, the field that is named and what is said of it."""


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_allowed_and_one_more_is_refused_by_name(limit: str) -> None:
    """The field has its whole path, whose beginning is the message's place in the request."""
    allowed, too_much, field, said = LIMITS[limit]
    read(**allowed)
    assert refused(too_much) == {field: said}
    assert refused(too_much, "messages[2]") == {field.replace("message", "messages[2]", 1): said}


@pytest.mark.parametrize("levels", [5, 6, 48])
def test_however_deep_a_message_is_it_is_refused_at_the_fifth_level(levels: int) -> None:
    """As deep as protobuf reads it: nothing below the limit is looked at, so that depth costs nothing."""
    message = Message.FromString(deep(levels).SerializeToString())
    with pytest.raises(InvalidFields) as error:
        read_message(message, "message", 0.0)
    assert [it.description for it in error.value.violations] == [
        "at most 4 levels are allowed; this is level 5"
    ]


def test_lists_beyond_the_limit_are_not_read() -> None:
    """A million items in a thousand lists: one violation a list, and nothing of what is in them."""
    inner = Content()
    inner.mixed.items.extend([Content()] * 1_000)
    message = ParseDict({**SENT, "mixed": {}}, Message())
    message.mixed.items.extend([inner] * 1_000)
    with pytest.raises(InvalidFields) as error:
        read_message(message, "message", 0.0)
    assert len(error.value.violations) == 1_000
    assert {it.description for it in error.value.violations} == {f"{OVER_ITEMS} 2000"}


def test_everything_wrong_is_said_at_once() -> None:
    """Violations of all items, whatever they are, beside those of the message."""
    record = {"items": [{}, {"image": {"md5sum": "x"}}, {"mini_program": {"app_id": "a\nb"}}]}
    assert refused({"chat_id": "", "chat_record": record}) == {
        "message.chat_id": "1 to 64 bytes are needed, not 0",
        f"{ITEMS}[0].text": "a content is needed; none is set",
        f"{ITEMS}[1].image.md5sum": "32 hexadecimal digits are needed, not 'x'",
        f"{ITEMS}[2].mini_program.app_id": "control characters are not allowed in an id",
    }
