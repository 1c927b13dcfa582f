"""Conditions through RuleService: kept as they were sent, refused where they make no sense, told to followers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from groupguard.common.v1 import message_type_pb2, sender_identity_pb2
from groupguard.rule.v1 import rule_pb2 as pb
from groupguard.rule.v1.rule_service_pb2 import CreateRuleRequest, FetchRulesRequest, UpdateRuleRequest
from groupguard_client import AsyncGroupGuard, failure
from rule_service.redis_store import RedisRuleStore
from service_kit.redis_client import connect
from support.rules import CORP, client_of, rule_service

MOST_CHUNK_BYTES = 1024 * 1024


def words(count: int, length: int = 64) -> list[str]:
    return [f"{number}".rjust(length, "字") for number in range(count)]


def selector() -> pb.SenderSelector:
    return pb.SenderSelector(
        identities=[
            sender_identity_pb2.SENDER_IDENTITY_WECHAT_CUSTOMER,
            sender_identity_pb2.SENDER_IDENTITY_EXTERNAL_WECOM_MEMBER,
        ],
        tag_ids=[f"et{number}".ljust(64, "t") for number in range(100)],
        external_userids=[f"wm{number}".ljust(64, "m") for number in range(1000)],
    )


def keyword_condition() -> pb.KeywordCondition:
    keywords = [pb.Keyword(text=word, match_mode=pb.MATCH_MODE_EXACT) for word in words(100)]
    return pb.KeywordCondition(keywords=keywords, allow_phrases=words(100))


def everything() -> pb.Conditions:
    """Every condition with every list full: the largest a rule can have."""
    types = [number for number in message_type_pb2.MessageType.values() if number]
    return pb.Conditions(
        keywords=keyword_condition(),
        nickname_keywords=keyword_condition(),
        message_types=pb.MessageTypeCondition(
            types=types,
            web_whitelist=[f"shop{number}.example.com/".ljust(255, "p") for number in range(1000)],
            mini_program_whitelist=[f"gh_{number}".ljust(35, "a") + "@app" for number in range(1000)],
        ),
        length=pb.LengthCondition(max_characters=800, max_lines=80),
        frequency=pb.FrequencyCondition(max_messages=10, window=Duration(seconds=10), senders=selector()),
        repeat=pb.RepeatCondition(
            max_times=2,
            window=Duration(seconds=59, nanos=500_000_000),
            scope=pb.RepeatCondition.SCOPE_CORP,
            senders=selector(),
        ),
        muted_senders=pb.MutedSendersCondition(senders=selector()),
    )


def a_rule(conditions: pb.Conditions) -> pb.Rule:
    return pb.Rule(
        owner=pb.Owner(kind=pb.OWNER_KIND_SUPER_ADMIN),
        display_name="all",
        conditions=conditions,
        action=pb.Action(kind=pb.ACTION_KIND_KICK),
    )


@pytest.fixture
async def gg(valkey_url: str) -> AsyncIterator[AsyncGroupGuard]:
    client = connect(valkey_url)
    async with rule_service(RedisRuleStore(client)) as target, client_of(target) as made:
        yield made
    await client.aclose()


async def test_every_condition_comes_back_as_it_was_sent(gg: AsyncGroupGuard) -> None:
    """Also at the largest, and to followers in chunks below 1 MiB."""
    created = await gg.rules.CreateRule(CreateRuleRequest(corp_id=CORP, rule=a_rule(everything())))
    assert created.rule.conditions == everything()
    await gg.rules.CreateRule(CreateRuleRequest(corp_id=CORP, rule=a_rule(everything())))
    chunks = [chunk async for chunk in gg.rules.FetchRules(FetchRulesRequest(corp_id=CORP))]
    assert max(chunk.ByteSize() for chunk in chunks) < MOST_CHUNK_BYTES
    told = [change.rule.conditions for chunk in chunks for change in chunk.changes]
    assert told == [everything(), everything()]


async def test_one_condition_is_changed_or_taken_away_by_its_mask(gg: AsyncGroupGuard) -> None:
    """The others stay as they are."""
    conditions = pb.Conditions(length=pb.LengthCondition(max_lines=3), keywords=keyword_condition())
    created = await gg.rules.CreateRule(CreateRuleRequest(corp_id=CORP, rule=a_rule(conditions)))
    update = UpdateRuleRequest(corp_id=CORP, rule=pb.Rule(rule_id=created.rule.rule_id))
    update.rule.conditions.length.max_characters = 5
    update.update_mask.paths.append("conditions.length")
    changed = (await gg.rules.UpdateRule(update)).rule.conditions
    assert changed == pb.Conditions(length=pb.LengthCondition(max_characters=5), keywords=keyword_condition())
    update.rule.ClearField("conditions")
    update.update_mask.paths[:] = ["conditions.keywords"]
    changed = (await gg.rules.UpdateRule(update)).rule.conditions
    assert changed == pb.Conditions(length=pb.LengthCondition(max_characters=5))


@pytest.mark.parametrize(
    ("conditions", "field", "description"),
    [
        (
            pb.Conditions(message_types=pb.MessageTypeCondition(types=[99])),  # type: ignore[list-item]
            "message_types.types[0]",
            "not a value this server knows: 99",
        ),
        (
            pb.Conditions(
                frequency=pb.FrequencyCondition(max_messages=1, window=Duration(seconds=1, nanos=1))
            ),
            "frequency.window",
            "whole milliseconds are needed, not 1 ns besides",
        ),
        (
            pb.Conditions(frequency=pb.FrequencyCondition(max_messages=1)),
            "frequency.window",
            "required; it is not set",
        ),
        (
            pb.Conditions(muted_senders=pb.MutedSendersCondition(senders=pb.SenderSelector())),
            "muted_senders.senders",
            "somebody must be selected: it would silence everybody",
        ),
    ],
)
async def test_conditions_that_make_no_sense_are_refused(
    gg: AsyncGroupGuard, conditions: pb.Conditions, field: str, description: str
) -> None:
    """By field and reason, before anything is stored."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gg.rules.CreateRule(CreateRuleRequest(corp_id=CORP, rule=a_rule(conditions)))
    told = failure(refused.value)
    assert told.reason == "INVALID_FIELD"
    assert told.violations == ((f"rule.conditions.{field}", description),)


