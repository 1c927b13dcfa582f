"""`groupguard test-rule`: what a rule would find, shown to people and to programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groupguard.common.v1.message_type_pb2 import MESSAGE_TYPE_LINK
from groupguard.rule.v1.rule_service_pb2 import ListRulesRequest
from support.commands import GROUPGUARD, Caller, groupguard, in_terminal, run
from support.corp import CHAT, Corp
from support.valkey import LOOPBACK, free_ports

KEYWORDS = ("--keyword", "加微信", "--keyword", "口交", "--keyword", "代购", "--keyword", "免费领取")
RULE = (*KEYWORDS, "--keyword", "领取名师", "--allow", "路口交通")
MESSAGES = [
    {"text": "姐妹们加微信 fruit888"},
    {"text": "😀👨‍👩‍👧 [bold]加*微信[/bold] :smile:"},
    {"text": {"content": "去路口交通拥堵，口交"}, "send_time": "2030-01-01T00:00:00Z"},
    {"link": {"title": "免费领取名师资料", "url": "https://evil.com/x"}},
    {
        "mixed": {
            "items": [
                {"text": {"content": "看"}},
                {"chat_record": {"items": [{"text": {"content": "加微信"}}]}},
            ]
        }
    },
    {"image": {}},
    {"text": "第一行\n第二行\x1b[31m，加\u200b微信"},
    {"other": {"texts": ["好", "代购"]}},
    {"text": ""},
    {"text": "路口交通" + "好" * 200},
]
SHOWN = """\
1  姐妹们⟦加微信⟧ fruit888
   - 加微信 (folded)
2  😀👨‍👩‍👧 [bold]⟦加*微信⟧[/bold] :smile:
   - 加微信 (folded): 加*微信 → 加微信: noise removed
3  去路⟨口交⟩通拥堵，⟦口交⟧
   - 口交 (folded)
   - 口交 (folded) (excused)
4  (link)
   title: ⟦免费领取名师⟧资料
   - 免费领取 (folded); in title
   - 领取名师 (folded); in title
5  (mixed)
   item 1.0: text: ⟦加微信⟧
   - 加微信 (folded); in item 1.0: text
