"""Messages of every kind over real services: where a keyword is found, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict

from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import (
    DECISION_ALLOW,
    DECISION_WARN,
    MESSAGE_PART_RECOGNIZED_TEXT,
    MESSAGE_PART_TEXT,
    MESSAGE_PART_TITLE,
    Verdict,
)
from groupguard_client import failure
from support.commands import groupguard
from support.corp import CHAT, CUSTOMER, Corp

SENT = {"chat_id": CHAT, "sender": {"kind": "SENDER_KIND_CUSTOMER", "external_userid": CUSTOMER}}
RECORD: dict[str, Any] = {"chat_record": {"title": "刷单群", "items": [{"text": {"content": "刷单日结"}}]}}


def nested(levels: int) -> dict[str, Any]:
    """A forwarded conversation that is forwarded again and again, each time behind another text."""
    inner = RECORD
    for _ in range(levels - 1):
        inner = {"chat_record": {"title": "聊天记录", "items": [{"text": {"content": "看"}}, inner]}}
    return inner


def judge(corp: Corp, content: dict[str, Any]) -> Verdict:
    return corp.judge(ParseDict({**SENT, **content}, Message()))


def test_a_keyword_four_levels_deep_is_found_with_part_and_path(corp: Corp) -> None:
    """The verdict tells the item by its place in each list, and the part that it stands in."""
    corp.rule("刷单")
    verdict = judge(corp, nested(4))
    assert verdict.decision == DECISION_WARN
    found = [(list(hit.item_path), hit.part, hit.span.start, hit.span.end) for hit in verdict.hits]
    assert found == [
        ([1, 1, 1], MESSAGE_PART_TITLE, 0, 2),
        ([1, 1, 1, 0], MESSAGE_PART_TEXT, 0, 2),
    ]


def test_a_keyword_never_spans_two_parts(corp: Corp) -> None:
    """The end of a title and the beginning of a description are no word."""
    corp.rule("刷单")
    split = {"link": {"title": "印刷", "description": "单位"}}
    assert judge(corp, split).decision == DECISION_ALLOW
    picture = {"image": {"recognized_text": "日结刷单"}}
    [hit] = judge(corp, picture).hits
    assert (hit.part, hit.span.start, hit.span.end) == (MESSAGE_PART_RECOGNIZED_TEXT, 2, 4)


@pytest.mark.parametrize("levels", [5, 40])
def test_what_is_nested_deeper_is_refused(corp: Corp, levels: int) -> None:
    """With the place and the limit, however deep; the service goes on."""
    message = ParseDict({**SENT, "chat_record": {}}, Message())
    inner = message.chat_record
    for _ in range(levels - 1):
        inner.items.add().text.content = "看"
        inner = inner.items.add().chat_record
    inner.items.add().text.content = "刷单"
    with pytest.raises(grpc.RpcError) as refused:
        corp.judge(message)
    told = failure(refused.value)
    assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    field = "message" + ".chat_record.items[1]" * 4 + ".chat_record.items"
    assert told.violations == ((field, "at most 4 levels are allowed; this is level 5"),)
    assert judge(corp, RECORD).decision == DECISION_ALLOW


def test_the_check_command_takes_every_kind(corp: Corp, environment: dict[str, str], tmp_path: Path) -> None:
    """Short lines and protobuf JSON in one file; hits elsewhere than in plain texts are listed with their place."""
    rule = corp.rule("刷单")
    lines: list[Any] = [
        {"text": "刷单"},
        {"text": {"content": "刷单"}, "sendTime": "2030-01-01T00:00:00Z"},
        {"link": {"title": "日结刷单", "url": "https://ok.com"}, "chatId": CHAT, "msgtype": "left alone"},
        {**nested(2), "external_userid": "wmOther", "group_nickname": "小王"},
        {"image": {}, "has_qr_code": True, "sender": {"kind": "SENDER_KIND_STAFF"}},
        {"file": {"md5sum": "x"}},
    ]
    file = tmp_path / "messages.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    arguments = ("check", file, "--corp", corp.id, "--chat", CHAT)

    done = groupguard(*arguments, "--json", env=environment)
    summary = json.loads(done.stdout)
    assert summary["decisions"] == {"WARN": 4, "ALLOW": 1}
    assert summary["reasons"] == {"RULE_HIT": 4, "STAFF": 1}
    assert summary["errors"] == ["line 6: file.md5sum: 32 hexadecimal digits are needed, not 'x'"]
    places = {
        (it["message"], it["part"], *it["item_path"], it["start"], it["end"]) for it in summary["places"]
    }
    assert places == {
        ("line 3", "TITLE", 2, 4),
        ("line 4", "TITLE", 1, 0, 2),
        ("line 4", "TEXT", 1, 0, 0, 2),
    }
    assert {(it["rule_id"], it["keyword"]) for it in summary["places"]} == {(rule.rule_id, "刷单")}

    for_people = groupguard(*arguments, env=environment).stdout
    for shown in ("Not in plain texts", "line 3", "title", "item 1.0: text", "item 1: title"):
        assert shown in for_people


def test_the_check_command_names_lines_that_are_no_message(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """What protobuf can't read in a content, half a surrogate pair among it, is said with the line."""
    lines = [
        '{"link": {"titel": "x"}}',
        '{"link": null}',
        '{"text": {"content": 5}}',
        '{"image": {"recognized_text": "\\ud800"}}',
        '{"mixed": ' + '{"items": [{"mixed": ' * 40 + "{}" + "}]}" * 40 + "}",
        '{"x": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"link": {}, "image": {}}',
    ]
    file = tmp_path / "messages.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    done = groupguard("check", file, "--corp", "ww1", "--chat", CHAT, env=environment)
    assert done.returncode == 2
    told = done.stderr.splitlines()
    assert len(told) == len(lines)
    whys = ("titel", '"text"', "content", "surrogate", "too deep", "too deep", "oneof")
    for number, (line, why) in enumerate(zip(told, whys, strict=True), 1):
        assert line.startswith(f"{file}:{number}: ")
        assert why in line
