"""Records of the chat archive, kind by kind, and those that are not what they should be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from filter_service.convert.message import read_message
from groupguard.filter.v1.message_pb2 import (
    SENDER_KIND_CUSTOMER,
    SENDER_KIND_ROBOT,
    SENDER_KIND_STAFF,
    Message,
    SenderKind,
)
from groupguard_client.wecom import read_record, sender_by_id

CUSTOMER = "wmErxtDgAA9AW32YyyuYRimKr7D1KWlw"
MD5 = "85bc55c4f92a73d0a2c0f5b0c4e2d6a1"


def record(msgtype: str, /, **payload: Any) -> dict[str, Any]:
    """A record as WeCom's SDK gives it once it is decrypted."""
    return {
        "msgid": "3641729_1603875610_external",
        "action": "send",
        "from": CUSTOMER,
        "tolist": ["zhangmin", "wbRobot"],
        "roomid": "wrErxtDgAA9AW32YyyuYRimKr7D1KWlw",
        "msgtime": 1603875610214,
        "msgtype": msgtype,
        **payload,
    }


def only(raw: dict[str, Any]) -> Message:
    """The one message that a record is."""
    [message] = read_record(raw, sender_by_id()).messages
    return message


def content(raw: dict[str, Any]) -> Any:
    """What a record holds, as protobuf JSON."""
    told = json_format.MessageToDict(only(raw), preserving_proto_field_name=True)
    return {
        name: it for name, it in told.items() if name not in ("message_id", "chat_id", "sender", "send_time")
    }


def item(kind: str, payload: Any) -> dict[str, Any]:
    """An item of a forwarded conversation or of a mixed message."""
    return {"type": kind, "msgtime": 1603875600, "content": json.dumps(payload), "from_chatroom": False}


KINDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("text", {"text": {"content": "在吗"}}, {"text": {"content": "在吗"}}),
    (
        "image",
        {"image": {"sdkfileid": "CtYB…", "md5sum": MD5, "filesize": 70961}},
        {"image": {"md5sum": MD5}},
    ),
    (
        "voice",
        {"voice": {"voice_size": 4112, "play_length": 2, "sdkfileid": "CpsB…", "md5sum": MD5}},
        {"voice": {"md5sum": MD5}},
    ),
    ("video", {"video": {"filesize": 19169, "play_length": 3, "md5sum": MD5}}, {"video": {"md5sum": MD5}}),
    (
        "emotion",
        {"emotion": {"type": 1, "width": 290, "height": 290, "md5sum": MD5}},
        {"emotion": {"md5sum": MD5}},
    ),
    (
        "card",
        {"card": {"corpname": "微信联系人", "userid": "wmGAgeDgAA"}},
        {"card": {"corp_name": "微信联系人"}},
    ),
    (
        "location",
        {
            "location": {
                "longitude": 116.586,
                "latitude": 39.911,
                "address": "北京市朝阳区",
                "title": "管庄",
                "zoom": 15,
            }
        },
        {"location": {"title": "管庄", "address": "北京市朝阳区"}},
    ),
    (
        "file",
        {"file": {"filename": "报价.docx", "fileext": "docx", "filesize": 1, "md5sum": MD5}},
        {"file": {"file_name": "报价.docx", "md5sum": MD5}},
    ),
    (
        "link",
        {
            "link": {
                "title": "邀请你加入",
                "description": "点击",
                "link_url": "https://a.cn/j",
                "image_url": "https://a.cn/i",
            }
        },
        {"link": {"title": "邀请你加入", "description": "点击", "url": "https://a.cn/j"}},
    ),
    (
        "weapp",
        {
            "weapp": {
                "title": "开始聊天",
                "description": "拼团",
                "username": "gh_80cc5dd53b14@app",
                "displayname": "团长",
                "appid": "wx5823bf96d3bd56c7",
                "pagepath": "pages/index",
            }
        },
        {
            "mini_program": {
                "title": "开始聊天",
                "description": "拼团",
                "display_name": "团长",
                "username": "gh_80cc5dd53b14@app",
                "app_id": "wx5823bf96d3bd56c7",
            }
        },
    ),
    (
        "chatrecord",
        {
            "chatrecord": {
                "title": "群聊的聊天记录",
                "item": [
                    item("ChatRecordText", {"content": "加微信"}),
                    item("ChatRecordImage", {"md5sum": MD5}),
                    item("ChatRecordFile", {"filename": "a.pdf"}),
                    item("ChatRecordVideo", {}),
                    item("ChatRecordLink", {"title": "t", "link_url": "https://a.cn"}),
                    item("ChatRecordLocation", {"title": "管庄"}),
                    item("ChatRecordMixed", {"item": [item("text", {"content": "一"}), item("image", {})]}),
                    item(
                        "ChatRecord", {"title": "更早", "item": [item("ChatRecordText", {"content": "二"})]}
                    ),
                    item("ChatRecordVoip", {"title": "通话", "sdkfileid": "x"}),
                ],
            }
        },
        {
            "chat_record": {
                "title": "群聊的聊天记录",
                "items": [
                    {"text": {"content": "加微信"}},
                    {"image": {"md5sum": MD5}},
                    {"file": {"file_name": "a.pdf"}},
                    {"video": {}},
                    {"link": {"title": "t", "url": "https://a.cn"}},
                    {"location": {"title": "管庄"}},
                    {"mixed": {"items": [{"text": {"content": "一"}}, {"image": {}}]}},
                    {"chat_record": {"title": "更早", "items": [{"text": {"content": "二"}}]}},
                    {"other": {"texts": ["通话"]}},
                ],
            }
        },
    ),
    (
        "mixed",
        {"mixed": {"item": [item("text", {"content": "看"}), item("link", {"link_url": "https://a.cn"})]}},
        {"mixed": {"items": [{"text": {"content": "看"}}, {"link": {"url": "https://a.cn"}}]}},
    ),
    (
        "redpacket",
        {"redpacket": {"type": 1, "wish": "恭喜发财", "totalcnt": 10, "totalamount": 3000}},
        {"red_packet": {"wish": "恭喜发财"}},
    ),
    ("external_redpacket", {"redpacket": {"wish": "大吉大利"}}, {"red_packet": {"wish": "大吉大利"}}),
    (
        "docmsg",
        {"doc": {"title": "价目", "link_url": "https://doc.weixin.qq.com/d", "doc_creator": "wmX"}},
        {"link": {"title": "价目", "url": "https://doc.weixin.qq.com/d"}},
    ),
    ("markdown", {"info": {"content": "# 通知"}}, {"markdown": {"content": "# 通知"}}),
    (
        "news",
        {
            "info": {
                "item": [
                    {
                        "title": "晚报",
                        "description": "今天",
                        "url": "https://a.cn",
                        "picurl": "https://a.cn/p",
                    }
                ]
            }
        },
        {"news": {"articles": [{"title": "晚报", "description": "今天", "url": "https://a.cn"}]}},
    ),
    ("qydiskfile", {"info": {"filename": "盘.xlsx"}}, {"file": {"file_name": "盘.xlsx"}}),
    (
        "sphfeed",
        {"sphfeed": {"feed_type": 4, "sph_name": "好物", "feed_desc": "今日爆款"}},
        {"channels_feed": {"account_name": "好物", "description": "今日爆款"}},
    ),
    ("todo", {"todo": {"title": "提醒", "content": "交钱"}}, {"other": {"texts": ["提醒", "交钱"]}}),
    (
        "vote",
        {"votetitle": "去哪", "voteitem": ["海边", "山里"], "votetype": 101, "voteid": "3630"},
        {"other": {"texts": ["去哪", "海边", "山里"]}},
    ),
    (
        "collect",
        {
            "collect": {
                "room_name": "群",
                "title": "登记",
                "details": [{"id": 1, "ques": "姓名", "type": "Text"}],
            }
        },
        {"other": {"texts": ["群", "登记", "姓名", "Text"]}},
    ),
    (
        "meeting",
        {"meeting": {"topic": "例会", "meetingid": "m1", "address": "三楼"}},
        {"other": {"texts": ["例会", "三楼"]}},
    ),
    ("calendar", {"calendar": {"title": "日程", "place": "三楼"}}, {"other": {"texts": ["日程", "三楼"]}}),
    ("meeting_voice_call", {"voiceid": "v1", "meeting_voice_call": {}}, {"other": {}}),
    ("voip_doc_share", {"voip_doc_share": {"filename": "共享.doc"}}, {"other": {"texts": ["共享.doc"]}}),
    ("hologram", {"hologram": {"caption": "新的"}}, {"other": {"texts": ["新的"]}}),
]
"""msgtype, the payload as WeCom documents it, and what it is to groupguard."""

