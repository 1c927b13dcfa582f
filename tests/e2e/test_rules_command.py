"""`groupguard rules`: what it shows and changes is what RuleService keeps."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from google.protobuf import json_format

from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    ACTION_KIND_KICK_AFTER_WARNINGS,
    ACTION_KIND_WARN,
    ACTION_KIND_WARN_AND_KICK,
    RULE_STATE_DISABLED,
    RULE_STATE_ENABLED,
    RULE_STATE_SHADOW,
    Rule,
)
from groupguard.rule.v1.rule_service_pb2 import GetRuleRequest
from groupguard_client import GroupGuard
from support.commands import Caller, groupguard, in_terminal
from support.corp import Corp
from support.valkey import LOOPBACK, free_ports


def kept(gg: GroupGuard, corp: Corp, rule_id: str) -> Rule:
    return gg.rules.GetRule(GetRuleRequest(corp_id=corp.id, rule_id=rule_id))


def test_a_rule_is_made_of_options(gg: GroupGuard, corp: Corp, call: Caller) -> None:
    """The answer is the API's; the rule is the super administrators' and does not act yet."""
    [answer] = call.json(
        "rules", "create", "--name", "No ads", "--keyword", "加微信", "--keyword", "vx", "--allow-phrase", "加微信支付",
        "--warn", "本群请勿发广告", "--blacklist", "personal",
    )  # fmt: skip
    rule = kept(gg, corp, answer["rule"]["rule_id"])
    assert answer["rules_revision"]
    assert rule.display_name == "No ads"
    assert [keyword.text for keyword in rule.conditions.keywords.keywords] == ["加微信", "vx"]
    assert list(rule.conditions.keywords.allow_phrases) == ["加微信支付"]
    assert (rule.action.kind, rule.action.warning_text) == (ACTION_KIND_WARN, "本群请勿发广告")
    assert rule.state == RULE_STATE_DISABLED
    assert answer["rule"]["owner"] == {"kind": "OWNER_KIND_SUPER_ADMIN"}
    assert answer["rule"]["action"]["add_to_blacklist"] == "BLACKLIST_KIND_PERSONAL"


def test_a_rule_is_made_of_a_file_that_options_change(
    gg: GroupGuard, corp: Corp, call: Caller, tmp_path: Path
) -> None:
    """What `show --json` prints is such a file; owner and state can be said anew. Standard input will do, too."""
    first = corp.rule("刷单")
    shown = call("rules", "show", first.rule_id, "--json").stdout
    file = tmp_path / "rule.json"
    file.write_text(shown, "utf-8")
    [answer] = call.json("rules", "create", file, "--owner", "zhangmin", "--state", "shadow")
    copy = kept(gg, corp, answer["rule"]["rule_id"])
    assert copy.rule_id != first.rule_id
    assert copy.conditions == first.conditions
    assert copy.owner.userid == "zhangmin"
    assert copy.state == RULE_STATE_SHADOW

    [answer] = call.json("rules", "create", "-", stdin=shown)
    assert kept(gg, corp, answer["rule"]["rule_id"]).owner == first.owner


@pytest.mark.parametrize(
    ("options", "kind", "text", "warnings"),
    [
        (["--kick"], ACTION_KIND_WARN_AND_KICK, "本群请勿打扰。", 0),
        (["--kick", "--warn", ""], ACTION_KIND_KICK, "", 0),
        (["--warn", "新"], ACTION_KIND_WARN, "新", 0),
        (["--after-warnings", "2"], ACTION_KIND_KICK_AFTER_WARNINGS, "本群请勿打扰。", 2),
    ],
)
def test_options_change_what_they_name_and_nothing_else(
    gg: GroupGuard, corp: Corp, call: Caller, options: list[str], kind: int, text: str, warnings: int
) -> None:
    """Warning and removal are said apart; what is not said stays."""
    rule = corp.rule("刷单")
    done = call("rules", "update", rule.rule_id, *options)
    assert done.exit_code == 0, done.stderr
    now = kept(gg, corp, rule.rule_id)
    assert (now.action.kind, now.action.warning_text, now.action.warnings_before_kick) == (
        kind,
        text,
        warnings,
    )
    assert (now.conditions, now.state, now.display_name) == (rule.conditions, rule.state, rule.display_name)


def test_keywords_come_and_go_one_by_one(gg: GroupGuard, corp: Corp, call: Caller) -> None:
    """A keyword that is not there can't be removed, and then nothing is changed."""
    rule = corp.rule("刷单", "代购")
    call.json("rules", "update", rule.rule_id, "--add-keyword", "兼职", "--remove-keyword", "代购")
    assert [it.text for it in kept(gg, corp, rule.rule_id).conditions.keywords.keywords] == ["刷单", "兼职"]
    done = call("rules", "update", rule.rule_id, "--remove-keyword", "代购")
    assert done.exit_code == 2
    assert "代购" in done.stderr
    call.json("rules", "update", rule.rule_id, "--keyword", "新词")
    assert [it.text for it in kept(gg, corp, rule.rule_id).conditions.keywords.keywords] == ["新词"]


def test_a_file_changes_the_fields_it_sets_if_nobody_was_faster(
    gg: GroupGuard, corp: Corp, call: Caller
) -> None:
    """The etag in the file is tested; the refusal names its reason on one line of standard error."""
    rule = corp.rule("刷单")
    shown = call("rules", "show", rule.rule_id, "--json").stdout
    changed = json_format.Parse(shown, Rule())
    changed.display_name = "新名"
    file = json_format.MessageToJson(changed)
    call.json("rules", "update", rule.rule_id, "-", "--fields", "display_name", stdin=file)
    assert kept(gg, corp, rule.rule_id).display_name == "新名"

    done = call("rules", "update", rule.rule_id, "-", stdin=file)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith("ABORTED ETAG_MISMATCH ")

    other = call("rules", "update", "other", "-", stdin=file)
    assert other.exit_code == 2
    assert rule.rule_id in other.stderr


