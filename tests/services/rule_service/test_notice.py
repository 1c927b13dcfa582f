"""The announcement's text: what it tells, that it gives no keyword away, and that it fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rule_service.domain import limits
from rule_service.domain.conditions import (
    Conditions,
    FrequencyCondition,
    Keyword,
    KeywordCondition,
    LengthCondition,
    MessageType,
    MessageTypeCondition,
    MutedSendersCondition,
    RepeatCondition,
    RepeatScope,
    SenderIdentity,
    SenderSelector,
)
from rule_service.domain.notice import render_notice
from rule_service.domain.rule import Action, ActionKind, Blacklist, Rule, State
from rule_service.domain.templates import Template, TemplateParameters, template_drafts
from service_kit.matching import MatchMode, contains, is_blank, why_unfit
from support.rules import ADMINS, NOW, a_rule

SOME = SenderSelector((SenderIdentity.WECHAT_CUSTOMER,), ("tag9",), ("wmSomebody",))
LINK, MINI, FILE = MessageType.LINK, MessageType.MINI_PROGRAM, MessageType.FILE
WARN, KICK = ActionKind.WARN, ActionKind.KICK
BOTH, LATER = ActionKind.WARN_AND_KICK, ActionKind.KICK_AFTER_WARNINGS


def a_rule_with(kind: ActionKind = WARN, listed: Blacklist = Blacklist.NONE, **conditions: Any) -> Rule:
    return a_rule(conditions=Conditions(**conditions), action=Action(kind, add_to_blacklist=listed))


def told(*rules: Rule) -> list[str]:
    """The lines between the opening and the closing."""
    return [line.removeprefix("· ") for line in render_notice(rules).split("\n")[1:-1]]


def often(most: int, seconds: float, senders: SenderSelector = SenderSelector()) -> Rule:  # noqa: B008
    return a_rule_with(frequency=FrequencyCondition(most, int(seconds * 1000), senders))


def again(most: int, seconds: int, **more: Any) -> Rule:
    return a_rule_with(repeat=RepeatCondition(most, seconds * 1000, **more))


def types(*kinds: MessageType, web: tuple[str, ...] = (), mini: tuple[str, ...] = ()) -> Rule:
    return a_rule_with(message_types=MessageTypeCondition(kinds, web, mini))


WARNED = "，违反者会被提醒。"


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ([a_rule("代购")], ["请不要发送含有广告、辱骂等违规词语的消息" + WARNED]),
        (
            [a_rule_with(nickname_keywords=KeywordCondition((Keyword("代购"),)))],
            ["群昵称里请不要含有广告等违规词语" + WARNED],
        ),
        ([often(5, 10)], ["同一位成员 10 秒内发送消息请不要超过 5 条" + WARNED]),
        ([often(5, 10), often(7, 10), often(5, 5)], ["同一位成员 10 秒内发送消息请不要超过 5 条" + WARNED]),
        (
            [often(20, 60), often(5, 10)],
            ["同一位成员 10 秒内发送消息请不要超过 5 条，1 分钟内发送消息请不要超过 20 条" + WARNED],
        ),
        ([often(5, 3600)], ["同一位成员 1 小时内发送消息请不要超过 5 条" + WARNED]),
        ([often(5, 1.5)], ["同一位成员 1.5 秒内发送消息请不要超过 5 条" + WARNED]),
        ([often(5, 90, SOME)], ["部分成员 90 秒内发送消息请不要超过 5 条" + WARNED]),
        (
            [often(2, 10, SOME), often(5, 10)],
            [
                "同一位成员 10 秒内发送消息请不要超过 5 条" + WARNED,
                "部分成员 10 秒内发送消息请不要超过 2 条" + WARNED,
            ],
        ),
        ([again(3, 600)], ["相同的内容 10 分钟内请不要发送超过 3 次" + WARNED]),
        (
            [again(3, 600, scope=RepeatScope.CORP, senders=SOME)],
            ["部分成员相同的内容在各个群里 10 分钟内请不要发送超过 3 次" + WARNED],
        ),
        (
            [a_rule_with(length=LengthCondition(800, 80)), a_rule_with(length=LengthCondition(500, 0))],
            ["单条消息请不要超过 500 个字、80 行" + WARNED],
        ),
        ([a_rule_with(length=LengthCondition(0, 9))], ["单条消息请不要超过 9 行" + WARNED]),
        ([types(FILE, LINK)], ["请不要发送网页链接、文件" + WARNED]),
        (
            [types(LINK, web=("ok.example.com",)), types(MINI, mini=("gh_0@app",))],
            ["请不要发送网页链接（本群指定的网页链接除外）、小程序（本群指定的小程序除外）" + WARNED],
        ),
        ([types(LINK, web=("ok.example.com",)), types(LINK)], ["请不要发送网页链接" + WARNED]),
        (
            [a_rule_with(muted_senders=MutedSendersCondition(SOME))],
            ["部分成员在本群暂时不能发言" + WARNED],
        ),
    ],
)
def test_each_condition_is_told_in_words_and_merged(rules: list[Rule], lines: list[str]) -> None:
    """The strictest numbers count; whom a rule does not select is not told its numbers as theirs."""
    assert told(*rules) == lines
    assert told(*reversed(rules)) == lines


@pytest.mark.parametrize(
    ("actions", "follows"),
    [
        ([WARN], "违反者会被提醒"),
        ([KICK], "违反者会被移出群聊"),
        ([BOTH], "违反者会被提醒并移出群聊"),
        ([LATER], "违反者会被多次提醒后移出群聊"),
        ([WARN, KICK], "违反者会视情况被提醒或直接移出群聊"),
        ([WARN, LATER, BOTH], "违反者会视情况被提醒、多次提醒后移出群聊或直接移出群聊"),
    ],
)
def test_what_follows_is_told(actions: list[ActionKind], follows: str) -> None:
    """Of all rules that a line stands for."""
    rules = [a_rule_with(kind, length=LengthCondition(9)) for kind in actions]
    assert told(*rules)[0] == f"单条消息请不要超过 9 个字，{follows}。"


def test_that_somebody_may_not_come_back_is_told() -> None:
    """For certain if every rule blacklists, as possible if some do."""
    never = a_rule_with(KICK, Blacklist.PERSONAL, length=LengthCondition(9))
    gone = a_rule_with(KICK, length=LengthCondition(9))
    assert told(never)[0].endswith("违反者会被移出群聊，且不能再加入。")
    assert told(never, gone)[0].endswith("违反者会被移出群聊，并可能不能再加入。")


def test_without_an_enabled_rule_there_is_nothing_to_tell() -> None:
    """Rules in shadow or disabled bind nobody, and their keywords forbid no word of the text."""
    idle = [a_rule("广告", state=State.SHADOW), a_rule("提醒", state=State.DISABLED)]
    assert render_notice([]) == render_notice(idle) == ""
    assert render_notice([*idle, a_rule("代购")]) == render_notice([a_rule("代购")])


def test_no_secret_is_told() -> None:
    """No rule's name, keyword, allow phrase, page, mini program, tag or customer."""
    rule = a_rule(
        display_name="秘密名称",
        conditions=Conditions(
            keywords=KeywordCondition((Keyword("秘密词"),), ("秘密词语录",)),
            nickname_keywords=KeywordCondition((Keyword("秘密昵称"),), ("秘密昵称也行",)),
            message_types=MessageTypeCondition((LINK, MINI), ("ok.example.com",), ("gh_secret@app",)),
            muted_senders=MutedSendersCondition(SOME),
        ),
    )
    text = render_notice([rule])
    assert text
    for secret in ("秘密", "example", "gh_", "tag9", "wmSome"):
        assert secret not in text


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("广告", "请文明友善地交流，违反者会被提醒。"),
        ("辱骂", "请文明友善地交流，违反者会被提醒。"),
        ("违反者", "请不要发送含有广告、辱骂等违规词语的消息。"),
    ],
)
def test_a_sentence_with_a_keyword_is_put_plainer(word: str, line: str) -> None:
    """The rest of the text stays."""
    assert told(a_rule(word)) == [line]


