"""The required-field check reads the protos' own annotations."""

from __future__ import annotations

import pytest

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
