"""Reading callbacks: WeCom's XML, and the fields a framework made of it."""

from __future__ import annotations

from typing import Any

import pytest

from groupguard_client.wecom import ChatEvent, FileCursor, read_chat_event

JOINED = """<?xml version="1.0" encoding="UTF-8"?>
<xml>
  <ToUserName><![CDATA[toUser]]></ToUserName>
  <CreateTime>1403610513</CreateTime>
  <MsgType><![CDATA[event]]></MsgType>
  <Event><![CDATA[change_external_chat]]></Event>
  <ChatId><![CDATA[wr1]]></ChatId>
  <ChangeType><![CDATA[update]]></ChangeType>
  <UpdateDetail><![CDATA[add_member]]></UpdateDetail>
  <JoinScene>1</JoinScene>
  <MemChangeList><Item>Jack</Item><Item>wmRose</Item></MemChangeList>
</xml>"""
FIELDS = {
    "Event": "change_external_chat",
    "ChatId": "wr1",
    "ChangeType": "update",
    "UpdateDetail": "add_member",
}


def test_the_xml_of_a_callback_is_read() -> None:
    """Everything the adapter acts on."""
    event = read_chat_event(JOINED)
    assert event
    assert (event.chat_id, event.change, event.detail) == ("wr1", "update", "add_member")
    assert event.members == ("Jack", "wmRose")
    assert event.time
    assert event.time.ToSeconds() == 1403610513


@pytest.mark.parametrize(
    ("listed", "members"),
    [
        ({"Item": ["a", "b"]}, ("a", "b")),
        ({"Item": "a"}, ("a",)),
        (["a"], ("a",)),
        ("a", ("a",)),
        (None, ()),
        ("", ()),
    ],
)
def test_fields_are_read_however_a_framework_made_them(listed: Any, members: tuple[str, ...]) -> None:
    """One item or several, below `Item` or not."""
    event = read_chat_event({**FIELDS, "CreateTime": "soon", "MemChangeList": listed})
    assert event == ChatEvent("wr1", "update", "add_member", members, None)


@pytest.mark.parametrize("change", [{"Event": "change_external_contact"}, {"ChatId": ""}, {"Event": None}])
def test_other_events_are_none_of_ours(change: dict[str, Any]) -> None:
    """A company has one address for all callbacks."""
    assert read_chat_event(FIELDS | change) is None


@pytest.mark.parametrize("xml", ["", "<xml>", "not xml", '<!DOCTYPE x [<!ENTITY a "aa">]><xml>&a;</xml>'])
def test_what_is_no_callback_is_refused(xml: str) -> None:
    """Entities above all, which can grow without end."""
    with pytest.raises(ValueError, match="callback"):
        read_chat_event(xml)


def test_a_cursor_in_a_file_begins_at_nothing_and_keeps_the_last(tmp_path: Any) -> None:
    """A file with something else in it is an error: beginning anew would do everything again."""
    cursor = FileCursor(tmp_path / "seq")
    assert cursor.load() == 0
    cursor.save(7)
    cursor.save(1_000_000_000_000)
    assert FileCursor(tmp_path / "seq").load() == 1_000_000_000_000
    (tmp_path / "seq").write_text("seven", "ascii")
    with pytest.raises(ValueError, match="seven"):
        cursor.load()
