"""ValidateRule says of a rule what CreateRule would, and writes nothing."""

from __future__ import annotations

from collections.abc import Awaitable

import grpc.aio
import pytest
from google.protobuf.duration_pb2 import Duration

from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.domain import limits
from rule_service.redis_store import RedisRuleStore
from support.callers import tokens
from support.rules import CORP, asked, client_of, create, member, rule_service

UNKNOWN: list[pb.ValidateRuleRequest] = [
    pb.ValidateRuleRequest(),
    pb.ValidateRuleRequest(corp_id="c" * 65, rule=asked("字" * 65)),
    pb.ValidateRuleRequest(corp_id=CORP, rule=rule_pb2.Rule()),
    pb.ValidateRuleRequest(corp_id=CORP, rule=asked("a", "ａ", "", display_name="n" * 65, state=9)),
    pb.ValidateRuleRequest(corp_id=CORP, rule=asked(owner=member("z" * 65))),
    pb.ValidateRuleRequest(corp_id=CORP, rule=asked(action=rule_pb2.Action(warning_text="不要代购"))),
    pb.ValidateRuleRequest(
        corp_id=CORP,
        rule=asked(
            conditions=rule_pb2.Conditions(
                keywords=rule_pb2.KeywordCondition(
                    keywords=[rule_pb2.Keyword(text="😀", match_mode=rule_pb2.MATCH_MODE_HOMOPHONE)]
                ),
                frequency=rule_pb2.FrequencyCondition(window=Duration(nanos=1)),
                message_types=rule_pb2.MessageTypeCondition(web_whitelist=["com.cn"]),
            )
        ),
    ),
]


async def refusal(call: Awaitable[object]) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure(caught.value)


@pytest.mark.parametrize("request_", UNKNOWN, ids=range(len(UNKNOWN)))
async def test_all_that_create_rule_refuses_is_refused_in_the_same_words(
    gg: AsyncGroupGuard, request_: pb.ValidateRuleRequest
) -> None:
    """Missing, unknown and invalid fields, all at once."""
    told = await refusal(gg.rules.ValidateRule(request_))
    same = pb.CreateRuleRequest.FromString(request_.SerializeToString())
    assert told == await refusal(gg.rules.CreateRule(same))
    assert told.code == "INVALID_ARGUMENT"
    assert told.violations


async def test_a_valid_rule_is_shown_as_it_would_be_kept(
    gg: AsyncGroupGuard, one_store: RedisRuleStore
) -> None:
    """With the defaults and warnings of the server, and without what it gives on creation; nothing is written."""
    rule = asked("加微信", "v", "发票", rule_id="mine", etag="9", revision=7)
    rule.action.kind = rule_pb2.ACTION_KIND_KICK_AFTER_WARNINGS
    rule.conditions.keywords.keywords[2].match_mode = rule_pb2.MATCH_MODE_HOMOPHONE
    shown = await gg.rules.ValidateRule(pb.ValidateRuleRequest(corp_id=CORP, rule=rule))
    assert (await one_store.revision(CORP)).number == 0
    assert await one_store.list_rules(CORP, None, "", 10) == []
    made = await gg.rules.CreateRule(pb.CreateRuleRequest(corp_id=CORP, rule=rule))
    assert made.rule.rule_id
    for field in ("rule_id", "etag", "revision", "create_time", "update_time"):
        made.rule.ClearField(field)
    assert shown.rule == made.rule
    assert shown.warnings == made.warnings
    assert shown.rule.state == rule_pb2.RULE_STATE_DISABLED
    assert shown.rule.action.warnings_before_kick == limits.DEFAULT_WARNINGS_BEFORE_KICK


async def test_how_many_rules_there_are_is_not_looked_at(
    gg: AsyncGroupGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where CreateRule has no room, the rule is valid still."""
    monkeypatch.setattr(limits, "RULES_PER_OWNER", 1)
    await create(gg)
    told = await refusal(gg.rules.CreateRule(pb.CreateRuleRequest(corp_id=CORP, rule=asked())))
    assert told.reason == "LIMIT_EXCEEDED"
    shown = await gg.rules.ValidateRule(pb.ValidateRuleRequest(corp_id=CORP, rule=asked()))
    assert shown.rule.display_name == asked().display_name


async def test_a_refusal_names_the_roles_that_would_do(one_store: RedisRuleStore) -> None:
    """Of somebody else's rule; what is wrong with the rule itself is told first, as CreateRule does."""
    known = tokens({"zhang": {CORP: ["member:zhang"]}, "filter": {CORP: ["service"]}})
    request = pb.ValidateRuleRequest(corp_id=CORP, rule=asked())
    wrong = pb.ValidateRuleRequest(corp_id=CORP, rule=asked(display_name="n" * 65))
    async with rule_service(one_store, known) as target:
        async with client_of(target, "zhang") as zhang:
            told = await refusal(zhang.rules.ValidateRule(request))
            assert (told.code, told.metadata["any_of"]) == (
                "PERMISSION_DENIED",
                "service, viewer, super_admin",
            )
            assert (await refusal(zhang.rules.ValidateRule(wrong))).code == "INVALID_ARGUMENT"
        async with client_of(target, "filter") as service:
            for owner in (asked().owner, member("zhang")):
                request.rule.owner.CopyFrom(owner)
                assert (await service.rules.ValidateRule(request)).rule.owner == owner
