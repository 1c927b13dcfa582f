"""`groupguard hits`, `groupguard statistics` and `groupguard backtest`, as operators use them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from groupguard.rule.v1.rule_pb2 import ACTION_KIND_KICK, RULE_STATE_SHADOW, Rule
from groupguard.rule.v1.settings_pb2 import CorpSettings, DecisionLog
from support.commands import Caller, started
from support.corp import CHAT, CUSTOMER, Corp
from support.processes import wait_until

PATIENCE = 20.0


@pytest.fixture
def rules(corp: Corp, call: Caller) -> tuple[Rule, Rule]:
    """An enforced rule and one on trial, which hit a message that is logged."""
    corp.decide(
        CorpSettings(decision_log=DecisionLog(enabled=True, masking=DecisionLog.MASKING_FULL_TEXT)),
        "decision_log",
    )
    rules = corp.rule("加微信"), corp.rule("微信", state=RULE_STATE_SHADOW, kind=ACTION_KIND_KICK)
    corp.say("来加微信", message_id="m1")
    assert wait_until(lambda: bool(call.json("hits", "list")), PATIENCE)
    return rules


def test_hits_are_listed_and_filtered(rules: tuple[Rule, Rule], call: Caller) -> None:
    enforced, trial = rules
    [row] = call.rows("hits", "list", "--since", "1h", "--rule", trial.rule_id)
    assert row | {"time": ""} == {
        "time": "",
        "decision": "warn",
        "found": "加微信, 微信",
        "rules": f"{enforced.rule_id} ({trial.rule_id})",
        "chat_id": CHAT,
        "sender": CUSTOMER,
        "message_id": "m1",
        "text": "来加微信",
    }
    assert [it["message_id"] for it in call.json("hits", "list", "--enforced")] == ["m1"]
    for none in (("--sender", "wmElse"), ("--until", "2020-01-01"), ("--since", "2100-01-01T00:00")):
        done = call("hits", "list", *none)
        assert (done.stdout, done.stderr) == ("", "No such decisions are logged.\n")
    refused = call("hits", "list", "--since", "yesterday")
    assert refused.exit_code == 2
    assert "12h or 7d" in " ".join(refused.stderr.split())


def test_hits_are_watched_from_a_cursor(
    rules: tuple[Rule, Rule], corp: Corp, call: Caller, environment: dict[str, str], tmp_path: Path
) -> None:
    """What was logged behind it, and then what comes; interrupted it ends in order."""
    [known] = call.json("hits", "list")
    corp.say("加微信", message_id="m2")
    arguments = ("hits", "watch", "--corp", corp.id, "--after", known["cursor"], "--json")
    with started(tmp_path, *arguments, env=environment) as running:
        assert wait_until(lambda: "m2" in running.stdout, PATIENCE), running.stderr
        corp.say("加微信", message_id="m3")
        assert wait_until(lambda: "m3" in running.stdout, PATIENCE)
        assert running.end() == 0
        shown = [json.loads(line)["message_id"] for line in running.stdout.splitlines()]
    assert shown == ["m2", "m3"]


def test_statistics_tell_what_rules_did_and_which_did_nothing(
    rules: tuple[Rule, Rule], corp: Corp, call: Caller
) -> None:
    """Each table with a heading; a single rule alone."""
    enforced, trial = rules
    silent = corp.rule("传销")
    corp.say("大家好")
    corp.say("加微信", message_id="m2")

    def judged() -> int:
        return sum(int(day.get("message_count", 0)) for day in call.json("statistics")[0]["days"])

    assert wait_until(lambda: judged() == 3, PATIENCE), call.json("statistics")
    tables = [table.splitlines() for table in call("statistics").stdout.split("\n\n")]
    days, by_rule, groups, never = ([line.split("\t") for line in table] for table in tables)
    counts = [sum(map(int, column)) for column in zip(*(row[1:] for row in days[1:]), strict=True)]
    assert counts == [3, 2, 0, 0, 0]  # over two days, if one ended meanwhile
    told = {row[0]: row[1:-1] for row in by_rule[1:]}
    assert told[enforced.rule_id] == ["规则", "2", "0", "0", "0", "0", "0", "1", "1"]
    assert told[trial.rule_id] == ["规则", "0", "0", "2", "0", "2", "2", "1", "1"]
    assert groups[1:] == [[CHAT, "2", "0"]]
    assert [row[0] for row in never[1:]] == [silent.rule_id]
    [one] = call.json("statistics", "--rule", trial.rule_id, "--days", "2")
    assert [it["rule_id"] for it in one["rules"]] == [trial.rule_id]
    assert "days" not in one


def test_statistics_of_nothing_say_so(corp: Corp, call: Caller) -> None:
    done = call("statistics")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "Nothing was judged in this time.\n")


MESSAGES: list[dict[str, object]] = [
    {"text": "姐妹们➕微.信 fruit888", "chat_id": "wr1", "external_userid": "wm1"},
    {"text": "前方路口交通拥堵", "chat_id": "wr1", "external_userid": "wm2"},
    {"text": "你好", "chat_id": "wr1", "external_userid": "wm2"},
    {"link": {"title": "加微信免费领取"}, "chat_id": "wr2", "external_userid": "wm1"},
    {"text": {"content": "微信"}, "sender": {"kind": "SENDER_KIND_STAFF"}, "chat_id": "wr2"},
    {"text": "微信，微信", "chat_id": "wr3", "external_userid": "wm3"},
    {"text": "x" * 10_001},
]
OPTIONS = ("--keyword", "微信", "--keyword", "口交", "--keyword", "代购", "--allow", "路口交通")
SHOWN = """\
1  姐妹们➕⟦微.信⟧ fruit888
   - 微信 (folded): 微.信 → 微信: noise removed