6  (image)
7  第一行\\n第二行\\x1b[31m，⟦加\u200b微信⟧
   - 加微信 (folded): 加\\u200b微信 → 加微信: zero-width removed
8  (other) 好
   - 代购 (folded)
9  \n\
10  路⟨口交⟩通好好好好好好好好好好好好好好好好好好好好好好好…
   - 口交 (folded) (excused)

10 messages: 7 hit, 3 spared
  加微信: 4 hits in 4 messages
  口交: 1 hit in 1 message, 2 excused
  免费领取: 1 hit in 1 message
  领取名师: 1 hit in 1 message
  代购: 1 hit in 1 message
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The messages, one a line, with a blank line among them."""
    file = tmp_path / "messages.jsonl"
    file.write_text("".join(f"{json.dumps(message)}\n" for message in MESSAGES), "utf-8")
    return file


def test_people_see_every_message_with_its_hits_and_totals(call: Caller, file: Path) -> None:
    """In a pipe in brackets; whatever is found, the exit code is 0, and nothing is on standard error."""
    done = call("test-rule", *RULE, file)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == SHOWN
    assert done.stderr == ""


def test_a_terminal_gets_colours_for_brackets_unless_it_wants_none(
    corp: Corp, environment: dict[str, str], file: Path
) -> None:
    """With NO_COLOR the text is that of a pipe; with colours the same without brackets, markup of Rich printed as it is."""
    arguments = ("test-rule", *RULE, file, "--corp", corp.id)
    plain = in_terminal(*arguments, env={**environment, "NO_COLOR": "1"})
    assert plain == (0, SHOWN)
    code, coloured = in_terminal(*arguments, env=environment)
    assert code == 0
    unmarked = SHOWN.translate(str.maketrans("", "", "⟦⟧⟨⟩"))
    assert coloured == unmarked
    assert "[bold]加*微信[/bold] :smile:" in coloured


def test_programs_get_an_object_a_message(call: Caller, file: Path) -> None:
    """With the line, and with zeros and empty lists, so that nobody has to know the defaults of protobuf."""
    results = call.json("test-rule", *RULE, file)
    assert [result["line"] for result in results] == list(range(1, len(MESSAGES) + 1))
    assert [result["hit_count"] for result in results] == [1, 1, 1, 2, 1, 0, 1, 1, 0, 0]
    [title, _] = results[3]["hits"]
    assert (title["keyword"], title["span"], title["part"]) == (
        "免费领取",
        {"start": 0, "end": 4},
        "MESSAGE_PART_TITLE",
    )
    assert results[4]["hits"][0]["item_path"] == [1, 0]
    assert results[6]["hits"][0]["explanation"] == "加\\u200b微信 → 加微信: zero-width removed"
    assert [hit["keyword"] for hit in results[9]["excused"]] == ["口交"]
    assert results[5] == {"line": 6, "hits": [], "hit_count": 0, "excused": []}


def test_it_stands_in_a_pipe_of_a_shell(corp: Corp, environment: dict[str, str]) -> None:
    """Messages from standard input, lines to grep; nothing is asked for, nothing else is printed."""
    script = (
        'set -o pipefail; echo \'{"text": "加薇信"}\' '
        f"| '{GROUPGUARD}' test-rule --keyword 微信 --mode homophone | grep -c '⟦薇信⟧'"
    )
    done = run(["bash", "-c", script], env={**environment, "GROUPGUARD_CORP": corp.id})
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_a_rule_comes_from_the_file_that_creates_it(corp: Corp, call: Caller, tmp_path: Path) -> None:
    """As `rules show --json` prints it; what a trial can't tell and what to know of keywords is on standard error."""
    rule = corp.rule("國家", "代购")
    shown = json.loads(call("rules", "show", rule.rule_id, "--json").stdout)
    shown["conditions"]["frequency"] = {"max_messages": 5, "window": "60s"}
    shown["conditions"]["message_types"] = {"types": ["MESSAGE_TYPE_LINK", "MESSAGE_TYPE_QR_CODE"]}
    file = tmp_path / "rule.json"
    file.write_text(json.dumps(shown), "utf-8")
    messages = [{"text": "看evil.com/x"}, {"image": {}, "has_qr_code": True}, {"text": "国家"}]
    stdin = "".join(f"{json.dumps(message)}\n" for message in messages)

    done = call("test-rule", "--rule", file, stdin=stdin)

    assert done.exit_code == 0, done.stderr
    assert done.stdout == (
        "1  看⟦evil.com/x⟧\n   - link: evil.com/x\n2  (image)\n   - qr code\n3  ⟦国家⟧\n"
        "   - 國家 (folded): 国家 → 國家: 国 = 國 (traditional)\n\n3 messages: 3 hit, 0 spared\n"
        "  link: 1 hit in 1 message\n  qr code: 1 hit in 1 message\n  國家: 1 hit in 1 message\nNever hit: 代购\n"
    )
    assert "國家 lies inside 国家" in done.stderr
    assert "Not tried: conditions that need more than one message" in done.stderr
    assert call("test-rule", "--rule", "-", file, stdin=file.read_text("utf-8")).exit_code == 2


def test_any_number_of_messages_are_tried_and_nothing_is_kept(
    corp: Corp, call: Caller, tmp_path: Path
) -> None:
    """250 in three calls, warnings once; afterwards there is no rule, and the same message is no hit."""
    file = tmp_path / "messages.jsonl"
    file.write_text("".join(f'{{"text": "国家{number}"}}\n' for number in range(250)), "utf-8")
    done = call("test-rule", "--keyword", "國家", file)
    assert "250 messages: 250 hit, 0 spared" in done.stdout
    assert done.stderr.count("lies inside") == 1
    assert not corp.gg.rules.ListRules(ListRulesRequest(corp_id=corp.id)).rules
    assert corp.say("国家", chat=CHAT).hit_count == 0


def test_a_flood_of_hits_is_cut_and_counted(call: Caller) -> None:
    """Twenty lines for a message, its whole number in the totals."""
    stdin = json.dumps({"text": "刷单，" * 300})
    done = call("test-rule", "--keyword", "刷单", "--keyword", "代购", stdin=stdin)
    assert done.stdout.count("- 刷单") == 20
    assert "   … and 280 more\n" in done.stdout
    assert "  刷单: 100 hits in 1 message\n" in done.stdout
    assert "  200 more hits, of which the server does not tell the keywords\n" in done.stdout
    assert "Not among the hits listed: 代购\n" in done.stdout


def test_bad_lines_are_named_by_the_command_and_by_the_service(call: Caller, tmp_path: Path) -> None:
    """A line that is no message with 2; one that the service refuses with 1, by its number in the file."""
    file = tmp_path / "messages.jsonl"
    file.write_text('{"text": "x"}\nno json\n', "utf-8")
    done = call("test-rule", "--keyword", "刷单", file)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{file}:2: not JSON")
    lines = ['{"text": "x"}'] * 120 + ["", json.dumps({"text": "长" * 10_001})]
    done = call("test-rule", "--keyword", "刷单", stdin="\n".join(lines))
    assert done.exit_code == 1
    assert done.stderr == (
        "standard input:122: text.content: at most 10000 characters are allowed, not 10001\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "--keyword"),
        (("--keyword", "刷单", "--rule", "rule.json"), 2, "not both"),
        (("--rule", "missing.json"), 2, "missing.json: No such file"),
        (("--keyword", "😀", "--mode", "folded"), 1, "rule.conditions.keywords.keywords[0].match_mode"),
        (("--keyword", "刷单", "--mode", "fuzzy"), 2, "fuzzy"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(
    call: Caller, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """By the command where it is called wrongly, by the service where the rule is wrong."""
    done = call("test-rule", *arguments, stdin='{"text": "x"}', COLUMNS="200")
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_keyword_that_is_any_mark_can_be_tried(call: Caller) -> None:
    """The warning that the quick form makes up holds no keyword."""
    done = call("test-rule", "--keyword", "…", "--keyword", "—", stdin='{"text": "好…"}')
    assert done.exit_code == 0, done.stderr
    assert "⟦…⟧" in done.stdout


def test_no_message_and_no_service_are_said(environment: dict[str, str], call: Caller) -> None:
    """The one is no failure; the other names the service that is called, and how to tell where it is."""
    done = call("test-rule", "--keyword", "刷单", stdin="\n")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "No message to try the rule on.\n")
    [port] = free_ports(1)
    nowhere = {**environment, "GROUPGUARD_FILTER_ADDRESS": f"{LOOPBACK}:{port}"}
    done = call("test-rule", "--keyword", "刷单", stdin='{"text": "x"}', **nowhere)
    assert done.exit_code == 1
    assert "Is FilterService there?" in done.stderr
    assert "GROUPGUARD_FILTER_ADDRESS" in done.stderr


def test_check_tells_why_and_which_sort(corp: Corp, environment: dict[str, str], tmp_path: Path) -> None:
    """Sorts of message and spellings have tables of their own, and lists of their own for programs."""
    rule = corp.rule("加微信")
    rule.conditions.message_types.types.append(MESSAGE_TYPE_LINK)
    rule = corp.update(rule)
    sort = "LINK"
    file = tmp_path / "messages.jsonl"
    lines = [
        {"text": "加*微信 加*微信"},
        {"text": "加微信"},
        {"link": {"title": "加\u200b微信", "url": "https://evil.com"}},
        {"mixed": {"items": [{"link": {"url": "https://evil.com"}}]}},
    ]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    arguments = ("check", file, "--corp", corp.id, "--chat", CHAT)

    done = groupguard(*arguments, "--json", env=environment)
    summary = json.loads(done.stdout)
    assert [(it["keyword"], it["messages"], it["hits"]) for it in summary["keywords"]] == [("加微信", 3, 4)]
    assert summary["message_types"] == [{"rule_id": rule.rule_id, "message_type": sort, "messages": 2}]
    assert [(it["explanation"], it["hits"]) for it in summary["spellings"]] == [
        ("加*微信 → 加微信: noise removed", 2),
        ("加\\u200b微信 → 加微信: zero-width removed", 1),
    ]
    places = {(it["message"], it["keyword"], it["message_type"], it["part"]) for it in summary["places"]}
    assert places == {("line 3", "加微信", "", "TITLE"), ("line 4", "", sort, "")}

    shown = groupguard(*arguments, env=environment).stdout
    for part in ("By sort of message", "Spelled otherwise", "加*微信 → 加微信", "item 0", "LINK"):
        assert part in shown
