"""A restaurant (餐饮): few groups, rules of its own about competitors and links, changed as the business goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
import pytest

from groupguard.common.v1.message_type_pb2 import MESSAGE_TYPE_LINK
from groupguard.filter.v1.message_pb2 import SENDER_KIND_CUSTOMER, Message, MiniProgramContent, Sender
from groupguard.filter.v1.verdict_pb2 import (
    CONDITION_KEYWORDS,
    CONDITION_MESSAGE_TYPES,
    DECISION_ALLOW,
    DECISION_KICK,
    DECISION_WARN,
    REASON_NO_HIT,
    REASON_RULE_HIT,
    Effects,
)
from groupguard.rule.v1.history_pb2 import RuleRevision
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK_AFTER_WARNINGS,
    RULE_STATE_DISABLED,
    Conditions,
    Keyword,
    Rule,
)
from groupguard.rule.v1.rule_service_pb2 import UpdateRuleRequest
from groupguard.rule.v1.templates_pb2 import RULE_TEMPLATE_RESTAURANT
from groupguard_client import GroupGuard, failure
from support.company import Company
from support.corp import texts

CHATS = ["wrLunch", "wrDinner"]
COMPETITORS = ["海底捞", "西贝莜面村", "Haidilao"]
OWN_PAGE, OWN_MINI_PROGRAM = "xiaoguan.example.com", "gh_0123456789ab@app"
RIVALS, LINKS = "提及其他商家", "与本店无关的链接和小程序"


@pytest.fixture
def shop(gg: GroupGuard) -> Company:
    """A restaurant with two groups."""
    shop = Company(gg)
    assert shop.register(dict.fromkeys(CHATS, "laoban")) == 2
    return shop


def set_up(shop: Company) -> dict[str, Rule]:
    """Creates the template's rules and binds them to both groups."""
    rules = shop.template(
        RULE_TEMPLATE_RESTAURANT,
        competitors=COMPETITORS,
        pages=[OWN_PAGE],
        mini_programs=[OWN_MINI_PROGRAM],
    )
    shop.configure_all(rules.values(), CHATS)
    return rules


def keywords(rule: Rule) -> list[str]:
    """What a rule looks for."""
    return [keyword.text for keyword in rule.conditions.keywords.keywords]


def test_the_template_needs_competitors(shop: Company) -> None:
    """Without a name the call says what is missing, and no rule is created."""
    with pytest.raises(grpc.RpcError) as refused:
        shop.template(RULE_TEMPLATE_RESTAURANT, pages=[OWN_PAGE])
    assert failure(refused.value).violations == (("competitor_names", "1 to 100 are allowed, not 0"),)
    assert shop.rules() == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("隔壁海底捞更好吃", ["海底捞"]),
        ("今晚去西贝莜面村还是海底捞？", ["西贝莜面村", "海底捞"]),
        ("😋HAIDILAO的锅底", ["HAIDILAO"]),
    ],
)
def test_naming_a_competitor_is_warned_without_naming_it(shop: Company, text: str, found: list[str]) -> None:
    """What the group reads holds no competitor, not even where the sender's nickname does."""
    rule = set_up(shop)[RIVALS]
    for nickname, called in (("小李", "小李"), ("海底捞小李", "该成员"), (None, "该成员")):
        verdict = shop.say(text, chat="wrLunch", nickname=nickname)
        assert (verdict.decision, verdict.reason) == (DECISION_WARN, REASON_RULE_HIT)
        assert texts(verdict, text) == found
        assert {(hit.rule_id, hit.condition) for hit in verdict.hits} == {(rule.rule_id, CONDITION_KEYWORDS)}
        assert verdict.effects == Effects(
            warning_text=f"{called}，您好！本群只交流本店的商品和服务，请不要讨论其他商家，感谢您的理解与支持。",
            warning_rule_id=rule.rule_id,
        )
        assert not [name for name in COMPETITORS if name.lower() in verdict.effects.warning_text.lower()]


@pytest.mark.parametrize("text", ["今晚八点还有位子吗？", "捞面很好吃", "海底世界好玩吗", "西贝是哪里"])
def test_guests_talk_about_their_dinner(shop: Company, text: str) -> None:
    """What has only a part of a competitor's name is not taken for it."""
    set_up(shop)
    verdict = shop.say(text, chat="wrDinner")
    assert (verdict.decision, verdict.reason, verdict.hit_count) == (DECISION_ALLOW, REASON_NO_HIT, 0)


