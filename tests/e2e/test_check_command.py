"""`groupguard check`: the numbers are right, and what goes wrong is said."""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    ACTION_KIND_WARN,
    MATCH_MODE_EXACT,
    RULE_STATE_SHADOW,
    Rule,
)
from support.commands import groupguard
from support.corp import CHAT, Corp
from support.valkey import LOOPBACK, free_ports

MESSAGES = 3_000
RULES, KEYWORDS = 5, 60
HAN = "天地人和春夏秋冬买卖单刷群微信码费领取免优惠券拼团接龙返利赚钱兼职代购好评晒图点赞"
LETTERS = "abcdefgvxyz"
DIGITS = "0123456789"
WIDE = 0xFEE0
"""From an ASCII character to its full-width form."""


# The expected numbers: written with nothing of the product, one character after the other.


@cache
def folded(text: str) -> str:
    return "".join(map(folded_character, text))


def folded_character(character: str) -> str:
    if "！" <= character <= "～":
        character = chr(ord(character) - WIDE)
    return chr(ord(character) + 32) if "A" <= character <= "Z" else character


def sort(character: str) -> str:
    return "letter" if character in LETTERS else "digit" if character in DIGITS else "other"


def occurrences(keyword: str, text: str) -> int:
    text, keyword = folded(text), folded(keyword)
    count = 0
    start = text.find(keyword)
    while start >= 0:
        end = start + len(keyword)
        before = sort(text[start - 1]) if start else ""
        after = sort(text[end]) if end < len(text) else ""
        inside = (before == sort(keyword[0]) != "other") or (after == sort(keyword[-1]) != "other")
        count += not inside
        start = text.find(keyword, start + 1)
    return count


def disguised(word: str, chance: random.Random) -> str:
    """The word in another case or width."""
    characters = [character.upper() if chance.random() < 0.3 else character for character in word]
    return "".join(
        chr(ord(character) + WIDE) if "!" <= character <= "~" and chance.random() < 0.3 else character
        for character in characters
    )


def word(chance: random.Random) -> str:
    """A keyword: Han, letters, digits, or a mixture."""
    alphabets = chance.choice([(HAN,), (HAN,), (LETTERS,), (DIGITS,), (HAN, LETTERS), (LETTERS, DIGITS)])
    return "".join(chance.choice(chance.choice(alphabets)) for _ in range(chance.randint(2, 4)))


def message(chance: random.Random, words: list[str]) -> str:
    """Chatter, with keywords strewn in; some stand free, some are stuck to other letters or digits."""
    pieces = []
    for _ in range(chance.randint(1, 6)):
        alphabet = chance.choice([HAN, HAN, HAN, LETTERS, DIGITS, "，。！ 😀"])
        pieces.append("".join(chance.choice(alphabet) for _ in range(chance.randint(1, 8))))
        if chance.random() < 0.15:
            pieces.append(disguised(chance.choice(words), chance))
    return disguised("".join(pieces), chance)


def exact(corp: Corp, rule: Rule) -> Rule:
    """The rule with keywords that are compared as the count by hand does."""
    for keyword in rule.conditions.keywords.keywords:
        keyword.match_mode = MATCH_MODE_EXACT
    return corp.update(rule)


def test_the_summary_equals_a_count_by_hand(corp: Corp, environment: dict[str, str], tmp_path: Path) -> None:
    """Messages and hits by rule and keyword over 3,000 messages, one rule in SHADOW, one list in two rules' hands."""
    chance = random.Random(20_000)
    words = sorted({word(chance) for _ in range(3 * RULES * KEYWORDS)})
    chance.shuffle(words)
    by_rule: dict[str, list[str]] = {}
    for number in range(RULES - 1):
        keywords = words[number * KEYWORDS : (number + 1) * KEYWORDS]
        kind = ACTION_KIND_KICK if number == 0 else ACTION_KIND_WARN
        rule = exact(corp, corp.rule(*keywords, kind=kind, warning="" if number == 0 else "😶"))
        by_rule[rule.rule_id] = keywords
    shadow_words = words[:KEYWORDS]
    shadow = exact(corp, corp.rule(*shadow_words, kind=ACTION_KIND_KICK, state=RULE_STATE_SHADOW))
    texts = [message(chance, words[: RULES * KEYWORDS]) for _ in range(MESSAGES)]
    file = tmp_path / "messages.jsonl"
    file.write_text("".join(f"{json.dumps({'text': text})}\n" for text in texts), "utf-8")

    done = groupguard("check", file, "--corp", corp.id, "--chat", CHAT, "--json", env=environment)

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    messages: Counter[tuple[str, str]] = Counter()
    hits: Counter[tuple[str, str]] = Counter()
    rules: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    kicking = next(iter(by_rule))
    shadowed = 0
    for text in texts:
        hit_rules = set()
        for rule_id, keywords in by_rule.items():
            for keyword in keywords:
                if count := occurrences(keyword, text):
                    messages[rule_id, keyword] += 1
                    hits[rule_id, keyword] += count
                    hit_rules.add(rule_id)
        rules.update(hit_rules)
        decisions["KICK" if kicking in hit_rules else "WARN" if hit_rules else "ALLOW"] += 1
        shadowed += any(occurrences(keyword, text) for keyword in shadow_words)
    assert min(decisions.values()) > 100, "the texts are no test"
    assert summary["messages"] == MESSAGES
    assert summary["decisions"] == decisions
    assert summary["reasons"] == {"RULE_HIT": MESSAGES - decisions["ALLOW"], "NO_HIT": decisions["ALLOW"]}
    assert {item["rule_id"]: item["messages"] for item in summary["rules"]} == rules
    assert {item["display_name"] for item in summary["rules"]} == {"规则"}
    found = {(item["rule_id"], item["keyword"]): item for item in summary["keywords"]}
    assert {key: item["messages"] for key, item in found.items()} == messages
    assert {key: item["hits"] for key, item in found.items()} == hits
    assert summary["shadow_rules"] == {shadow.rule_id: shadowed}
    assert summary["not_evaluated"] == {}
    assert summary["errors"] == []