BROKEN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("text", {}, {"other": {}}),
    ("image", {"image": None}, {"other": {}}),
    ("link", {"link": "加微信"}, {"other": {"texts": ["加微信"]}}),
    ("text", {"text": {"contents": "加微信"}}, {"other": {"texts": ["加微信"]}}),
    ("text", {"text": {"content": ["加", {"x": "微信"}]}}, {"text": {"content": "加\n微信"}}),
    ("text", {"text": {"content": "半\ud83d个"}}, {"text": {"content": "半\ufffd个"}}),
    ("image", {"image": {"md5sum": "not one"}}, {"image": {}}),
    ("weapp", {"weapp": {"appid": "x" * 65, "username": "a\nb"}}, {"mini_program": {}}),
    ("news", {"info": {"item": ["加微信"]}}, {"news": {"articles": [{"title": "加微信"}]}}),
    ("chatrecord", {"chatrecord": {"title": "t"}}, {"chat_record": {"title": "t"}}),
    (
        "mixed",
        {
            "mixed": {
                "item": [
                    {"type": "text", "content": '{"content": "\\u52a0\\u5fae'},
                    {"type": "text", "content": "加微信"},
                    {"type": "text", "content": '"加微信"'},
                    {"type": "text"},
                    {"type": 7, "content": {"content": "加微信"}},
                    "加微信",
                    None,
                ]
            }
        },
        {
            "mixed": {
                "items": [
                    {"other": {"texts": ['{"content": "加微']}},
                    {"other": {"texts": ["加微信"]}},
                    {"other": {"texts": ["加微信"]}},
                    {"other": {}},
                    {"other": {"texts": ["加微信"]}},
                    {"other": {"texts": ["加微信"]}},
                    {"other": {}},
                ]
            }
        },
    ),
]
"""What must not be trusted, likewise."""


@pytest.mark.parametrize(("msgtype", "payload", "expected"), KINDS, ids=[kind for kind, _, _ in KINDS])
def test_every_kind_is_read(msgtype: str, payload: dict[str, Any], expected: dict[str, Any]) -> None:
    """All that people can read is there, and the sort of message is what rules call it."""
    assert content(record(msgtype, **payload)) == expected


@pytest.mark.parametrize(("msgtype", "payload", "expected"), BROKEN)
def test_what_is_not_as_it_should_be_is_read_as_far_as_it_can_be(
    msgtype: str, payload: dict[str, Any], expected: dict[str, Any]
) -> None:
    """It fails nothing, and what it says is judged."""
    assert content(record(msgtype, **payload)) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"action": "recall", "msgtype": "revoke", "revoke": {"pre_msgid": "14822339130656386894"}},
        {"action": "switch", "time": 1603875610214, "user": "zhangmin"},
        {"roomid": ""},
        {"from": ""},
    ],
)
def test_what_is_no_message_in_a_group_is_not_checked(change: dict[str, Any]) -> None:
    """Recalls, changes of devices, conversations of two."""
    assert read_record(record("text", text={"content": "加微信"}) | change, sender_by_id()).messages == ()


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        (CUSTOMER, SENDER_KIND_CUSTOMER),
        ("woAJ2GCAAA", SENDER_KIND_CUSTOMER),
        ("wbRobot", SENDER_KIND_ROBOT),
        ("zhangmin", SENDER_KIND_STAFF),
        ("wmzhang", SENDER_KIND_STAFF),
    ],
)
def test_a_sender_is_known_by_the_id(sender: str, kind: SenderKind.ValueType) -> None:
    """Unless the company says that it is a member's."""
    raw = record("text", text={"content": "在吗"}) | {"from": sender}
    [message] = read_record(raw, sender_by_id(staff={"wmzhang"})).messages
    assert message.sender.kind == kind
    assert message.sender.external_userid == (sender if kind == SENDER_KIND_CUSTOMER else "")


