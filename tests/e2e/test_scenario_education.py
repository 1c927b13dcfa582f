"""A school (教育): strict words for groups of pupils and parents, told in an announcement, tried out before they act."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping

import grpc
import pytest

from groupguard.filter.v1.verdict_pb2 import (
    DECISION_ALLOW,
    DECISION_KICK,
    DECISION_WARN,
    REASON_NO_HIT,
    REASON_RULE_HIT,
    Effects,
)
from groupguard.rule.v1.problems_pb2 import RuleProblem
from groupguard.rule.v1.rule_pb2 import (
    OWNER_KIND_MEMBER,
    RULE_STATE_DISABLED,
    RULE_STATE_ENABLED,
    RULE_STATE_SHADOW,
    Owner,
    Rule,
    RuleState,
)
from groupguard.rule.v1.templates_pb2 import RULE_TEMPLATE_EDUCATION
from groupguard_client import Failure, GroupGuard, failure
from support.company import BIND, Company

CLASS, OTHER_CLASS = "wrClass3", "wrClass5"
ABUSE, CRIME, CHEATING, LOANS, ADVERTS = (
    "不文明用语",
    "赌博色情与违法交易",
    "代写代考与学历买卖",
    "贷款推销",
    "广告与引流",
)
NASTY = {
    "😀王八蛋👨‍👩‍👧‍👦快去死吧": [(ABUSE, 1, 4), (ABUSE, 12, 15)],
    "ＮＭＳＬ，老师": [(ABUSE, 0, 4)],
    "🎉🎉 傻逼老师": [(ABUSE, 3, 5)],
    "代写作业，学历包过，加VX123": [(CHEATING, 0, 4), (CHEATING, 5, 9), (ADVERTS, 10, 13)],
    "这里有真人荷官": [(CRIME, 3, 7)],
    "e\u0301无抵押贷款，当天放款": [(LOANS, 2, 7), (LOANS, 8, 12)],
}
"""Messages, and what is found in them: the rule, and where in code points of the message as it was sent."""
INNOCENT = [
    "老师好，今天的作业是什么？",
    "牙刷单独放在杯子里",
    "请问可以加微信吗",
    "明天在路口交通管制",
    "警惕刷单诈骗！",
    "脑残疾儿童康复讲座",
    "《悯农》里的贫贱人家",
    "class 3 的 assignment 交了吗",
    "今天背刷单词软件打卡",
    "现代写作文和古代有什么不同",
    "请大家代考虑一下",
    "支援交通志愿者",
]


@pytest.fixture
def school(gg: GroupGuard) -> Company:
    """A school with the groups of two teachers."""
    school = Company(gg)
    assert school.register({CLASS: "zhangmin", OTHER_CLASS: "liqiang"}) == 2
    return school


def set_up(school: Company, state: RuleState.ValueType = RULE_STATE_ENABLED) -> dict[str, Rule]:
    """Creates the template's rules and binds them to one class."""
    rules = school.template(RULE_TEMPLATE_EDUCATION, state=state)
    school.configure(BIND, rules.values(), [CLASS])
    return rules


def looked_for(rules: Iterable[Rule]) -> set[str]:
    """All keywords of some rules, small and of usual width."""
    conditions = [
        it for rule in rules for it in (rule.conditions.keywords, rule.conditions.nickname_keywords)
    ]
    return {_plain(keyword.text) for condition in conditions for keyword in condition.keywords}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def refusal(call: Callable[[], object]) -> Failure:
    """How a call fails."""
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return failure(refused.value)


def test_nasty_messages_are_caught_where_they_are_nasty(school: Company) -> None:
    """Each rule's finds cut the very words out of the message, behind emoji, accents and wide letters."""
    rules = set_up(school)
    for number, (text, expected) in enumerate(NASTY.items()):
        verdict = school.say(text, chat=CLASS, by=f"wmParent{number}", message_id=f"m{number}")
        names = {rule.rule_id: name for name, rule in rules.items()}
        found = sorted((hit.span.start, hit.span.end, names[hit.rule_id]) for hit in verdict.hits)
        assert [(name, start, end) for start, end, name in found] == expected
        assert verdict.hit_count == len(expected)
        assert [_plain(hit.keyword) for hit in verdict.hits] == [
            _plain(text[hit.span.start : hit.span.end]) for hit in verdict.hits
        ]
        crime = expected[0][0] == CRIME
        assert verdict.decision == (DECISION_KICK if crime else DECISION_WARN)
        assert (verdict.reason, verdict.effects.kick) == (REASON_RULE_HIT, crime)
        assert verdict.effects.warning_rule_id == rules[expected[0][0]].rule_id


def test_pupils_and_parents_may_talk(school: Company) -> None:
    """Words that only contain nasty ones, and warnings of swindles, are neither warned nor reported."""
    set_up(school)
    for number, text in enumerate(INNOCENT):
        verdict = school.say(text, chat=CLASS, by=f"wm{number}", message_id=f"m{number}")
        assert (text, verdict.decision, verdict.reason) == (text, DECISION_ALLOW, REASON_NO_HIT)
        assert (verdict.hit_count, verdict.shadow_hit_count, verdict.effects) == (0, 0, Effects())