def test_people_get_tables_and_programs_get_json_alone(
    corp: Corp, environment: dict[str, str], tmp_path: Path
) -> None:
    """The progress bar is on standard error; standard output holds the summary and nothing else."""
    corp.rule("刷单", "[b]x[/b]")
    file = tmp_path / "a [b] file.jsonl"
    file.write_text('{"text": "刷单 [b]x[/b] 刷单"}\n\n{"text": "好"}\n', "utf-8")
    arguments = ("check", file, "--corp", corp.id, "--chat", CHAT)

    for_people = groupguard(*arguments, env=environment)
    assert for_people.returncode == 0, for_people.stderr
    assert "judging" in for_people.stderr
    assert "judging" not in for_people.stdout
    for shown in ("Verdicts", "By rule", "By keyword", "规则", "刷单", "[b]x[/b]", "2 messages in"):
        assert shown in for_people.stdout

    for_programs = groupguard(*arguments, "--json", env=environment)
    assert json.loads(for_programs.stdout)["decisions"] == {"WARN": 1, "ALLOW": 1}


def test_every_bad_line_is_named_and_nothing_is_judged(
    corp: Corp, environment: dict[str, str], tmp_path: Path
) -> None:
    """Each has its number and what is wrong with it; the exit code is 2."""
    file = tmp_path / "messages.jsonl"
    lines = [
        b'\xef\xbb\xbf{"text": "good"}',
        b"no json",
        b'["text"]',
        b"",
        b'{"text": 5}',
        b'{"text": "good", "chat_id": 7, "message_id": null}',
        b'{"text": "\xff"}',
        b'{"text": "\\ud800"}',
        b'{"text": "good", "other": [1, 2]}',
    ]
    file.write_bytes(b"\n".join(lines))
    done = groupguard("check", file, "--corp", corp.id, "--chat", CHAT, env=environment)

    assert done.returncode == 2
    assert done.stdout == ""
    told = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in told] == [f"{file}:{number}" for number in (2, 3, 5, 6, 7, 8)]
    for line, why in zip(
        told,
        ("not JSON", '"text"', '"text"', "chat_id, message_id must be a string", "not UTF-8", "surrogates"),
        strict=True,
    ):
        assert why in line


def test_a_line_without_a_group_needs_one_from_the_command(
    corp: Corp, environment: dict[str, str], tmp_path: Path
) -> None:
    """The message says both ways to name it."""
    file = tmp_path / "messages.jsonl"
    file.write_text('{"text": "x"}\n', "utf-8")
    done = groupguard("check", file, "--corp", corp.id, env=environment)
    assert done.returncode == 2
    assert done.stderr == f"{file}:1: no chat_id; name one in the line or with --chat\n"


def test_a_message_that_could_not_be_judged_is_named_by_its_line(
    corp: Corp, environment: dict[str, str], tmp_path: Path
) -> None:
    """The others are judged and counted; the exit code tells that not all were."""
    corp.rule("刷单")
    file = tmp_path / "messages.jsonl"
    texts = ["刷单"] * 700 + ["长" * 10_001] + ["好"] * 10
    file.write_text("".join(f"{json.dumps({'text': text})}\n" for text in texts), "utf-8")
    done = groupguard("check", file, "--corp", corp.id, "--chat", CHAT, "--json", env=environment)

    assert done.returncode == 1
    summary = json.loads(done.stdout)
    assert summary["messages"] == 711
    assert summary["decisions"] == {"WARN": 700, "ALLOW": 10}
    assert summary["errors"] == ["line 701: text.content: at most 10000 characters are allowed, not 10001"]


def test_long_texts_go_in_smaller_calls(corp: Corp, environment: dict[str, str], tmp_path: Path) -> None:
    """300 texts of the greatest length are 9 MB; no call is larger than a server takes."""
    corp.rule("刷单")
    file = tmp_path / "messages.jsonl"
    line = json.dumps({"text": "长" * 9_998 + "刷单"}, ensure_ascii=False)
    file.write_text(f"{line}\n" * 300, "utf-8")
    done = groupguard("check", file, "--corp", corp.id, "--chat", CHAT, "--json", env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["decisions"] == {"WARN": 300}


@pytest.mark.parametrize("lines", [1, 3_000])
def test_unreachable_services_are_said_clearly(
    environment: dict[str, str], tmp_path: Path, lines: int
) -> None:
    """No trace of Python: the status, the address that was tried, and what to do."""
    file = tmp_path / "messages.jsonl"
    file.write_text('{"text": "x"}\n' * lines, "utf-8")
    [port] = free_ports(1)
    nowhere = {**environment, "GROUPGUARD_FILTER_ADDRESS": f"{LOOPBACK}:{port}"}
    done = groupguard("check", file, "--corp", "ww1", "--chat", CHAT, env=nowhere)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "UNAVAILABLE" in done.stderr
    assert f"{LOOPBACK}:{port}" in done.stderr
    assert "groupguard serve all" in done.stderr
    assert "GROUPGUARD_FILTER_ADDRESS" in done.stderr
    assert done.stdout == ""