def test_group_time_and_id_are_the_records() -> None:
    """Milliseconds become a timestamp."""
    message = only(record("text", text={"content": "在吗"}))
    assert message.chat_id == "wrErxtDgAA9AW32YyyuYRimKr7D1KWlw"
    assert message.message_id == "3641729_1603875610_external"
    assert message.send_time.ToMilliseconds() == 1603875610214


@pytest.mark.parametrize("msgtime", [None, 0, -1, 10**20, "yesterday"])
def test_a_time_that_is_none_is_now(msgtime: Any) -> None:
    """As groupguard takes an unset one."""
    assert not only(record("text", text={"content": "在吗"}) | {"msgtime": msgtime}).HasField("send_time")


def test_a_record_keeps_its_id_however_often_it_is_read() -> None:
    """Also where it has none, or one that groupguard would refuse; other records have others."""
    bare, other = (
        record("text", text={"content": "一"}) | {"msgid": ""},
        record("text", text={"content": "二"}),
    )
    long = other | {"msgid": "长" * 40}
    ids = [only(raw).message_id for raw in (bare, bare, other | {"msgid": ""}, long, long)]
    assert ids[0] == ids[1]
    assert ids[3] == ids[4]
    assert len(set(ids)) == 3
    assert all(len(id.encode()) <= 64 for id in ids)


def test_pieces_have_ids_of_their_own() -> None:
    """The first has the record's, so that the record is known by it."""
    raw = record("text", text={"content": "长" * 25_000})
    read = read_record(raw, sender_by_id())
    assert [message.message_id for message in read.messages] == [
        read.message_id,
        f"{read.message_id}#2",
        f"{read.message_id}#3",
    ]
    long = read_record(raw | {"msgid": "x" * 64}, sender_by_id())
    assert len({message.message_id for message in long.messages}) == 3
    assert all(len(message.message_id) <= 64 for message in long.messages)


def test_nested_json_that_no_parser_takes_is_judged_as_it_stands() -> None:
    """Brackets without end would exhaust a parser's stack."""
    raw = record("mixed", mixed={"item": [{"type": "link", "content": "[" * 100_000 + "加微信"}]})
    texts = [
        text
        for message in read_record(raw, sender_by_id()).messages
        for part in message.mixed.items
        for text in part.other.texts
    ]
    assert texts[-1].endswith("加微信")


names = st.sampled_from(
    [
        "item",
        "type",
        "content",
        "title",
        "info",
        "text",
        "mixed",
        "chatrecord",
        "link_url",
        "md5sum",
        "appid",
        "doc",
    ]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(categories=["L", "Cs", "Cc"]), max_size=5)
    | st.sampled_from(["ChatRecordText", "text", "link", "ChatRecord", "mixed", "{", "[]"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(names, inner, max_size=4)
        | st.dictionaries(names, inner, max_size=4).map(json.dumps)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([kind for kind, _, _ in KINDS]), values, st.dictionaries(names, values))
def test_no_record_makes_reading_fail(msgtype: str, payload: Any, more: dict[str, Any]) -> None:
    """Whatever stands where the payload should be; FilterService takes every message that comes of it."""
    raw = record(msgtype, **{"info": payload, msgtype: payload}) | more
    for message in read_record(raw, sender_by_id()).messages:
        read_message(message, "message", 0.0)
