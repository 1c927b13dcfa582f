"""Every limit of a request: at it a request is taken, above it refused by name, and SECURITY.md tells the number."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from blacklist_service.domain import limits as blacklist_limits
from filter_service.domain import message as message_limits
from filter_service.trial import MOST_SAMPLES
from groupguard.blacklist.v1 import blacklist_service_pb2 as blacklist_pb
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE
from groupguard.filter.v1 import filter_service_pb2 as filter_pb
from groupguard.filter.v1.message_pb2 import Content, TextContent
from groupguard.rule.v1 import exemptions_pb2, group_registry_pb2, rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as rule_pb
from groupguard.rule.v1.group_pb2 import Group
from groupguard_client import GroupGuard, failure, text_message
from rule_service.domain import limits as rule_limits
from service_kit import ids
from service_kit.pages import MOST_SIZE
from support.corp import Corp
from support.rules import asked
from support.services import ROOT

SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")
ADMINS = rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_SUPER_ADMIN)
ENTERPRISE = blacklist_pb.List(kind=BLACKLIST_KIND_ENTERPRISE)


def some(count: int) -> list[str]:
    return [f"x{number}" for number in range(count)]


def forwarded(levels: int) -> Content:
    """A text so many levels deep."""
    outermost = Content()
    inner = outermost.chat_record.items.add()
    for _ in range(levels - 1):
        inner = inner.chat_record.items.add()
    inner.text.content = "你好"
    return outermost


def register(gg: GroupGuard, corp: str, count: int) -> Any:
    groups = [Group(chat_id=it, owner_userid="zhang") for it in some(count)]
    return gg.rules.UpsertGroups(rule_pb.UpsertGroupsRequest(corp_id=corp, groups=groups))


def dismiss(gg: GroupGuard, corp: str, count: int) -> Any:
    register(gg, corp, min(count, rule_limits.GROUPS_PER_UPSERT))
    request = group_registry_pb2.DismissGroupsRequest(corp_id=corp, chat_ids=some(count))
    return gg.rules.DismissGroups(request)


@dataclass(frozen=True)
class Limit:
    """A limit and a call that goes up to it, or to a number beyond."""

    what: str
    number: int
    call: Callable[[GroupGuard, str, int], Any]


def check(gg: GroupGuard, corp: str, text: str) -> Any:
    request = filter_pb.CheckMessageRequest(corp_id=corp, message=text_message("wrMarket", "wm", text))
    return gg.filter.CheckMessage(request)


LIMITS = [
    Limit(
        "bytes of an id",
        ids.MOST_BYTES,
        lambda gg, corp, n: gg.rules.UpsertGroups(
            rule_pb.UpsertGroupsRequest(corp_id=corp, groups=[Group(chat_id="x" * n, owner_userid="zhang")])
        ),
    ),
    Limit(
        "characters of a message's text",
        message_limits.MOST_TEXT,
        lambda gg, corp, n: check(gg, corp, "x" * n),
    ),
    Limit(
        "messages of a batch",
        message_limits.MOST_MESSAGES,
        lambda gg, corp, n: gg.filter.BatchCheckMessages(
            filter_pb.BatchCheckMessagesRequest(corp_id=corp, messages=[text_message("wr", "wm", "你好")] * n)
        ),
    ),
    Limit(
        "samples of TestRule",
        MOST_SAMPLES,
        lambda gg, corp, n: gg.filter.TestRule(
            filter_pb.TestRuleRequest(
                corp_id=corp, rule=asked(), samples=[Content(text=TextContent(content="你好"))] * n
            )
        ),
    ),
    Limit(
        "keywords of a rule",
        rule_limits.KEYWORDS_PER_RULE,
        lambda gg, corp, n: gg.rules.ValidateRule(
            rule_pb.ValidateRuleRequest(corp_id=corp, rule=asked(*(f"代购{it:04}" for it in range(n))))
        ),
    ),
    Limit(
        "characters of a keyword",
        rule_limits.KEYWORD_CHARACTERS,
        lambda gg, corp, n: gg.rules.ValidateRule(
            rule_pb.ValidateRuleRequest(corp_id=corp, rule=asked("购" * n))
        ),
    ),
    Limit("groups of one UpsertGroups", rule_limits.GROUPS_PER_UPSERT, register),
    Limit("groups of one DismissGroups", rule_limits.GROUPS_PER_DISMISSAL, dismiss),
    Limit(
        "groups of one ReportActivity",
        rule_limits.ACTIVITIES_PER_CALL,
        lambda gg, corp, n: gg.rules.ReportActivity(
            group_registry_pb2.ReportActivityRequest(
                corp_id=corp,
                activities=[
                    group_registry_pb2.GroupActivity(chat_id=it, active_time=Timestamp(seconds=1))
                    for it in some(n)
                ],
            )
        ),
    ),
    Limit(
        "items of a page",
        MOST_SIZE,
        lambda gg, corp, n: gg.rules.ListRules(rule_pb.ListRulesRequest(corp_id=corp, page_size=n)),
    ),
    Limit(
        "groups of a page",
        rule_limits.GROUPS_PER_PAGE,
        lambda gg, corp, n: gg.rules.ListGroups(
            group_registry_pb2.ListGroupsRequest(corp_id=corp, page_size=n)
        ),
    ),
    Limit(
        "exempt customers of one call",
        rule_limits.EXEMPT_CUSTOMERS_PER_CALL,
        lambda gg, corp, n: gg.rules.AddExemptCustomers(
            exemptions_pb2.AddExemptCustomersRequest(
                corp_id=corp,
                owner=ADMINS,
                customers=[exemptions_pb2.ExemptCustomer(external_userid=it) for it in some(n)],
            )
        ),
    ),
    Limit(
        "customers of one call of BlacklistService",
        blacklist_limits.CUSTOMERS_PER_CALL,
        lambda gg, corp, n: gg.blacklist.AddEntries(
            blacklist_pb.AddEntriesRequest(corp_id=corp, list=ENTERPRISE, external_userids=some(n))
        ),
    ),
    Limit(
        "characters of a reason",
        blacklist_limits.REASON_CHARACTERS,
        lambda gg, corp, n: gg.blacklist.AddEntries(
            blacklist_pb.AddEntriesRequest(
                corp_id=corp, list=ENTERPRISE, external_userids=["wm"], reason="x" * n
            )
        ),
    ),
    Limit(
        "levels of forwarded conversations",
        message_limits.MOST_LEVELS,
        lambda gg, corp, n: gg.filter.TestRule(
            filter_pb.TestRuleRequest(corp_id=corp, rule=asked(), samples=[forwarded(n)])
        ),
    ),
]


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.what)
def test_at_a_limit_a_request_is_taken_and_above_it_refused_by_name(gg: GroupGuard, limit: Limit) -> None:
    corp = Corp(gg)
    limit.call(gg, corp.id, limit.number)
    with pytest.raises(grpc.RpcError) as caught:
        limit.call(gg, corp.id, limit.number + 1)
    told = failure(caught.value)
    assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert re.search(rf"\b{limit.number}\b|\b{limit.number:,}\b", told.message), told.message
    assert told.violations


def test_the_table_of_limits_is_the_codes() -> None:
    table = re.search(r"<!-- limits: .*?\n\|---.*?\n(.*?)<!-- end of limits -->", SECURITY, re.DOTALL)
    assert table
    assert table[1].splitlines() == [f"| {limit.what} | {limit.number:,} |" for limit in LIMITS]
