"""`groupguard corp export` and `import`: a configuration as a file, out of one corp and into another."""

from __future__ import annotations

import json
from pathlib import Path

from support.commands import Caller
from support.corp import CHAT, Corp


def test_a_configuration_moves_as_a_file(corp: Corp, call: Caller, tmp_path: Path) -> None:
    """The other corp's export is the same, and its rule acts; again it changes nothing; standard output works too."""
    corp.rule("刷单")
    assert call("exempt", "add", "wmVip").exit_code == 0
    file, again = tmp_path / "corp.jsonl", tmp_path / "again.jsonl"
    assert call("corp", "export", file).exit_code == 0
    records = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [next(iter(record)) for record in records] == ["group", "rule", "bindings", "exempt_customer"]

    other = Corp(corp.gg)
    there = Caller({**call.environment, "GROUPGUARD_CORP": other.id})
    done = there("corp", "import", file, "--yes")
    assert done.exit_code == 0
    assert "that changed something: 3" in done.stderr
    assert other.say("刷单").hit_count == 1
    there("corp", "export", again)
    assert again.read_text("utf-8") == file.read_text("utf-8")
    assert "that changed something: 0" in there("corp", "import", file, "--yes").stderr
    assert call("corp", "export", "-").stdout == file.read_text("utf-8")


def test_an_import_that_fails_names_the_line(corp: Corp, call: Caller, tmp_path: Path) -> None:
    """The record that the server refuses, whether it is not valid or can't be written; what comes before is written."""
    group = {"group": {"chat_id": "wrNew", "owner_userid": "li"}}
    bound = {"bindings": {"rule_id": "nobody", "chat_ids": [CHAT]}}
    file = tmp_path / "corp.jsonl"
    file.write_text("\n".join(map(json.dumps, [group, group, bound])), "utf-8")
    failed = call("corp", "import", file, "--yes")
    assert failed.exit_code == 1
    assert f"Line 3 of {file}" in failed.stderr
    assert "RULE_NOT_FOUND" in failed.stderr
    assert "wrNew" in call("groups", "list").stdout

    file.write_text("\n".join(map(json.dumps, [group, {"group": {"chat_id": "wrX"}}])), "utf-8")
    failed = call("corp", "import", file, "--yes")
    assert f"Line 2 of {file}" in failed.stderr
    assert "records[1].group.owner_userid" in failed.stderr
    assert "wrX" not in call("groups", "list").stdout
