"""`groupguard rules template` and `problems`, and `groupguard groups notice`."""

from __future__ import annotations

from support.commands import Caller
from support.corp import CHAT, Corp


def test_a_template_is_shown_and_made(call: Caller) -> None:
    """A dry run creates nothing; what is made bears what the options name."""
    options = (
        "--competitor",
        "蜜雪",
        "--allow-page",
        "shop.example.com",
        "--allow-mini-program",
        "wx0123456789abcdef",
    )
    dry = call("rules", "template", "restaurant", *options, "--dry-run")
    assert dry.exit_code == 0, dry.stderr
    assert "Nothing was created" in dry.stderr
    assert call.json("rules", "list") == []
    [answer] = call.json("rules", "template", "restaurant", *options, "--state", "shadow")
    assert len(answer["rules"]) == len(dry.stdout.splitlines()) - 1
    assert {rule["state"] for rule in answer["rules"]} == {"RULE_STATE_SHADOW"}
    assert "蜜雪" in str(answer)
    assert "shop.example.com" in str(answer)
    assert len(call.rows("rules", "list")) == len(answer["rules"])
    missing = call("rules", "template", "restaurant")
    assert missing.exit_code == 1
    assert "competitor_names" in missing.stderr
    assert call("rules", "template", "bank").exit_code == 2


def test_a_groups_notice_is_plain_text(corp: Corp, call: Caller) -> None:
    """For people as it stands, for programs as JSON; a group without rules has none."""
    empty = call("groups", "notice", CHAT)
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "No enabled rule" in empty.stderr
    corp.rule("刷单")
    done = call("groups", "notice", CHAT)
    assert done.exit_code == 0
    [answer] = call.json("groups", "notice", CHAT)
    assert done.stdout == f"{answer['notice']}\n"
    assert "刷单" not in done.stdout


def test_problems_name_rule_and_field(corp: Corp, call: Caller) -> None:
    """A rule that is bound to no group is one; a rule's own can be asked for."""
    fine = corp.rule("刷单")
    assert "No problems" in call("rules", "problems", fine.rule_id).stderr
    unbound = corp.rule("代购", chats=())
    [row] = call.rows("rules", "problems")
    assert (row["rule_id"], row["problem"]) == (unbound.rule_id, "bound to no group")
    [problem] = call.json("rules", "problems", unbound.rule_id)
    assert problem == {"kind": "KIND_BOUND_TO_NO_GROUP", "rule_id": unbound.rule_id}