EVERYTHING = [
    a_rule_with(
        kind,
        listed,
        keywords=KeywordCondition((Keyword("代购"),)),
        nickname_keywords=KeywordCondition((Keyword("代购"),)),
        message_types=MessageTypeCondition(tuple(MessageType), ("ok.example.com",), ("gh_0@app",)),
        length=LengthCondition(10_000, 1_000),
        frequency=FrequencyCondition(1_000, 3_599_999, senders),
        repeat=RepeatCondition(1_000, 3_599_999, scope, senders),
        muted_senders=MutedSendersCondition(SOME),
    )
    for kind, listed, scope, senders in [
        (WARN, Blacklist.NONE, RepeatScope.GROUP, SOME),
        (KICK, Blacklist.PERSONAL, RepeatScope.CORP, SOME),
        (LATER, Blacklist.NONE, RepeatScope.GROUP, SenderSelector()),
        (LATER, Blacklist.NONE, RepeatScope.CORP, SenderSelector()),
    ]
] + [often(1000 - number, 3599.999 - number) for number in range(999)]
LONGEST = render_notice(EVERYTHING)


def test_the_longest_announcement_fits() -> None:
    """Every condition, every type, every action, a thousand different bounds; nothing had to go."""
    assert 500 < len(LONGEST) <= limits.NOTICE_CHARACTERS
    assert LONGEST.endswith("让我们一起维护良好的群内秩序！")
    assert LONGEST.count("\n") == 12


