"""A retailer (零售): the same rules for thousands of groups of many owners, and VIP customers who are spared."""

from __future__ import annotations

import random

import grpc
import pytest

from groupguard.filter.v1.verdict_pb2 import (
    DECISION_ALLOW,
    DECISION_KICK,
    DECISION_WARN,
    REASON_ENTERPRISE_BLACKLIST,
    REASON_EXEMPT,
    REASON_NO_HIT,
    REASON_PERSONAL_BLACKLIST,
    REASON_RULE_HIT,
    Effects,
)
from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.rule_service_pb2 import BlastRadius
from groupguard.rule.v1.templates_pb2 import RULE_TEMPLATE_RETAIL
from groupguard_client import GroupGuard, failure
from support.company import BIND, PER_CALL, UNBIND, Company

CLERKS = [f"clerk{number:02}" for number in range(25)]
OWNERS = {f"wrShop{number:04}": CLERKS[number % len(CLERKS)] for number in range(5_000)}
"""Every group's owner."""
CHATS = list(OWNERS)
MEMBERS = 120
"""Members of each group."""
OWN_PAGE, OWN_MINI_PROGRAM = "shop.example.com", "wx0123456789abcdef"
ADVERT = "姐妹们加微信 fruit888"
ADVERTS = "广告与引流"
VIP, PEDDLER = "wmVip", "wmPeddler"


@pytest.fixture
def shop(gg: GroupGuard) -> Company:
    """A retailer who has registered all groups, and has no rules yet."""
    shop = Company(gg)
    assert shop.register(OWNERS, MEMBERS) == len(CHATS)
    return shop


def rule_set(shop: Company) -> dict[str, Rule]:
    """Creates the template's rules and one of the shop's own."""
    rules = shop.template(RULE_TEMPLATE_RETAIL, pages=[OWN_PAGE], mini_programs=[OWN_MINI_PROGRAM])
    own = shop.rule("会员卡转让", "低价代购", chats=())
    return {**rules, own.display_name: own}


def one_of_each_owner() -> list[str]:
    """A group of each owner, picked at random, but always the same."""
    chosen = random.Random(len(CHATS))
    return [chosen.choice([chat for chat in CHATS if OWNERS[chat] == clerk]) for clerk in CLERKS]


def test_one_rule_set_is_configured_to_all_groups(shop: Company) -> None:
    """Three calls bind seven rules to 5,000 groups, each foretold exactly; too large a call changes nothing."""
    rules = rule_set(shop)
    whitelists = rules["外部小程序、二维码与链接"].conditions.message_types
    assert list(whitelists.web_whitelist) == [OWN_PAGE]
    assert list(whitelists.mini_program_whitelist) == [OWN_MINI_PROGRAM]

    with pytest.raises(grpc.RpcError) as refused:
        shop.configure(BIND, rules.values(), CHATS[: PER_CALL + 1])
    assert failure(refused.value).violations == (("chat_ids", "1 to 2000 are allowed, not 2001"),)
    assert {rule.group_count for rule in shop.rules()} == {0}

    for start, size in ((0, 2_000), (2_000, 2_000), (4_000, 1_000)):
        chats, before = CHATS[start : start + size], shop.token
        foretold = shop.configure(BIND, rules.values(), chats, validate_only=True)
        assert foretold.blast_radius == BlastRadius(group_count=size, member_count=size * MEMBERS)
        assert foretold.rules_revision == before
        done = shop.configure(BIND, rules.values(), chats)
        assert done.results == foretold.results
        assert [(it.rule_id, it.groups_before, it.groups_after) for it in done.results] == [
            (rule.rule_id, start, start + size) for rule in rules.values()
        ]
    assert {rule.rule_id: rule.group_count for rule in shop.rules()} == {
        rule.rule_id: 5_000 for rule in rules.values()
    }


def test_vip_customers_are_spared_in_every_owners_groups(shop: Company) -> None:
    """From the very next message on, wherever they write; anybody else is warned by the same rule as before."""
    rules = rule_set(shop)
    shop.configure_all(rules.values(), CHATS)
    chats = one_of_each_owner()
    assert {shop.say(ADVERT, by=VIP, chat=chat).reason for chat in chats} == {REASON_RULE_HIT}

    shop.exempt(VIP)
    for chat in chats:
        vip, other = (shop.say(ADVERT, by=customer, chat=chat) for customer in (VIP, PEDDLER))
        assert (vip.decision, vip.reason) == (DECISION_ALLOW, REASON_EXEMPT), chat
        assert (list(vip.hits), vip.effects, vip.rules_revision) == ([], Effects(), shop.token)
        assert (other.decision, other.reason) == (DECISION_WARN, REASON_RULE_HIT), chat
        assert [hit.rule_id for hit in other.hits] == [rules[ADVERTS].rule_id]
        assert other.effects.warning_rule_id == rules[ADVERTS].rule_id
        assert not other.effects.kick


def test_a_blacklisted_customer_is_stopped_though_exempt(shop: Company) -> None:
    """One clerk's list stops the customer in that clerk's groups, the enterprise's in all 5,000."""
    shop.configure_all(rule_set(shop).values(), CHATS)
    shop.exempt(VIP)
    chats = one_of_each_owner()

    def reasons() -> dict[str, tuple[int, int]]:
        verdicts = {chat: shop.say(ADVERT, by=VIP, chat=chat) for chat in chats}
        return {OWNERS[chat]: (verdict.decision, verdict.reason) for chat, verdict in verdicts.items()}

    shop.blacklist(VIP, CLERKS[7])
    spared = dict.fromkeys(CLERKS, (DECISION_ALLOW, REASON_EXEMPT))
    assert reasons() == spared | {CLERKS[7]: (DECISION_KICK, REASON_PERSONAL_BLACKLIST)}
    shop.blacklist(VIP)
    assert reasons() == dict.fromkeys(CLERKS, (DECISION_KICK, REASON_ENTERPRISE_BLACKLIST))


def test_adverts_get_through_exactly_where_the_rules_were_unbound(shop: Company) -> None:
    """All 5,000 groups are asked before and after: in the 2,000 they are allowed, in the others still warned."""
    rules = rule_set(shop)
    shop.configure_all(rules.values(), CHATS)
    before = shop.say_everywhere(ADVERT, CHATS, PEDDLER)
    assert {(it.decision, it.reason) for it in before.values()} == {(DECISION_WARN, REASON_RULE_HIT)}

    freed = set(random.Random(PER_CALL).sample(CHATS, PER_CALL))
    foretold = shop.configure(UNBIND, rules.values(), freed, validate_only=True)
    assert foretold.blast_radius == BlastRadius(group_count=2_000, member_count=2_000 * MEMBERS)
    done = shop.configure(UNBIND, rules.values(), freed)
    assert {(it.groups_before, it.groups_after) for it in done.results} == {(5_000, 3_000)}
    after = shop.say_everywhere(ADVERT, CHATS, "wmAnother")
    assert {chat for chat, verdict in after.items() if verdict.decision == DECISION_ALLOW} == freed
    assert {(after[chat].reason, len(after[chat].not_evaluated)) for chat in freed} == {(REASON_NO_HIT, 0)}
    stopped = [verdict for chat, verdict in after.items() if chat not in freed]
    assert {(it.decision, it.reason) for it in stopped} == {(DECISION_WARN, REASON_RULE_HIT)}
