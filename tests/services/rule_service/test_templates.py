"""CreateRulesFromTemplate: all rules in one write, or none."""

from __future__ import annotations

import uuid
from typing import Any

import grpc.aio
import pytest

from groupguard.rule.v1 import rule_pb2, templates_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.domain import limits
from rule_service.redis_store import RedisRuleStore
from service_kit.revision import Revision
from support.callers import tokens
from support.rules import CORP, EDIT, a_rule, a_write, asked, client_of, member, rule_service

RETAIL = templates_pb2.RULE_TEMPLATE_RETAIL
RESTAURANT = templates_pb2.RULE_TEMPLATE_RESTAURANT
EDUCATION = templates_pb2.RULE_TEMPLATE_EDUCATION


def request(**fields: Any) -> templates_pb2.CreateRulesFromTemplateRequest:
    wanted: dict[str, Any] = {"corp_id": CORP, "template": EDUCATION, "owner": asked().owner, **fields}
    return templates_pb2.CreateRulesFromTemplateRequest(**wanted)


async def listed(gg: AsyncGroupGuard) -> list[rule_pb2.Rule]:
    return list((await gg.rules.ListRules(pb.ListRulesRequest(corp_id=CORP))).rules)


async def refused(gg: AsyncGroupGuard, **fields: Any) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gg.rules.CreateRulesFromTemplate(request(**fields))
    return failure(caught.value)


@pytest.mark.parametrize("template", [RETAIL, RESTAURANT, EDUCATION])
async def test_all_rules_are_created_in_one_revision_and_in_order(gg: AsyncGroupGuard, template: int) -> None:
    """They are disabled unless asked otherwise, can be read like any other, and hold what was given."""
    made = await gg.rules.CreateRulesFromTemplate(
        request(template=template, competitor_names=["张家烤鱼"], web_whitelist=["shop.example.com"])
    )
    assert len(made.rules) >= 5
    assert await listed(gg) == list(made.rules)
    assert Revision.parse(made.rules_revision).number == 1
    assert {rule.revision for rule in made.rules} == {1}
    assert {rule.state for rule in made.rules} == {rule_pb2.RULE_STATE_DISABLED}
    words = [word.text for rule in made.rules for word in rule.conditions.keywords.keywords]
    assert "张家烤鱼" in words
    pages = [page for rule in made.rules for page in rule.conditions.message_types.web_whitelist]
    assert pages == ["shop.example.com"]


async def test_the_state_and_the_owner_are_the_callers_choice(gg: AsyncGroupGuard) -> None:
    """For all of the rules."""
    made = await gg.rules.CreateRulesFromTemplate(
        request(state=rule_pb2.RULE_STATE_SHADOW, owner=member("zhang"))
    )
    assert {rule.state for rule in made.rules} == {rule_pb2.RULE_STATE_SHADOW}
    assert {rule.owner.userid for rule in made.rules} == {"zhang"}


async def test_a_repeat_gets_the_first_answer_whatever_became_of_the_rules(gg: AsyncGroupGuard) -> None:
    """And creates nothing."""
    asking = request(request_id=str(uuid.uuid4()))
    first = await gg.rules.CreateRulesFromTemplate(asking)
    gone = pb.DeleteRuleRequest(corp_id=CORP, rule_id=first.rules[0].rule_id)
    await gg.rules.DeleteRule(gone)
    assert await gg.rules.CreateRulesFromTemplate(asking) == first
    assert await listed(gg) == list(first.rules[1:])


async def test_validate_only_shows_the_rules_and_creates_nothing(gg: AsyncGroupGuard) -> None:
    """What is shown has nothing that only a server gives, and is what would be created."""
    asking = request(template=RETAIL, validate_only=True, request_id=str(uuid.uuid4()))
    shown = await gg.rules.CreateRulesFromTemplate(asking)
    assert await listed(gg) == []
    assert shown.rules_revision == "0-0"
    made = await gg.rules.CreateRulesFromTemplate(request(template=RETAIL))
    for rule in made.rules:
        for field in ("rule_id", "etag", "revision", "create_time", "update_time"):
            rule.ClearField(field)
    assert list(shown.rules) == list(made.rules)


async def test_no_rule_is_created_when_not_all_have_room(
    gg: AsyncGroupGuard, one_store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place too few refuses all of them."""
    monkeypatch.setattr(limits, "RULES_PER_OWNER", 9)
    await one_store.create_rules(a_write(), [a_rule()], EDIT)
    told = await refused(gg)
    assert (told.code, told.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")
    assert told.metadata["asked"] == "9"
    assert len(await listed(gg)) == 1


async def test_bad_parameters_are_named_as_the_request_names_them(gg: AsyncGroupGuard) -> None:
    """All at once."""
    told = await refused(
        gg,
        template=RESTAURANT,
        owner=member("x" * 65),
        competitor_names=["A店", "ａ店"],
        web_whitelist=["com.cn"],
        mini_program_whitelist=["wx1"],
    )
    assert told.code == "INVALID_ARGUMENT"
    assert [field for field, _ in told.violations] == [
        "owner.userid",
        "competitor_names[1]",
        "web_whitelist[0]",
        "mini_program_whitelist[0]",
    ]
    unknown: Any = 99
    told = await refused(gg, template=unknown, state=unknown)
    assert [field for field, _ in told.violations] == ["template", "state"]
    assert [field for field, _ in (await refused(gg, template=0)).violations] == ["template"]


async def test_only_own_rules_may_be_created(one_store: RedisRuleStore) -> None:
    """Refused before anything of the request is looked at."""
    known = tokens({"zhang": {CORP: ["member:zhang"]}})
    async with rule_service(one_store, known) as target, client_of(target, "zhang") as gg:
        assert (await refused(gg, web_whitelist=["com.cn"])).code == "PERMISSION_DENIED"
        made = await gg.rules.CreateRulesFromTemplate(request(owner=member("zhang")))
        assert len(made.rules) == 9
