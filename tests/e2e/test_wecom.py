"""WeCom's records and events against real services: what is found, in which order, and what a restart repeats."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.group_registry_pb2 import ListGroupsRequest
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK_AFTER_WARNINGS,
    ACTION_KIND_WARN_AND_KICK,
    Conditions,
    Keyword,
    KeywordCondition,
)
from groupguard_client import Addresses, AsyncGroupGuard
from groupguard_client.wecom import (
    Archived,
    ArchiveRunner,
    Case,
    ChatEvents,
    FileCursor,
    LoggingEnforcer,
    read_chat_event,
)
from support.commands import run
from support.corp import CHAT, CUSTOMER, OWNER, Corp
from support.services import ROOT

EXAMPLE = ROOT / "examples" / "wecom"
WARNING = "本群请勿打扰。"
KINDS = {
    *("text", "image", "voice", "video", "revoke", "card", "location", "emotion", "file", "link", "weapp"),
    *("chatrecord", "mixed", "redpacket", "external_redpacket", "docmsg", "markdown", "news", "qydiskfile"),
    *("sphfeed", "todo", "vote", "collect", "meeting", "calendar", "meeting_voice_call", "voip_doc_share"),
}
"""Every msgtype that the adapter is documented to read."""


@pytest.fixture
async def aio(addresses: Addresses) -> AsyncIterator[AsyncGroupGuard]:
    """An asyncio client of the suite."""
    async with AsyncGroupGuard(addresses) as gg:
        yield gg


@dataclass
class Notebook:
    """An enforcer that writes down what it is asked to do; it fails at the cases named, once each."""

    fails_at: set[str] = field(default_factory=set)
    done: list[tuple[str, str]] = field(default_factory=list)

    async def warn(self, case: Case, text: str) -> None:
        if case.id in self.fails_at:
            self.fails_at.remove(case.id)
            raise ConnectionError(case.id)
        self.done.append((case.id, text))

    async def kick(self, case: Case) -> None:
        self.done.append((case.id, "kick"))

    async def refuse(self, case: Case) -> None:
        self.done.append((case.external_userid, "refuse"))


def said(seq: int, text: str, **more: Any) -> Archived:
    record = {
        "msgid": f"m{seq}",
        "action": "send",
        "from": CUSTOMER,
        "roomid": CHAT,
        "msgtype": "text",
        "text": {"content": text},
    }
    return Archived(seq, record | more)


def test_the_example_finds_every_advert_whatever_it_is_hidden_in(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Of customers, in groups, in the archive's order; a second run goes on where the first ended."""
    archive = EXAMPLE / "archive.jsonl"
    records = [json.loads(line)["record"] for line in archive.read_text("utf-8").splitlines()]
    adverts = [
        it["msgid"]
        for it in records
        if re.search("加微信|加❤微.信", json.dumps(it, ensure_ascii=False))
        and it.get("roomid")
        and it["from"].startswith(("wm", "wo"))
    ]
    command = [sys.executable, "-W", "error", str(EXAMPLE / "follow.py"), str(archive)]
    command += ["--cursor", str(tmp_path / "seq")]

    first, second = run(command, env=environment), run(command, env=environment)

    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    *shown, total = first.stdout.splitlines()
    assert len(adverts) == 11
    assert [line.split()[:2] for line in shown] == [[id, what] for id in adverts for what in ("warn", "kick")]
    assert total == "35 records, 28 messages judged, 11 records with effects"
    assert second.stdout == "0 records, 0 messages judged, 0 records with effects\n"


def test_the_examples_archive_has_every_kind() -> None:
    """Those that WeCom documents, and some nobody knows."""
    rows = [
        json.loads(line)["record"] for line in (EXAMPLE / "archive.jsonl").read_text("utf-8").splitlines()
    ]
    kinds = {row.get("msgtype") for row in rows}
    assert kinds >= KINDS
    assert {row["action"] for row in rows} == {"send", "recall", "switch"}