def test_what_does_not_fit_into_the_announcement_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit everything is told, one character below it less; whatever the limit, the text keeps to it."""
    rules = EVERYTHING[:5]
    full = render_notice(rules)
    for most in range(len(full) + 1):
        monkeypatch.setattr(limits, "NOTICE_CHARACTERS", most)
        text = render_notice(rules)
        assert len(text) <= most
        assert (text == full) == (most == len(full))


@st.composite
def keyword_rules(draw: st.DrawFn) -> list[Rule]:
    """Rules whose keywords are pieces of the announcement itself, in other case or width, too."""
    start = st.integers(0, len(LONGEST) - 1)
    pieces = st.builds(lambda at, size: LONGEST[at : at + size], start, st.integers(1, 6))
    words = draw(st.lists(pieces | st.text(max_size=3), min_size=1, max_size=8))
    words = [word for word in words if not is_blank(word)] or ["代购"]
    keywords = [Keyword(word, draw(st.sampled_from(MatchMode))) for word in words]
    marked = KeywordCondition(
        tuple(it if why_unfit(it.text, it.match_mode) is None else Keyword(it.text) for it in keywords)
    )
    by_name = draw(st.booleans())
    conditions = Conditions(nickname_keywords=marked) if by_name else Conditions(keywords=marked)
    return [*draw(st.permutations(EVERYTHING[:5])), a_rule(conditions=conditions)]


@given(keyword_rules())
def test_the_announcement_never_holds_a_keyword(rules: list[Rule]) -> None:
    """Whatever the words: sentences are put plainer or go, across their seams too."""
    text = render_notice(rules)
    for rule in rules:
        for condition in (rule.conditions.keywords, rule.conditions.nickname_keywords):
            for keyword in condition.keywords if condition else ():
                assert not contains(text, keyword.text, keyword.match_mode)
    assert render_notice(list(reversed(rules))) == text


@pytest.mark.parametrize(
    ("word", "mode", "line"),
    [
        ("廣告", MatchMode.EXACT, "请不要发送含有广告、辱骂等违规词语的消息" + WARNED),
        ("廣告", MatchMode.FOLDED, "请文明友善地交流" + WARNED),
        ("光告", MatchMode.FOLDED, "请不要发送含有广告、辱骂等违规词语的消息" + WARNED),
        ("光告", MatchMode.HOMOPHONE, "请文明友善地交流" + WARNED),
        ("！", MatchMode.FOLDED, "请不要发送含有广告、辱骂等违规词语的消息" + WARNED),
    ],
)
def test_a_keyword_is_kept_out_by_its_own_mode(word: str, mode: MatchMode, line: str) -> None:
    """As a check would find it; what its mode does not fit, since tables change, is found nowhere."""
    rule = a_rule(conditions=Conditions(keywords=KeywordCondition((Keyword(word, mode),))))
    assert told(rule) == [line]


def test_a_keyword_across_two_sentences_is_found() -> None:
    """Only the whole text holds it; the second sentence is put so that it does not."""
    rules = [a_rule("代购"), a_rule_with(length=LengthCondition(9))]
    assert "。\n· 单条消息" in render_notice(rules)
    text = render_notice([*rules, a_rule("。\n· 单条")])
    assert "。\n单条消息" in text


@pytest.mark.parametrize("template", Template)
def test_templates_rules_can_be_told(template: Template) -> None:
    """Each line as it is meant: no keyword of theirs stands in the way."""
    drafts = template_drafts(template, TemplateParameters(("张家烤鱼",), ("ok.example.com",), ("gh_0@app",)))
    rules = [draft.rule("0" * 24, ADMINS, State.ENABLED, NOW) for draft in drafts]
    text = render_notice(rules)
    assert "请不要发送含有广告、辱骂等违规词语的消息" in text
    assert "除外" in text
    assert text == render_notice([replace(rule, display_name="x") for rule in rules])
