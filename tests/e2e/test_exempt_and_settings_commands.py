"""`groupguard exempt` and `groupguard corp settings|set`."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.commands import Caller


def test_customers_are_exempt_in_the_corp_or_in_a_members_groups(call: Caller) -> None:
    """Each list is its own; the table says where it holds."""
    [answer] = call.json("exempt", "add", "wmA", "wmB", "--reason", "供应商")
    assert answer["added_count"] == 2
    done = call("exempt", "add", "wmB", "wmC", "--owner", "zhangmin")
    assert done.stdout == ""
    assert "Newly exempt: 2 of 2." in done.stderr
    rows = call.rows("exempt", "list")
    assert [(row["external_userid"], row["in"], row["reason"]) for row in rows] == [
        ("wmA", "all groups", "供应商"),
        ("wmB", "all groups", "供应商"),
        ("wmB", "groups of zhangmin", ""),
        ("wmC", "groups of zhangmin", ""),
    ]
    assert [it["external_userid"] for it in call.json("exempt", "list", "--corp-list")] == ["wmA", "wmB"]
    assert [it["external_userid"] for it in call.json("exempt", "list", "--owner", "zhangmin")] == [
        "wmB",
        "wmC",
    ]
    assert len(call.json("exempt", "list", "--customer", "wmB")) == 2
    assert len(call.json("exempt", "list", "--limit", "3")) == 3
    assert "Exempt no longer: 1 of 2." in call("exempt", "remove", "wmA", "wmC").stderr
    assert "Exempt no longer: 2 of 2." in call("exempt", "remove", "wmB", "wmC", "--owner", "zhangmin").stderr
    assert [it["external_userid"] for it in call.json("exempt", "list")] == ["wmB"]
    call("exempt", "remove", "wmB")
    assert "No customers are exempt" in call("exempt", "list").stderr


def test_many_customers_come_from_a_file(call: Caller, tmp_path: Path) -> None:
    """2,500 are three calls; a list that was printed takes them away again."""
    file = tmp_path / "customers"
    file.write_text("".join(f"wm{number:04}\n" for number in range(2_500)), "utf-8")
    answers = call.json("exempt", "add", "--file", file)
    assert [answer["added_count"] for answer in answers] == [1_000, 1_000, 500]
    printed = call("exempt", "list").stdout
    assert len(printed.splitlines()) == 2_501
    done = call("exempt", "remove", "--file", "-", stdin=printed)
    assert "Exempt no longer: 2,500 of 2,500." in done.stderr
    assert call("exempt", "add").exit_code == 2
    assert call("exempt", "add", "--file", tmp_path / "none").exit_code == 2


def test_settings_are_set_one_by_one_and_shown_as_they_are_set(call: Caller) -> None:
    """What is not named stays; no value means the default."""
    before = dict(line.split("\t") for line in call("corp", "settings").stdout.splitlines())
    assert before["share_exemptions"] == before["decision_log.enabled"] == "false"
    wanted = {
        "share_exemptions": "true",
        "check_failure": "error",
        "limits.rules_per_owner": "500",
        "decision_log.retention": "7d",
        "decision_log.masking": "full_text",
    }
    done = call("corp", "set", *(f"{key}={value}" for key, value in wanted.items()))
    assert done.exit_code == 0, done.stderr
    now = dict(line.split("\t") for line in call("corp", "settings").stdout.splitlines())
    assert now == {**before, **wanted}
    [answer] = call.json(
        "corp", "set", "limits.rules_per_owner=", "share_exemptions=off", "decision_log.retention=12h"
    )
    assert answer["settings"]["decision_log"]["retention"] == "43200s"
    now = dict(line.split("\t") for line in call("corp", "settings").stdout.splitlines())
    kept = {"check_failure": "error", "decision_log.masking": "full_text", "decision_log.retention": "12h"}
    assert now == {**before, **kept}
    [settings] = call.json("corp", "settings")
    assert settings["check_failure"] == "CHECK_FAILURE_ERROR"
    assert call("corp", "set", "share_exemptions=true", "--etag", "old").exit_code == 1


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("share_exemptions", "KEY=VALUE"),
        ("etag=5", "decision_log.retention"),
        ("limits=5", "limits.groups_per_rule"),
        ("share_exemptions=2", "true or false"),
        ("check_failure=never", "continue or error"),
        ("limits.rules_per_owner=-1", "a number"),
        ("limits.rules_per_owner=99999999999999999999", "a number"),
        ("decision_log.retention=7 days", "12h or 7d"),
    ],
)
def test_a_setting_that_there_is_not_is_refused(call: Caller, assignment: str, told: str) -> None:
    """The message says what would do."""
    done = call("corp", "set", assignment, COLUMNS="200")
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