def test_the_announcement_tells_the_rules_and_no_keyword(school: Company) -> None:
    """Also if somebody looks for words that it was made of; a group without enabled rules needs none."""
    rules = set_up(school)
    notice = school.notice(CLASS)
    assert 0 < len(notice) <= 1_000
    for topic in ("广告", "群昵称", "文件", "二维码", "500 个字", "10 秒内"):
        assert topic in notice
    assert not [word for word in looked_for(rules.values()) if word in _plain(notice)]
    pasted = school.say(notice, chat=CLASS)
    assert (pasted.decision, pasted.hit_count) == (DECISION_ALLOW, 0)

    hostile = school.rule("广告", "二维码", "请", warning="🙏", chats=[CLASS])
    shorter = school.notice(CLASS)
    assert shorter
    assert shorter != notice
    assert not [word for word in looked_for([hostile, *rules.values()]) if word in _plain(shorter)]

    assert school.notice(OTHER_CLASS) == ""
    school.rule("刷单", state=RULE_STATE_DISABLED, chats=[OTHER_CLASS])
    assert school.notice(OTHER_CLASS) == ""


def test_a_teacher_rules_the_own_class_only(school: Company, named: Mapping[str, GroupGuard]) -> None:
    """A member's rules are bound to the member's groups; a colleague can neither see nor change them."""
    own = Owner(kind=OWNER_KIND_MEMBER, userid="zhangmin")
    teacher = Company(named["zhangmin"], school.id)
    colleague = Company(named["liqiang"], school.id)
    rules = teacher.template(RULE_TEMPLATE_EDUCATION, owner=own)
    rule = rules[ABUSE]
    teacher.configure(BIND, rules.values(), [CLASS])

    refused = refusal(lambda: teacher.configure(BIND, [rule], [OTHER_CLASS]))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "BINDING_NOT_ALLOWED")
    assert refused.metadata == {"rule_id": rule.rule_id, "chat_id": OTHER_CLASS}
    assert (len(teacher.rules()), colleague.rules()) == (9, [])
    disabled = Rule(rule_id=rule.rule_id, state=RULE_STATE_DISABLED)
    for forbidden in (
        lambda: colleague.update(disabled),
        lambda: colleague.history(rule),
        lambda: colleague.configure(BIND, [rule], [OTHER_CLASS]),
        lambda: colleague.template(RULE_TEMPLATE_EDUCATION, owner=own),
        lambda: colleague.notice(CLASS),
        lambda: colleague.exempt("wmParent", "zhangmin"),
        lambda: teacher.register({OTHER_CLASS: "zhangmin"}),
    ):
        assert refusal(forbidden).reason == "PERMISSION_DENIED"

    school.token = teacher.token
    assert [hit.rule_id for hit in school.say("傻逼", chat=CLASS).hits] == [rule.rule_id]
    assert school.say("傻逼", chat=OTHER_CLASS).decision == DECISION_ALLOW
    teacher.exempt("wmParent", "zhangmin")
    school.token = teacher.token
    assert school.say("傻逼", chat=CLASS, by="wmParent").decision == DECISION_ALLOW


def test_a_rule_that_was_left_unbound_is_named(school: Company) -> None:
    """The bound template has no problem; an enabled rule in no group has one, a disabled rule none."""
    set_up(school)
    assert school.problems() == []
    forgotten = school.rule("校外辅导班", chats=())
    assert school.problems() == [
        RuleProblem(kind=RuleProblem.KIND_BOUND_TO_NO_GROUP, rule_id=forgotten.rule_id)
    ]
    school.update(Rule(rule_id=forgotten.rule_id, state=RULE_STATE_DISABLED))
    assert school.problems() == []
    school.update(Rule(rule_id=forgotten.rule_id, state=RULE_STATE_SHADOW))
    assert [problem.rule_id for problem in school.problems()] == [forgotten.rule_id]
    school.bind(forgotten, CLASS)
    assert school.problems() == []


def test_rules_are_tried_out_in_shadow_before_they_act(school: Company) -> None:
    """What they would have found is told apart and counts nothing; promoted, they act on the very next message."""
    rules = set_up(school, RULE_STATE_SHADOW)
    rule = rules[ABUSE]
    assert rule.action.warnings_before_kick == 2
    for number in range(4):
        verdict = school.say("傻逼", chat=CLASS, message_id=f"shadow{number}")
        assert (verdict.decision, verdict.reason) == (DECISION_ALLOW, REASON_NO_HIT)
        assert (verdict.hit_count, list(verdict.hits), verdict.effects) == (0, [], Effects())
        assert [(hit.rule_id, hit.keyword) for hit in verdict.shadow_hits] == [(rule.rule_id, "傻逼")]
        assert verdict.shadow_hit_count == 1
    assert school.notice(CLASS) == ""

    for tried in rules.values():
        school.update(Rule(rule_id=tried.rule_id, state=RULE_STATE_ENABLED))
    verdicts = [school.say("傻逼", chat=CLASS, message_id=f"real{number}") for number in range(3)]
    assert [verdict.decision for verdict in verdicts] == [DECISION_WARN, DECISION_WARN, DECISION_KICK]
    # The rule against repeats counts what was said before, too: messages are messages, whoever looked at them.
    abuse = [hit.rule_id for verdict in verdicts for hit in verdict.hits if hit.keyword]
    assert abuse == [rule.rule_id] * 3
    assert {verdict.shadow_hit_count for verdict in verdicts} == {0}