def test_rules_are_switched_on_and_off(gg: GroupGuard, corp: Corp, call: Caller) -> None:
    """Several at once; the answer shows each."""
    rules = [corp.rule("刷单").rule_id, corp.rule("代购").rule_id]
    for command, state in (
        ("disable", RULE_STATE_DISABLED),
        ("shadow", RULE_STATE_SHADOW),
        ("enable", RULE_STATE_ENABLED),
    ):
        rows = call.rows("rules", command, *rules)
        assert [row["rule_id"] for row in rows] == rules
        assert {kept(gg, corp, rule).state for rule in rules} == {state}
    assert [answer["rule"]["rule_id"] for answer in call.json("rules", "disable", *rules)] == rules


def test_lists_are_complete_in_pipes_and_as_json(corp: Corp, call: Caller) -> None:
    """All pages are read, ids are whole, and --limit and --owner narrow it down."""
    rules = [corp.rule(f"词{number}").rule_id for number in range(3)]
    own = call.json("rules", "create", "--name", "x", "--keyword", "y", "--kick", "--owner", "zhangmin")[0][
        "rule"
    ]
    assert [row["rule_id"] for row in call.rows("rules", "list")] == [*rules, own["rule_id"]]
    assert [rule["rule_id"] for rule in call.json("rules", "list")] == [*rules, own["rule_id"]]
    assert [rule["rule_id"] for rule in call.json("rules", "list", "--limit", "2")] == rules[:2]
    assert [rule["rule_id"] for rule in call.json("rules", "list", "--owner", "zhangmin")] == [own["rule_id"]]
    [row] = call.rows("rules", "list", "--owner", "zhangmin")
    assert (row["name"], row["owner"], row["state"], row["looks for"], row["action"]) == (
        "x", "member zhangmin", "disabled", "1 keyword", "kick",
    )  # fmt: skip
    both = call("rules", "list", "--owner", "a", "--strategy", "b")
    assert both.exit_code == 2


def test_an_empty_list_says_so_beside_the_output(call: Caller) -> None:
    """Standard output is empty, for people and for programs."""
    for option in ([], ["--json"]):
        done = call("rules", "list", *option)
        assert done.exit_code == 0
        assert done.stdout == ""
        assert done.stderr.startswith("No rules in ")


def test_a_terminal_gets_a_table_as_wide_as_it_is(corp: Corp, call: Caller) -> None:
    """Ids stay in one piece while there is room."""
    rule = corp.rule("刷单")
    code, shown = in_terminal("rules", "list", env=call.environment, columns=90)
    assert code == 0
    assert "┃ rule_id" in shown
    assert f"│ {rule.rule_id} " in shown
    assert max(map(len, shown.splitlines())) <= 90


def test_deleting_asks_first(gg: GroupGuard, corp: Corp, call: Caller) -> None:
    """Without a terminal it needs --yes; at one a No changes nothing and a Yes deletes."""
    rules = [corp.rule(f"词{number}").rule_id for number in range(3)]
    refused = call("rules", "delete", *rules)
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    code, shown = in_terminal("rules", "delete", rules[0], env=call.environment, answer="n\n")
    assert code == 1
    assert "Nothing was changed" in shown
    assert [rule["rule_id"] for rule in call.json("rules", "list")] == rules
    code, shown = in_terminal("rules", "delete", rules[0], env=call.environment, answer="y\n")
    assert code == 0
    assert rules[0] in shown
    assert [
        bool(answer["rules_revision"]) for answer in call.json("rules", "delete", *rules[1:], "--yes")
    ] == [True, True]
    assert call.json("rules", "list") == []


def test_failures_are_told_without_a_trace_of_python(call: Caller) -> None:
    """Reason and violations on standard error, exit code 1; usage mistakes 2."""
    done = call("rules", "show", "nowhere")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("NOT_FOUND RULE_NOT_FOUND ")
    done = call("rules", "create", "--name", "x", "--keyword", "y" * 65, "--warn", "z" * 201)
    assert done.exit_code == 1
    assert "rule.conditions.keywords.keywords[0].text: " in done.stderr
    assert "rule.action.warning_text: " in done.stderr
    for garbage in (
        '{"display_name": }',
        '{"no_such_field": 1}',
        "",
        '{"display_name": "\\ud800"}',
        "[" * 5_000,
        b"\xff",
    ):
        done = call("rules", "create", "-", stdin=garbage)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("standard input: ")
    assert call("rules", "create", "/nowhere/rule.json").exit_code == 2
    assert call("rules", "list", GROUPGUARD_CORP="").exit_code == 2
    assert call("rules", "show", os.fsdecode(b"\xff")).stderr == "an argument is not UTF-8\n"
    done = call("rules", "list", GROUPGUARD_RULE_ADDRESS=f"{LOOPBACK}:{free_ports(1)[0]}")
    assert done.exit_code == 1
    assert "GROUPGUARD_RULE_ADDRESS" in done.stderr


def test_the_installed_command_prints_json_lines(corp: Corp, call: Caller) -> None:
    """As a program of its own, in a pipe: parseable output, whole ids."""
    rule = corp.rule("刷单")
    done = groupguard("rules", "list", "--json", env=call.environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rule_id"] == rule.rule_id
    assert done.stderr == ""
