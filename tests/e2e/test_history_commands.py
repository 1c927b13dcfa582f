"""`groupguard rules history` and `restore`: how a rule changed, and going back."""

from __future__ import annotations

from google.protobuf.json_format import ParseDict

from groupguard.rule.v1.rule_pb2 import RULE_STATE_SHADOW, Rule
from groupguard.rule.v1.rule_service_pb2 import GetRuleRequest
from groupguard_client import GroupGuard
from support.commands import Caller, in_terminal
from support.corp import Corp


def test_a_history_says_what_changed_and_why(corp: Corp, call: Caller) -> None:
    """The newest first, with the fields that differ."""
    rule = corp.rule("刷单", "代购")
    call.json("rules", "update", rule.rule_id, "--remove-keyword", "代购", "--reason", "误伤太多")
    call.json("rules", "shadow", rule.rule_id)
    rows = call.rows("rules", "history", rule.rule_id)
    assert [(row["what"], row["why"], row["changed fields"]) for row in rows] == [
        ("updated", "", "state"),
        ("updated", "误伤太多", "conditions.keywords.keywords"),
        ("created", "", ""),
    ]
    revisions = [int(row["revision"]) for row in rows]
    assert revisions == sorted(revisions, reverse=True)
    as_json = call.json("rules", "history", rule.rule_id, "--limit", "1")
    assert [change["after"]["state"] for change in as_json] == ["RULE_STATE_SHADOW"]


def test_restoring_shows_what_it_changes_and_asks(gg: GroupGuard, corp: Corp, call: Caller) -> None:
    """Items of lists that come and go, other values old and new; a No changes nothing."""
    rule = corp.rule("刷单", "代购")
    call.json(
        "rules",
        "update",
        rule.rule_id,
        "--remove-keyword",
        "代购",
        "--add-keyword",
        "兼职",
        "--warn",
        "新[b]",
    )
    call.json("rules", "update", rule.rule_id, "--state", "shadow", "--kick")
    first = call.rows("rules", "history", rule.rule_id)[-1]["revision"]
    refused = call("rules", "restore", rule.rule_id, first)
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr

    code, shown = in_terminal("rules", "restore", rule.rule_id, first, env=call.environment, answer="n\n")
    assert code == 1
    differences = shown[: shown.index("Bring ")].splitlines()
    assert [line for line in differences if line.strip()] == [
        "state",
        "  - shadow",
        "  + enabled",
        "conditions.keywords.keywords",
        "  - 兼职",
        "  + 代购",
        "action.kind",
        "  - warn_and_kick",
        "  + warn",
        "action.warning_text",
        "  - 新[b]",
        "  + 本群请勿打扰。",
    ]
    now = gg.rules.GetRule(GetRuleRequest(corp_id=corp.id, rule_id=rule.rule_id))
    assert now.state == RULE_STATE_SHADOW

    [answer] = call.json("rules", "restore", rule.rule_id, first, "--yes", "--reason", "zurück")
    restored = ParseDict(answer["rule"], Rule())
    assert (restored.conditions, restored.action, restored.state) == (
        rule.conditions,
        rule.action,
        rule.state,
    )
    assert call.rows("rules", "history", rule.rule_id)[0]["why"] == "zurück"
    again = call("rules", "restore", rule.rule_id, first, "--yes")
    assert again.exit_code == 0
    assert "nothing was changed" in again.stderr


def test_a_deleted_rule_comes_back(corp: Corp, call: Caller) -> None:
    """Everything of it is shown as coming; a revision that is no state is refused by name."""
    rule = corp.rule("刷单")
    call.json("rules", "delete", rule.rule_id, "--yes")
    deleted, created = call.rows("rules", "history", rule.rule_id)
    assert deleted["what"] == "deleted"
    for revision in (deleted["revision"], "999999"):
        done = call("rules", "restore", rule.rule_id, revision, "--yes")
        assert (done.exit_code, done.stdout) == (1, "")
        assert f"no state of revision {revision}" in done.stderr
    done = call("rules", "restore", rule.rule_id, created["revision"], "--yes")
    assert done.exit_code == 0, done.stderr
    assert "conditions.keywords.keywords\n  + 刷单\n" in done.stderr
    assert [row["rule_id"] for row in call.rows("rules", "list")] == [rule.rule_id]
