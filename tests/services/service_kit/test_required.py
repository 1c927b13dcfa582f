"""The required-field check reads the protos' own annotations."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.blacklist.v1.blacklist_service_pb2 import AddEntriesRequest, List
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE
from groupguard.rule.v1 import group_pb2, rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from service_kit.errors import InvalidFields
from service_kit.required import require


def missing(request: object) -> list[str]:
    try:
        require(request)  # type: ignore[arg-type]
    except InvalidFields as error:
        return [violation.field for violation in error.violations]
    return []


def complete() -> pb.CreateRuleRequest:
    return pb.CreateRuleRequest(
        corp_id="ww1",
        rule=rule_pb2.Rule(
            owner=rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_SUPER_ADMIN),
            display_name="name",
            conditions=rule_pb2.Conditions(
                keywords=rule_pb2.KeywordCondition(keywords=[rule_pb2.Keyword(text="word")])
            ),
            action=rule_pb2.Action(kind=rule_pb2.ACTION_KIND_KICK),
        ),
    )


def test_a_complete_request_passes() -> None:
    assert missing(complete()) == []


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (pb.CreateRuleRequest(), ["corp_id", "rule"]),
        (
            pb.CreateRuleRequest(corp_id="ww1", rule=rule_pb2.Rule()),
            ["rule.owner", "rule.display_name", "rule.conditions", "rule.action"],
        ),
        (pb.ConfigureGroupsRequest(), ["corp_id", "operation", "rule_ids", "chat_ids"]),
        (
            pb.UpsertGroupsRequest(
                corp_id="ww1",
                groups=[
                    group_pb2.Group(chat_id="a"),
                    group_pb2.Group(chat_id="b", owner_userid="u"),
                    group_pb2.Group(owner_userid="u"),
                ],
            ),
            ["groups[0].owner_userid", "groups[2].chat_id"],
        ),
        (pb.ListRulesRequest(corp_id="ww1", owner=rule_pb2.Owner()), ["owner.kind"]),
        (pb.ListRulesRequest(corp_id="ww1"), []),  # an optional message that is unset needs nothing inside
        (pb.WatchRevisionsRequest(), []),
    ],
)
def test_everything_that_is_missing_is_named(request_: object, fields: list[str]) -> None:
    assert missing(request_) == fields


def test_an_item_deep_inside_is_named_by_its_path() -> None:
    request = complete()
    request.rule.conditions.keywords.keywords.add()
    assert missing(request) == ["rule.conditions.keywords.keywords[1].text"]


def test_a_request_full_of_empty_items_does_not_take_all_of_the_time() -> None:
    """4 MiB hold two million of them."""
    request = complete()
    request.rule.conditions.keywords.keywords.extend(rule_pb2.Keyword() for _ in range(100_000))
    assert len(missing(request)) == 1_000


def asked(**expire_time: int) -> AddEntriesRequest:
    request = AddEntriesRequest(
        corp_id="ww1", list=List(kind=BLACKLIST_KIND_ENTERPRISE), external_userids=["wm"]
    )
    request.expire_time.CopyFrom(Timestamp(**expire_time))
    return request


def lasting(**window: int) -> pb.CreateRuleRequest:
    request = complete()
    request.rule.conditions.frequency.max_messages = 1
    request.rule.conditions.frequency.window.CopyFrom(Duration(**window))
    return request


@pytest.mark.parametrize(
    "request_",
    [
        asked(),
        asked(seconds=-62_135_596_800),
        asked(seconds=253_402_300_799, nanos=999_999_999),
        lasting(seconds=315_576_000_000, nanos=999_999_999),
        lasting(seconds=-315_576_000_000, nanos=-999_999_999),
        lasting(nanos=-1),
        lasting(nanos=1),
    ],
)
def test_a_time_is_taken(request_: object) -> None:
    assert missing(request_) == []


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (asked(seconds=-62_135_596_801), "expire_time"),
        (asked(seconds=253_402_300_800), "expire_time"),
        (asked(nanos=-1), "expire_time"),
        (asked(nanos=1_000_000_000), "expire_time"),
        (lasting(seconds=315_576_000_001), "rule.conditions.frequency.window"),
        (lasting(seconds=-315_576_000_001), "rule.conditions.frequency.window"),
        (lasting(seconds=1, nanos=-1), "rule.conditions.frequency.window"),
        (lasting(seconds=-1, nanos=1), "rule.conditions.frequency.window"),
        (lasting(nanos=1_000_000_000), "rule.conditions.frequency.window"),
    ],
)
def test_what_is_no_time_is_named(request_: object, field: str) -> None:
    """It can be sent; protobuf's own methods raise errors of theirs on it."""
    assert missing(request_) == [field]
