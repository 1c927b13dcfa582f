"""`groupguard rules bind` and `unbind`: any number of groups, and what happens when one of the calls fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_service_pb2 import UpsertGroupsRequest
from groupguard_client import GroupGuard
from support.commands import Caller
from support.corp import CHAT, Corp

MANY = 4_500
CHATS = [f"wr{number:05}" for number in range(MANY)]


def register(gg: GroupGuard, corp: Corp, chats: list[str]) -> None:
    for start in range(0, len(chats), 1_000):
        groups = [
            Group(chat_id=chat, owner_userid="zhangmin", member_count=2)
            for chat in chats[start : start + 1_000]
        ]
        gg.rules.UpsertGroups(UpsertGroupsRequest(corp_id=corp.id, groups=groups))


@pytest.fixture
def chats_file(tmp_path: Path) -> Path:
    """All the chats, one a line; one of them twice."""
    file = tmp_path / "chats.txt"
    file.write_text("\n".join([*CHATS, CHATS[0]]), "utf-8")
    return file


def test_many_groups_go_in_several_calls(gg: GroupGuard, corp: Corp, call: Caller, chats_file: Path) -> None:
    """4,500 groups are three calls, each answered on a line; a dry run tells the same before and changes nothing."""
    register(gg, corp, CHATS)
    rule = corp.rule("刷单", chats=())
    [row] = call.rows("rules", "bind", rule.rule_id, "--chats-file", chats_file, "--dry-run")
    assert row == {"rule_id": rule.rule_id, "groups before": "0", "groups after": str(MANY)}
    dry = call("rules", "bind", rule.rule_id, "--chats-file", chats_file, "--dry-run")
    assert "in 4,500 groups with 9,000 members" in dry.stderr
    assert call.json("rules", "groups", rule.rule_id) == []

    answers = call.json("rules", "bind", rule.rule_id, "--chats-file", chats_file)
    assert [answer["results"][0]["groups_after"] for answer in answers] == [2_000, 4_000, 4_500]
    listed = call.rows("rules", "groups", rule.rule_id)
    assert [row["chat_id"] for row in listed] == CHATS

    piped = call("rules", "groups", rule.rule_id).stdout
    [row] = call.rows("rules", "unbind", rule.rule_id, "--chats-file", "-", stdin=piped)
    assert row == {"rule_id": rule.rule_id, "groups before": str(MANY), "groups after": "0"}


def test_a_failure_in_the_middle_keeps_what_is_done_and_a_repeat_does_the_rest(
    gg: GroupGuard, corp: Corp, call: Caller, chats_file: Path
) -> None:
    """The third call names a group that is not registered; once it is, the same command succeeds."""
    register(gg, corp, CHATS[:-1])
    rule = corp.rule("刷单", chats=())
    done = call("rules", "bind", rule.rule_id, "--chats-file", chats_file)
    assert done.exit_code == 1
    assert "4,000 of 4,500 bindings are done" in done.stderr
    assert "NOT_FOUND GROUP_NOT_FOUND" in done.stderr
    assert CHATS[-1] in done.stderr
    assert done.stdout.splitlines()[1].split("\t") == [rule.rule_id, "0", "4000"]
    assert len(call.json("rules", "groups", rule.rule_id)) == 4_000

    register(gg, corp, CHATS[-1:])
    [row] = call.rows("rules", "bind", rule.rule_id, "--chats-file", chats_file)
    assert row["groups after"] == str(MANY)


def test_several_rules_and_groups_by_argument(corp: Corp, call: Caller) -> None:
    """Rules with commas between, groups with spaces; a group's own list shows them."""
    rules = [corp.rule(f"词{number}", chats=()).rule_id for number in range(2)]
    [answer] = call.json("rules", "bind", ",".join(rules), CHAT)
    assert [result["groups_after"] for result in answer["results"]] == [1, 1]
    assert [rule["rule_id"] for rule in call.json("groups", "rules", CHAT)] == rules
    call.json("rules", "unbind", rules[0], CHAT)
    assert [row["rule_id"] for row in call.rows("groups", "rules", CHAT)] == rules[1:]
    assert call("rules", "bind", rules[0]).exit_code == 2
    assert call("rules", "bind", rules[0], CHAT, "--all-groups").exit_code == 2


def test_a_groups_rules_are_set_as_a_whole(corp: Corp, call: Caller) -> None:
    """What comes and goes is shown; a dry run changes nothing."""
    old, new = (corp.rule(word, chats=chats).rule_id for word, chats in (("刷单", [CHAT]), ("代购", [])))
    dry = call("groups", "set-rules", CHAT, new, "--dry-run")
    assert dry.stdout == f"+ {new}\n- {old}\n"
    assert "Nothing was changed" in dry.stderr
    assert [rule["rule_id"] for rule in call.json("groups", "rules", CHAT)] == [old]
    [answer] = call.json("groups", "set-rules", CHAT, new)
    assert (answer["bound_rule_ids"], answer["unbound_rule_ids"]) == ([new], [old])
    assert call("groups", "set-rules", CHAT).stdout == f"- {new}\n"
    assert "No rule is bound" in call("groups", "rules", CHAT).stderr


def test_all_groups_of_the_registry(gg: GroupGuard, corp: Corp, call: Caller) -> None:
    """Nobody needs to name them; more than one call's worth."""
    register(gg, corp, CHATS[:2_500])
    rule = corp.rule("刷单", chats=())
    assert len(call.json("rules", "bind", rule.rule_id, "--all-groups")) == 2
    assert len(call.json("rules", "groups", rule.rule_id)) == 2_501


def test_a_dry_run_adds_up_what_the_calls_would_come_to(
    gg: GroupGuard, corp: Corp, call: Caller, chats_file: Path
) -> None:
    """Each call by itself would keep the corp's limit of 3,000 groups; all together would not."""
    register(gg, corp, CHATS)
    rule = corp.rule("刷单", chats=())
    assert call("corp", "set", "limits.groups_per_rule=3000").exit_code == 0
    done = call("rules", "bind", rule.rule_id, "--chats-file", chats_file, "--dry-run")
    assert done.exit_code == 1
    assert f"more groups than allowed for {rule.rule_id}" in done.stderr
