"""Ids are anything that has no control characters: none breaks a key, a script or a slot, and none is taken for another."""

from __future__ import annotations

import secrets

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from groupguard.blacklist.v1.blacklist_service_pb2 import CheckCustomersRequest
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from groupguard.filter.v1.verdict_pb2 import Decision
from groupguard.rule.v1.group_registry_pb2 import ListGroupsRequest
from groupguard_client import GroupGuard
from support.corp import Corp

NASTY = st.text(st.sampled_from("ab:{}[]%*?\\\"'./|- 群😀²A0;$"), min_size=1, max_size=8)
IDS = NASTY | st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=10)
SUFFIXES = st.sampled_from(["", ":", "}", "%3A", "{", " ", ":personal", "0"])
FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


def lists_of(gg: GroupGuard, corp_id: str, customer: str, owner: str) -> list[int]:
    """Kinds of the lists that a customer is on."""
    query = CheckCustomersRequest.Query(external_userid=customer, owner_userid=owner)
    found = gg.blacklist.CheckCustomers(CheckCustomersRequest(corp_id=corp_id, queries=[query]))
    return [entry.list.kind for entry in found.results[0].entries]


@FEW
@given(IDS, IDS, IDS, SUFFIXES)
def test_one_customer_on_one_members_list_in_one_corp_is_nobody_else(
    gg: GroupGuard, corp_id: str, owner: str, customer: str, suffix: str
) -> None:
    corp_id = f"{secrets.token_hex(4)}{corp_id}"
    corp = Corp(gg, corp_id)
    corp.blacklist(customer, owner)
    assert lists_of(gg, corp_id, customer, owner) == [BLACKLIST_KIND_PERSONAL]
    for other in ((f"{corp_id}{suffix}", owner), (corp_id, f"{owner}{suffix}")):
        if suffix:
            assert lists_of(gg, other[0], customer, other[1]) == []
    if suffix:
        assert lists_of(gg, corp_id, f"{customer}{suffix}", owner) == []
        corp.blacklist(f"{customer}{suffix}")
        assert lists_of(gg, corp_id, f"{customer}{suffix}", owner) == [BLACKLIST_KIND_ENTERPRISE]
        assert lists_of(gg, corp_id, customer, owner) == [BLACKLIST_KIND_PERSONAL]


@FEW
@given(IDS, IDS, IDS, IDS, SUFFIXES)
def test_a_rule_holds_in_the_group_it_is_bound_to_and_in_no_other(
    gg: GroupGuard, corp_id: str, owner: str, chat: str, customer: str, suffix: str
) -> None:
    assume(suffix)
    corp = Corp(gg, f"{secrets.token_hex(4)}{corp_id}")
    other = f"{chat}{suffix}"
    corp.group(chat, owner)
    corp.group(other, owner)
    listed = gg.rules.ListGroups(ListGroupsRequest(corp_id=corp.id)).groups
    assert {chat, other} <= {group.chat_id for group in listed}
    corp.rule("加微信", chats=[chat])
    assert corp.say("加微信", chat=chat, by=customer).decision == Decision.DECISION_WARN
    assert corp.say("加微信", chat=other, by=customer).decision == Decision.DECISION_ALLOW