async def test_a_stopped_run_goes_on_where_it_was_and_counts_nothing_twice(
    aio: AsyncGroupGuard, corp: Corp, tmp_path: Path
) -> None:
    """What was done before the stop is not done again; the case at which it stopped is."""
    corp.rule("加微信", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=2)
    corp.say("早")  # the rule has arrived
    pages = [[said(1, "加微信"), said(2, "早"), said(3, "加微信")], [said(4, "加微信"), said(7, "加微信")]]
    notebook, cursor = Notebook(fails_at={"m3"}), FileCursor(tmp_path / "seq")

    runner = ArchiveRunner(aio, corp.id, notebook, cursor)
    with pytest.raises(ConnectionError):
        await runner.run(pages)
    assert cursor.load() == 1
    await ArchiveRunner(aio, corp.id, notebook, cursor).run(pages)

    warned = [("m1", WARNING), ("m3", WARNING), ("m4", WARNING)]
    assert notebook.done == [*warned, ("m4", "kick"), ("m7", WARNING)]
    assert cursor.load() == 7
    assert runner.tally.records == 3


async def test_a_long_record_is_one_case(aio: AsyncGroupGuard, corp: Corp, tmp_path: Path) -> None:
    """Though it is several messages to groupguard: one warning, one removal."""
    corp.rule("加微信", kind=ACTION_KIND_WARN_AND_KICK)
    corp.say("早")
    notebook = Notebook()
    await ArchiveRunner(aio, corp.id, notebook, FileCursor(tmp_path / "seq")).run(
        [[said(1, "加微信，" * 6_000)]]
    )
    assert notebook.done == [("m1", WARNING), ("m1", "kick")]


