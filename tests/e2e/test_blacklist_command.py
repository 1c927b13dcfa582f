"""`groupguard blacklist`."""

from __future__ import annotations

import json
from pathlib import Path

from support.commands import Caller


def test_customers_go_on_a_list_and_off_it(call: Caller) -> None:
    """The corp's own and a member's; a dry run changes nothing."""
    assert "2 of 2 would be new" in call("blacklist", "add", "wmA", "wmB", "--dry-run").stderr
    assert "The list is empty." in call("blacklist", "list").stderr
    done = call("blacklist", "add", "wmA", "wmB", "--reason", "卖假货", "--expires", "2090-01-31")
    assert done.stdout == ""
    assert "New on the list: 2 of 2; it has 2 of at most 2,000,000." in done.stderr
    [answer] = call.json("blacklist", "add", "wmB", "wmC", "--owner", "zhangmin")
    assert answer["outcomes"] == ["OUTCOME_ADDED"] * 2
    rows = call.rows("blacklist", "check", "wmB", "wmC", "wmD", "--owner", "zhangmin")
    assert [(row["external_userid"], row["list"], row["reason"]) for row in rows] == [
        ("wmB", "enterprise", "卖假货"),
        ("wmB", "of zhangmin", ""),
        ("wmC", "of zhangmin", ""),
    ]
    assert rows[0]["expires"].startswith("2090-01-31 00:00:00")
    assert rows[1]["expires"] == ""
    assert "None of them" in call("blacklist", "check", "wmD").stderr
    assert "1 of 2 would go" in call("blacklist", "remove", "wmA", "wmC", "--dry-run").stderr
    assert "Off the list: 1 of 2; it has 1." in call("blacklist", "remove", "wmA", "wmC").stderr
    assert [it["external_userid"] for it in call.json("blacklist", "list")] == ["wmB"]
    assert len(call.json("blacklist", "list", "--owner", "zhangmin")) == 2
    assert call("blacklist", "add").exit_code == 2
    assert call("blacklist", "add", "wmA", "--expires", "soon").exit_code == 2
    assert call("blacklist", "add", "wmA", "--expires", "2001-01-01").exit_code == 1


def test_a_file_is_imported_once_however_often_it_is_given(call: Caller, tmp_path: Path) -> None:
    """With an exact account; what is no id is told with its line; undone, it can be imported anew."""
    call("blacklist", "add", "wm0001")
    file = tmp_path / "bad.csv"
    lines = [f"wm{number:04},为 {number % 2}," for number in range(2_500)]
    lines[7] = f"{'x' * 65},too long,"
    lines[8] = "wm0008,until then,2090-01-31T00:00:00Z"
    file.write_text("external_userid,reason,expire_time\n" + "\n".join(lines) + "\n", "utf-8")

    assert "2,500 customers" in call("blacklist", "import", file, "--dry-run").stderr
    done = call("blacklist", "import", file, "--id", "spring")
    assert done.exit_code == 1
    assert f"{file}:9: " in done.stderr
    account = "2,500 of 2,500 customers taken: 2,498 new, 1 listed before, 1 refused"
    assert f"Import spring: {account}. The list has 2,499" in done.stderr
    again = call("blacklist", "import", file, "--id", "spring")
    assert account in again.stderr
    assert "list has 2,499" in again.stderr

    [entry] = call.json("blacklist", "check", "wm0008")
    assert (entry["reason"], entry["expire_time"]) == ("until then", "2090-01-31T00:00:00Z")
    assert entry["source"] == {"kind": "SOURCE_KIND_IMPORT", "id": "spring"}
    assert "Off the lists: 2,498." in call("blacklist", "remove-source", "--import", "spring", "--yes").stderr
    assert [it["external_userid"] for it in call.json("blacklist", "list")] == ["wm0001"]
    assert "2,498 new" in call("blacklist", "import", file, "--id", "spring").stderr


def test_an_export_is_an_import(call: Caller, tmp_path: Path) -> None:
    """As JSON lines and as CSV, in a file and in a pipe."""
    call(
        "blacklist",
        "add",
        "wmA",
        "wmB",
        "--reason",
        'says "no", often',
        "--expires",
        "2090-01-31T00:00:00+08:00",
    )
    call("blacklist", "add", "wmC", "--owner", "zhangmin")
    for name in ("all.jsonl", "all.csv"):
        file = tmp_path / name
        assert "Entries: 3." in call("blacklist", "export", file, "--all").stderr
        owner = f"of-{name}"
        assert "3 new" in call("blacklist", "import", file, "--owner", owner).stderr
        copied = {it["external_userid"]: it for it in call.json("blacklist", "list", "--owner", owner)}
        assert copied.keys() == {"wmA", "wmB", "wmC"}
        assert (copied["wmA"]["reason"], copied["wmA"]["expire_time"]) == (
            'says "no", often',
            "2090-01-30T16:00:00Z",
        )
        call("blacklist", "remove", "wmA", "wmB", "wmC", "--owner", owner)
    printed = call("blacklist", "export", "-").stdout.splitlines()
    assert {json.loads(line)["external_userid"] for line in printed} == {"wmA", "wmB"}
    assert call("blacklist", "export", "-", "--csv").stdout.startswith("external_userid,list,reason")
    assert call("blacklist", "export", "-", "--all", "--owner", "zhangmin").exit_code == 2


def test_a_file_that_can_not_be_read_changes_nothing(call: Caller, tmp_path: Path) -> None:
    """Every line that is wrong is told, with exit code 2."""
    wrong = {
        "no heading": "wmA\nwmB\n",
        "values": "external_userid,reason\nwmA,a\nwmB\n",
        "time": "external_userid,expire_time\nwmA,tomorrow\nwmB,\n",
        "json": '{"external_userid": "wmA"}\n{"external_userid": \n',
    }
    for name, content in wrong.items():
        file = tmp_path / name
        file.write_text(content, "utf-8")
        done = call("blacklist", "import", file)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"{name}:" in done.stderr
    assert "The list is empty." in call("blacklist", "list").stderr


def test_lists_and_filter_are_shown(call: Caller) -> None:
    """Before and after the filter is published."""
    call("blacklist", "add", "wmA", "wmB")
    shown = dict(line.split("\t") for line in call("blacklist", "show").stdout.splitlines())
    assert (shown["list"], shown["customers"]) == ("enterprise", "2 of at most 2,000,000")
    assert (shown["filter"], shown["since then"]) == ("not published", "1 writes: 2 added, 0 removed")
    assert "over 2 entries" in call("blacklist", "rebuild").stderr
    shown = dict(
        line.split("\t") for line in call("blacklist", "show", "--owner", "zhangmin").stdout.splitlines()
    )
    assert (shown["list"], shown["customers"]) == ("of zhangmin", "0 of at most 50,000")
    assert shown["filter"].endswith("bytes for 1,002 entries")
    assert shown["since then"] == "0 writes: 0 added, 0 removed"
