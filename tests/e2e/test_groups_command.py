"""`groupguard groups`: the registry from files, and what becomes of groups."""

from __future__ import annotations

import json
from pathlib import Path

from support.commands import Caller, in_terminal
from support.corp import CHAT, OWNER, Corp


def test_a_table_of_groups_goes_in_as_it_is(call: Caller, tmp_path: Path) -> None:
    """CSV, with quotes and a byte order mark as spreadsheets write it, in calls of 1,000."""
    lines = ["chat_id,owner_userid,display_name,strategy_ids,member_count"]
    lines += [
        f'wr{number:04},zhang{number % 2},"群 {number}, ""一""",s1; s2,{number}' for number in range(2_100)
    ]
    file = tmp_path / "groups.csv"
    file.write_text("\r\n".join(lines), "utf-8-sig")
    answers = call.json("groups", "put", file)
    assert [answer["created_count"] for answer in answers] == [1_000, 1_000, 100]
    assert answers[0]["groups"][7] | {"ordinal": 0} == {
        "chat_id": "wr0007",
        "owner_userid": "zhang1",
        "display_name": '群 7, "一"',
        "strategy_ids": ["s1", "s2"],
        "ordinal": 0,
        "member_count": 7,
    }
    done = call("groups", "put", file)
    assert "Groups: 2,100, new: 0" in done.stderr
    assert done.stdout == ""


def test_what_a_list_prints_goes_in_again(call: Caller) -> None:
    """JSON lines of one corp register the groups of another."""
    listed = call("groups", "list", "--json").stdout
    [answer] = call.json("groups", "put", "-", stdin=f"\n{listed}\n")
    assert [group["chat_id"] for group in answer["groups"]] == [CHAT]
    only_needed = "owner_userid,chat_id\nli,wrNew\n"
    [answer] = call.json("groups", "put", "-", stdin=only_needed)
    assert answer["created_count"] == 1


def test_every_bad_line_of_a_file_is_named_and_nothing_is_written(call: Caller, tmp_path: Path) -> None:
    """With the file, the line and what is wrong; the exit code is 2."""
    table = tmp_path / "groups.csv"
    table.write_text(
        'chat_id,owner_userid,member_count\nwr1,z,5\nwr1,z,x\nwr2,\nwr1,z,7\n\n"wr\n3",z,1\n,z,\n', "utf-8"
    )
    done = call("groups", "put", table)
    assert (done.exit_code, done.stdout) == (2, "")
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [
        f"{table}:{n}" for n in (3, 4, 5, 9)
    ]
    assert "wr1 is in line 2, too" in done.stderr

    lines = tmp_path / "groups.jsonl"
    lines.write_bytes(
        b'{"chat_id": "a", "owner_userid": "b"}\n\n{"chat_id": 5}\nno json\n{"chat": "a"}\n\xff\n'
    )
    done = call("groups", "put", lines)
    assert done.exit_code == 2
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [
        f"{lines}:{n}" for n in (3, 4, 5, 6)
    ]

    heading = call("groups", "put", "-", stdin="chat,owner_userid\nwr1,z\n")
    assert heading.exit_code == 2
    assert heading.stderr.startswith("standard input:1: no column chat_id, unknown column 'chat'")
    assert [group["chat_id"] for group in call.json("groups", "list")] == [CHAT]


def test_groups_are_listed_by_owner_strategy_and_activity(call: Caller) -> None:
    """In a pipe every id is whole; --limit ends the list."""
    table = "chat_id,owner_userid,strategy_ids\nwrA,li,s1\nwrB,li,s2\nwrC,wang,s1\n"
    call.json("groups", "put", "-", stdin=table)

    def chats(*options: str) -> set[str]:
        return {row["chat_id"] for row in call.rows("groups", "list", *options)}

    assert chats() == {CHAT, "wrA", "wrB", "wrC"}
    assert chats("--owner", "li") == {"wrA", "wrB"}
    assert chats("--strategy", "s1") == {"wrA", "wrC"}
    assert chats("--recent", "--owner", "wang") == {"wrC"}
    assert len(chats("--limit", "2")) == 2
    empty = call("groups", "list", "--owner", "nobody")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert empty.stderr.startswith("No groups in ")


def test_dismissing_asks_first_and_tells_what_went(corp: Corp, call: Caller) -> None:
    """The binding that went is listed as released."""
    rule = corp.rule("刷单")
    assert call("groups", "dismiss", CHAT).exit_code == 2
    code, shown = in_terminal("groups", "dismiss", CHAT, env=call.environment, answer="n\n")
    assert code == 1
    assert f"Dismiss {CHAT}?" in shown
    assert [group["owner_userid"] for group in call.json("groups", "list")] == [OWNER]
    assert "No bindings were released" in call("groups", "released").stderr

    [answer] = call.json("groups", "dismiss", CHAT, "--yes")
    assert (answer["dismissed_count"], answer["released_binding_count"]) == (1, 1)
    assert call.json("groups", "list") == []
    [row] = call.rows("groups", "released", "--rule", rule.rule_id)
    assert (row["rule_id"], row["groups"]) == (rule.rule_id, CHAT)
    assert [json.dumps(it["chat_ids"]) for it in call.json("groups", "released")] == [f'["{CHAT}"]']


def test_many_groups_are_dismissed_by_a_file(call: Caller, tmp_path: Path) -> None:
    """1,500 groups are two calls."""
    chats = [f"wr{number}" for number in range(1_500)]
    call.json(
        "groups", "put", "-", stdin="chat_id,owner_userid\n" + "".join(f"{chat},li\n" for chat in chats)
    )
    file = tmp_path / "chats"
    file.write_text("\n".join(chats), "utf-8")
    answers = call.json("groups", "dismiss", "--chats-file", file, "--yes")
    assert [answer["dismissed_count"] for answer in answers] == [1_000, 500]