async def test_a_message_that_is_refused_holds_up_nothing(
    aio: AsyncGroupGuard, corp: Corp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names it, and the next is judged; staff's messages are not even asked about."""
    corp.rule("加微信")
    corp.say("早")
    notebook = Notebook()
    runner = ArchiveRunner(aio, corp.id, notebook, FileCursor(tmp_path / "seq"))
    staff = {"from": "zhangmin"}
    await runner.run([[said(1, "加微信", roomid="r" * 65), said(2, "加微信", **staff), said(3, "加微信")]])
    assert notebook.done == [("m3", WARNING)]
    assert (runner.tally.records, runner.tally.judged, runner.tally.unjudged) == (3, 1, 1)
    assert "message m1 is not judged: INVALID_ARGUMENT: INVALID_FIELD" in caplog.text


async def test_the_logging_enforcer_tells_what_it_would_do_and_of_nobody(
    aio: AsyncGroupGuard, corp: Corp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Group, message and rule; neither who spoke nor what was said."""
    rule = corp.rule("加微信", kind=ACTION_KIND_WARN_AND_KICK)
    corp.say("早")
    with caplog.at_level("INFO", "groupguard_client.wecom"):
        await ArchiveRunner(aio, corp.id, LoggingEnforcer(), FileCursor(tmp_path / "seq")).run(
            [[said(1, "加微信")]]
        )
    assert caplog.messages == [
        f"would warn in {CHAT} for m1 by {rule.rule_id}: {WARNING}",
        f"would kick in {CHAT} for m1 by {rule.rule_id}",
    ]


@dataclass
class Desk:
    """Where the groups are looked up."""

    chats: dict[str, dict[str, Any]]

    async def group_chat(self, chat_id: str) -> Mapping[str, Any] | None:
        return self.chats.get(chat_id)

    async def strategy_ids(self, owner_userid: str) -> Iterable[str]:
        return {"zhangmin": ["7"]}.get(owner_userid, ())


def callback(change: str, detail: str = "", chat_id: str = "wrNew", members: Sequence[str] = ()) -> str:
    """A decrypted callback as WeCom documents it."""
    items = "".join(f"<Item><![CDATA[{member}]]></Item>" for member in members)
    return (
        "<xml><ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
        "<CreateTime>1403610513</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[change_external_chat]]></Event><ChatId><![CDATA[{chat_id}]]></ChatId>"
        f"<ChangeType><![CDATA[{change}]]></ChangeType><UpdateDetail><![CDATA[{detail}]]></UpdateDetail>"
        f"<JoinScene>0</JoinScene><MemChangeCnt>{len(members)}</MemChangeCnt><MemChangeList>{items}</MemChangeList></xml>"
    )


async def test_the_registry_follows_the_events(aio: AsyncGroupGuard, corp: Corp) -> None:
    """Created, renamed, handed over, joined, left, dismissed; and what nobody knows any more changes nothing."""
    chat = {"chat_id": "wrNew", "name": "一群", "owner": "zhangmin", "member_list": [{"userid": "zhangmin"}]}
    desk = Desk({"wrNew": chat})
    events = ChatEvents(aio, corp.id, desk, Notebook())

    async def handled(*callbacks: str) -> Group | None:
        for text in callbacks:
            event = read_chat_event(text)
            assert event
            await events.handle(event)
        listed = await aio.rules.ListGroups(ListGroupsRequest(corp_id=corp.id))
        return next((group for group in listed.groups if group.chat_id == "wrNew"), None)

    made = await handled(callback("create"))
    assert made
    assert (made.display_name, made.owner_userid, made.member_count) == ("一群", "zhangmin", 1)
    assert made.strategy_ids == ["7"]

    chat |= {
        "name": "二群" * 100,
        "owner": "wangfang",
        "member_list": [{"userid": "wangfang"}, {"userid": "wmA"}],
    }
    unchanged = await handled(callback("update", "change_notice"))
    assert unchanged == made
    changed = await handled(
        callback("update", "change_owner"), callback("update", "add_member", members=["wmA"])
    )
    assert changed
    assert (changed.display_name, changed.owner_userid, changed.member_count) == ("二群" * 64, "wangfang", 2)
    assert not changed.strategy_ids
    assert changed.ordinal == made.ordinal

    assert await handled(callback("dismiss"), callback("dismiss")) is None
    desk.chats.clear()
    assert await handled(callback("update", "change_name"), callback("dismiss", chat_id="wrNever")) is None


async def test_whoever_may_not_join_is_refused(aio: AsyncGroupGuard, corp: Corp) -> None:
    """By the blacklist and by the nickname, once for each event; members and good customers are let in."""
    conditions = Conditions(nickname_keywords=KeywordCondition(keywords=[Keyword(text="代写")]))
    rule = corp.rule("加微信", kind=ACTION_KIND_WARN_AND_KICK)
    rule.conditions.CopyFrom(conditions)
    corp.update(rule)
    corp.blacklist("wmListed")
    corp.say("早")
    members = [
        {"userid": OWNER, "type": 1},
        {"userid": "wmGood", "type": 2, "name": "陈阿姨", "group_nickname": "", "unionid": "o1"},
        {"userid": "wmListed", "type": 2, "name": "路人"},
        {"userid": "wmAdvert", "type": 2, "name": "学长", "group_nickname": "代写作业"},
    ]
    desk = Desk({CHAT: {"name": "群", "owner": OWNER, "member_list": members}})
    notebook = Notebook()
    events = ChatEvents(aio, corp.id, desk, notebook)
    joined = read_chat_event(
        callback(
            "update", "add_member", CHAT, [OWNER, "wmGood", "wmListed", "wmAdvert", "wmGone", "zhangsan"]
        )
    )
    made = read_chat_event(callback("create", chat_id=CHAT))
    left = read_chat_event(callback("update", "del_member", CHAT, ["wmListed"]))
    assert joined
    assert made
    assert left

    await events.handle(joined)
    assert [(who, what) for who, what in notebook.done if what == "refuse"] == [
        ("wmListed", "refuse"),
        ("wmAdvert", "refuse"),
    ]
    before = len(notebook.done)
    await events.handle(left)
    assert len(notebook.done) == before
    await events.handle(made)
    assert [it for it in notebook.done[before:] if it[1] == "refuse"] == [
        ("wmListed", "refuse"),
        ("wmAdvert", "refuse"),
    ]


async def test_a_join_that_is_told_twice_counts_once(aio: AsyncGroupGuard, corp: Corp) -> None:
    """WeCom repeats a callback that was not answered in time; only another join is one warning too many."""
    rule = corp.rule("加微信", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=1)
    rule.conditions.CopyFrom(Conditions(nickname_keywords=KeywordCondition(keywords=[Keyword(text="代写")])))
    corp.update(rule)
    corp.say("早")
    member = {"userid": "wmA", "type": 2, "name": "代写"}
    notebook = Notebook()
    events = ChatEvents(aio, corp.id, Desk({CHAT: {"owner": OWNER, "member_list": [member]}}), notebook)
    now = int(time.time())
    for seconds in (now - 60, now - 60, now):
        event = read_chat_event(
            callback("update", "add_member", CHAT, ["wmA"]).replace("1403610513", str(seconds))
        )
        assert event
        await events.handle(event)
    assert [text for _, text in notebook.done] == [WARNING, WARNING, WARNING, "refuse"]
    assert notebook.done[0] == notebook.done[1] != notebook.done[2]