4  (link)
   title: 加⟦微信⟧免费领取
   - 微信 (folded); in title
6  ⟦微信⟧，⟦微信⟧
   - 微信 (folded)
   - 微信 (folded)

6 messages: 3 hit, by 2 senders in 3 groups
  3 warned, 0 removed
  1 spared by allow phrases or whitelists
  1 of staff and robots, whom no rule judges
  微信: 4 hits in 3 messages
Never hit: 口交, 代购
Not judged: messages[6].text.content: at most 10000 characters are allowed, not 10001
"""


def _lines(messages: Sequence[Mapping[str, object]]) -> str:
    return "\n".join(json.dumps(message, ensure_ascii=False) for message in messages)


def test_a_backtest_sums_up_and_shows_samples(call: Caller) -> None:
    done = call("backtest", *OPTIONS, stdin=_lines(MESSAGES))
    assert (done.exit_code, done.stdout) == (0, SHOWN), done.stderr


def test_a_backtest_is_the_same_in_many_batches_and_for_programs(call: Caller, tmp_path: Path) -> None:
    """Its samples name the lines of the file; a rule's strikes are counted over all of it, by time."""
    rule = {
        "display_name": "strikes",
        "conditions": {"keywords": {"keywords": [{"text": "微信"}]}},
        "action": {
            "kind": "ACTION_KIND_KICK_AFTER_WARNINGS",
            "warnings_before_kick": 2,
            "warning_text": "别",
        },
    }
    (tmp_path / "rule.json").write_text(json.dumps(rule), "utf-8")
    days = ("10", "12", "11")  # the order that they come in; each sender's in a day
    messages = [
        {
            "text": "微信" if number % 2 else "你好",
            "external_userid": f"wm{day}" if number < 1_500 else "wm late",
            "send_time": f"2026-11-{day}T00:00:00Z",
        }
        for day in days
        for number in range(1_600)
    ]
    file = tmp_path / "messages.jsonl"
    file.write_text("\n" + _lines(messages), "utf-8")
    done = call("backtest", "--rule", tmp_path / "rule.json", file, "--json")
    report = json.loads(done.stdout)
    assert (report["message_count"], report["allowed_count"]) == (4_800, 2_400)
    # 750 strikes of each day's sender are 250 times two warnings and a kick. Those of who comes on all days are in time
    # windows of their own: 50 a day, 16 kicks each; on the 12th before the 11th, which changes nothing.
    assert (report["kicked_count"], report["warned_count"]) == (3 * 250 + 3 * 16, 2_400 - 3 * 266)
    assert (report["sender_count"], report["group_count"], len(report["samples"])) == (4, 1, 20)
    assert report["samples"][0]["line"] == 3
    assert report["counts"] == [
        {"condition": "CONDITION_KEYWORDS", "keyword": "微信", "message_count": 2_400, "hit_count": "2400"}
    ]


def test_a_backtest_refuses_what_creating_the_rule_would(call: Caller) -> None:
    """In the same words; and two things that can't both be standard input."""
    done = call("backtest", "--keyword", " ", stdin='{"text": "你好"}')
    assert done.exit_code == 1
    assert "rule.conditions.keywords.keywords[0]" in done.stderr
    assert call("backtest", "--rule", "-").exit_code == 2
    assert "No message" in call("backtest", "--keyword", "微信").stderr