def test_links_are_warned_of_but_the_shops_own(shop: Company) -> None:
    """However they are written; the fourth one kicks, and what the rule welcomes never counts."""
    rules = set_up(shop)
    rule = rules[LINKS]
    assert list(rule.conditions.message_types.web_whitelist) == [OWN_PAGE]
    assert list(rule.conditions.message_types.mini_program_whitelist) == [OWN_MINI_PROGRAM]
    assert (rule.action.kind, rule.action.warnings_before_kick) == (ACTION_KIND_KICK_AFTER_WARNINGS, 3)
    assert shop.register({"wrStaff": "laoban"}) == 1

    for number, (text, written, page) in enumerate(
        [
            ("大家看 https://evil.example.org/x", "https://evil.example.org/x", "evil.example.org/x"),
            ("看evil.com吧", "evil.com", "evil.com"),
            (f"{OWN_PAGE}.evil.com", f"{OWN_PAGE}.evil.com", f"{OWN_PAGE}.evil.com"),
            (f"https://{OWN_PAGE}@evil.com", f"https://{OWN_PAGE}@evil.com", "evil.com"),
        ]
    ):
        assert shop.say(f"菜单在 https://{OWN_PAGE}/menu?id=1", chat="wrLunch").decision == DECISION_ALLOW
        verdict = shop.say(text, chat="wrLunch")
        assert verdict.decision == (DECISION_KICK if number == 3 else DECISION_WARN)
        [hit] = [hit for hit in verdict.hits if hit.condition == CONDITION_MESSAGE_TYPES]
        assert (hit.rule_id, hit.message_type, hit.web_page) == (rule.rule_id, MESSAGE_TYPE_LINK, page)
        assert text[hit.span.start : hit.span.end] == written

    program = MiniProgramContent(title="点餐", username=OWN_MINI_PROGRAM)
    assert shop.judge(from_customer(mini_program=program)).decision == DECISION_ALLOW
    program.username = "gh_fedcba987654@app"
    assert shop.judge(from_customer(mini_program=program)).decision == DECISION_WARN

    link = "大家看 https://evil.example.org/x"
    assert shop.say(link, chat="wrStaff").decision == DECISION_ALLOW
    shop.update(Rule(rule_id=rule.rule_id, state=RULE_STATE_DISABLED))
    assert shop.say(link, chat="wrLunch").decision == DECISION_ALLOW


def from_customer(**content: Any) -> Message:
    return Message(
        chat_id="wrDinner",
        sender=Sender(kind=SENDER_KIND_CUSTOMER, external_userid="wmNewcomer"),
        **content,
    )


def test_an_edited_rule_acts_at_once_and_can_be_brought_back(
    shop: Company, named: Mapping[str, GroupGuard]
) -> None:
    """The very next message meets the new list, and then the old one; the history tells who did what and why."""
    office = Company(named["boss"], shop.id, shop.token)
    rule = set_up(office)[RIVALS]
    newcomer = "呷哺呷哺开业了"
    shop.token = office.token
    assert shop.say(newcomer, chat="wrLunch").decision == DECISION_ALLOW

    wanted = Conditions()
    wanted.CopyFrom(rule.conditions)
    wanted.keywords.keywords.append(Keyword(text="呷哺呷哺"))
    answer = named["boss"].rules.UpdateRule(
        UpdateRuleRequest(
            corp_id=shop.id,
            rule=Rule(rule_id=rule.rule_id, etag=rule.etag, conditions=wanted),
            reason="对面新开了一家",
        )
    )
    shop.token = answer.rules_revision
    verdict = shop.say(newcomer, chat="wrLunch")
    assert (verdict.decision, texts(verdict, newcomer)) == (DECISION_WARN, ["呷哺呷哺"])
    assert [(hit.rule_id, hit.rule_revision) for hit in verdict.hits] == [
        (rule.rule_id, answer.rule.revision)
    ]

    created = office.history(rule)[-1]
    restored = office.restore(rule, created.revision, "已经搬走")
    shop.token = office.token
    assert (keywords(restored), restored.group_count) == (COMPETITORS, 2)
    assert shop.say(newcomer, chat="wrLunch").decision == DECISION_ALLOW
    assert shop.say("海底捞", chat="wrLunch").decision == DECISION_WARN

    more = [*COMPETITORS, "呷哺呷哺"]
    assert [
        (it.kind, it.actor, it.reason, keywords(it.before), keywords(it.after)) for it in office.history(rule)
    ] == [
        (RuleRevision.KIND_RESTORED, "boss", "已经搬走", more, COMPETITORS),
        (RuleRevision.KIND_UPDATED, "boss", "对面新开了一家", COMPETITORS, more),
        (RuleRevision.KIND_CREATED, "boss", "", [], COMPETITORS),
    ]