async def test_all_that_is_wrong_with_a_rule_is_told_at_once_and_once(gg: AsyncGroupGuard) -> None:
    """What is missing, unknown values, and what breaks its form; nothing that only follows from another mistake."""
    keywords = [pb.Keyword(text="代购"), pb.Keyword(), pb.Keyword(text="\u200b"), pb.Keyword(text="x" * 65)]
    rule = pb.Rule(
        owner=pb.Owner(kind=77),  # type: ignore[arg-type]
        conditions=pb.Conditions(
            keywords=pb.KeywordCondition(keywords=keywords),
            length=pb.LengthCondition(max_characters=10_001),
            message_types=pb.MessageTypeCondition(types=[99]),  # type: ignore[list-item]
        ),
        action=pb.Action(kind=98, warnings_before_kick=50),  # type: ignore[arg-type]
    )
    with pytest.raises(grpc.RpcError) as caught:
        await gg.rules.CreateRule(CreateRuleRequest(rule=rule, reason="x" * 201))
    fields = [field for field, _ in failure(caught.value).violations]
    assert sorted(fields) == [
        "corp_id",
        "reason",
        "rule.action.kind",
        "rule.conditions.keywords.keywords[1].text",
        "rule.conditions.keywords.keywords[2].text",
        "rule.conditions.keywords.keywords[3].text",
        "rule.conditions.length.max_characters",
        "rule.conditions.message_types.types[0]",
        "rule.display_name",
        "rule.owner.kind",
    ]
