"""Corp settings through RuleService."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from groupguard.rule.v1 import settings_pb2 as pb
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.redis_store import RedisRuleStore
from rule_service.redis_store.keys import RuleKeys
from service_kit import auth
from service_kit.redis_client import StoreClient
from support.rules import CORP, NOW, client_of, register, rule_service

DAY = 86_400
UUID = "5f0c7a1e-3d52-4a3c-9a57-0c1f6d6e2b11"
DEFAULTS = pb.CorpSettings(
    check_failure=pb.CHECK_FAILURE_CONTINUE,
    decision_log=pb.DecisionLog(
        masking=pb.DecisionLog.MASKING_KEYWORDS_ONLY, retention=Duration(seconds=30 * DAY)
    ),
    limits=pb.CorpLimits(rules_per_owner=1_000, groups_per_rule=20_000, exempt_customers_per_owner=10_000),
    etag="0",
)


@pytest.fixture
async def gg(store: RedisRuleStore) -> AsyncIterator[AsyncGroupGuard]:
    async with rule_service(store) as target, client_of(target) as client:
        yield client


async def get(gg: AsyncGroupGuard) -> pb.CorpSettings:
    return await gg.rules.GetCorpSettings(pb.GetCorpSettingsRequest(corp_id=CORP))


async def update(
    gg: AsyncGroupGuard, settings: pb.CorpSettings, *paths: str, **more: Any
) -> pb.UpdateCorpSettingsResponse:
    return await gg.rules.UpdateCorpSettings(
        pb.UpdateCorpSettingsRequest(
            corp_id=CORP, settings=settings, update_mask=FieldMask(paths=paths) if paths else None, **more
        )
    )


async def refusal(call: Any) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure(caught.value)


async def test_a_corp_that_never_decided_has_the_defaults(gg: AsyncGroupGuard) -> None:
    """Every value that holds is told, and that it never changed; nothing is written by reading."""
    assert await get(gg) == DEFAULTS


async def test_settings_are_returned_as_they_are_kept(gg: AsyncGroupGuard, store: RedisRuleStore) -> None:
    """`*` takes everything over; the etag is new and the time is told."""
    asked = pb.CorpSettings(
        share_exemptions=True,
        check_failure=pb.CHECK_FAILURE_ERROR,
        decision_log=pb.DecisionLog(
            enabled=True, masking=pb.DecisionLog.MASKING_FULL_TEXT, retention=Duration(seconds=90 * DAY)
        ),
        limits=pb.CorpLimits(rules_per_owner=1, groups_per_rule=2, exempt_customers_per_owner=3),
    )
    done = await update(gg, asked, "*")
    assert done.rules_revision == str(await store.revision(CORP))
    assert done.settings == await get(gg)
    assert done.settings.update_time.ToMicroseconds() == NOW * 1_000_000
    assert done.settings.etag == done.rules_revision.partition("-")[0]
    done.settings.ClearField("etag")
    done.settings.ClearField("update_time")
    assert done.settings == asked


LIMITED = pb.CorpSettings(
    share_exemptions=True,
    decision_log=pb.DecisionLog(enabled=True, retention=Duration(seconds=3_600)),
    limits=pb.CorpLimits(rules_per_owner=5, groups_per_rule=6),
)


@pytest.mark.parametrize(
    ("asked", "paths", "expected"),
    [
        ({"share_exemptions": True}, [], {"share_exemptions": True}),
        ({"check_failure": 2}, [], {"check_failure": pb.CHECK_FAILURE_ERROR}),
        ({"check_failure": 2}, ["share_exemptions"], {"share_exemptions": False}),
        (
            {"limits": {"groups_per_rule": 7}},
            [],
            {"limits": {"rules_per_owner": 1_000, "groups_per_rule": 7}},
        ),
        ({"limits": {"groups_per_rule": 7}}, ["limits.groups_per_rule"], {"limits": {"groups_per_rule": 7}}),
        ({}, ["limits.groups_per_rule"], {"limits": {"groups_per_rule": 20_000}}),
        ({}, ["limits"], {"limits": {"groups_per_rule": 20_000, "rules_per_owner": 1_000}}),
        ({}, ["decision_log.enabled"], {"decision_log": {"enabled": False}}),
        ({}, ["decision_log.retention"], {"decision_log": {"retention": {"seconds": 30 * DAY}}}),
        (
            {"decision_log": {"masking": 1}},
            ["decision_log.masking"],
            {"decision_log": {"masking": pb.DecisionLog.MASKING_NO_TEXT}},
        ),
    ],
    ids=str,
)
async def test_a_mask_says_what_changes_and_nothing_else_does(
    gg: AsyncGroupGuard, asked: dict[str, Any], paths: list[str], expected: dict[str, Any]
) -> None:
    """A field that is named and not set gets its default; without a mask what is set changes."""
    before = (await update(gg, LIMITED)).settings
    after = (await update(gg, pb.CorpSettings(**asked), *paths)).settings
    wanted = pb.CorpSettings()
    wanted.CopyFrom(before)
    for name, value in expected.items():
        if isinstance(value, dict):
            for part, inner in value.items():
                if isinstance(inner, dict):
                    wanted.decision_log.retention.seconds = inner["seconds"]
                else:
                    setattr(getattr(wanted, name), part, inner)
        else:
            setattr(wanted, name, value)
    after.etag = before.etag
    assert after == wanted


@pytest.mark.parametrize("path", ["etag", "update_time", "limits.nothing", "share", "*.x", "", "limits.*"])
async def test_a_mask_names_settings_only(gg: AsyncGroupGuard, path: str) -> None:
    """What can't be changed is refused by name."""
    told = await refusal(update(gg, LIMITED, "limits", path))
    assert [field for field, _ in told.violations] == ["update_mask"]
    told = await refusal(update(gg, pb.CorpSettings(etag="0")))
    assert [field for field, _ in told.violations] == ["update_mask"]
    assert await get(gg) == DEFAULTS


@pytest.mark.parametrize(
    ("name", "most"),
    [("rules_per_owner", 1_000), ("groups_per_rule", 20_000), ("exempt_customers_per_owner", 10_000)],
)
async def test_a_limit_is_1_to_groupguards(gg: AsyncGroupGuard, name: str, most: int) -> None:
    """Both ends are allowed, 0 stands for groupguard's, and one beyond is refused."""
    path = f"limits.{name}"
    for wrong in (-1, most + 1):
        told = await refusal(update(gg, pb.CorpSettings(limits=pb.CorpLimits(**{name: wrong})), path))
        assert told.violations == ((f"settings.{path}", f"1 to {most} are allowed, not {wrong}"),)
    for number in (1, most, 0):
        done = await update(gg, pb.CorpSettings(limits=pb.CorpLimits(**{name: number})), path)
        assert getattr(done.settings.limits, name) == (number or most)


async def test_retention_is_1_hour_to_90_days(gg: AsyncGroupGuard) -> None:
    """In whole seconds; a duration of nothing is not the same as none."""
    path = "decision_log.retention"
    for wrong in (0, -1, 3_599, 90 * DAY + 1):
        log = pb.DecisionLog(retention=Duration(seconds=wrong))
        told = await refusal(update(gg, pb.CorpSettings(decision_log=log), path))
        assert [field for field, _ in told.violations] == [f"settings.{path}"]
    log = pb.DecisionLog(retention=Duration(seconds=3_600, nanos=1))
    told = await refusal(update(gg, pb.CorpSettings(decision_log=log), path))
    assert told.violations == ((f"settings.{path}", "whole seconds are needed, not 1 ns besides"),)
    for right in (3_600, 90 * DAY):
        log = pb.DecisionLog(retention=Duration(seconds=right))
        done = await update(gg, pb.CorpSettings(decision_log=log), path)
        assert done.settings.decision_log.retention.seconds == right


async def test_everything_wrong_is_named_at_once(gg: AsyncGroupGuard) -> None:
    """Unknown enum values together with bounds."""
    settings = pb.CorpSettings(
        check_failure=9,  # type: ignore[arg-type]
        decision_log=pb.DecisionLog(masking=9, retention=Duration(seconds=1)),  # type: ignore[arg-type]
        limits=pb.CorpLimits(rules_per_owner=-1, groups_per_rule=20_001),
    )
    told = await refusal(update(gg, settings))
    assert sorted(field for field, _ in told.violations) == [
        "settings.check_failure",
        "settings.decision_log.masking",
        "settings.decision_log.retention",
        "settings.limits.groups_per_rule",
        "settings.limits.rules_per_owner",
    ]
    assert await get(gg) == DEFAULTS


async def test_an_old_etag_is_refused(gg: AsyncGroupGuard) -> None:
    """ABORTED with the new one; none skips the test; that nothing was ever set has an etag too."""
    first = (await update(gg, pb.CorpSettings(share_exemptions=True, etag="0"))).settings
    for old in ("0", "x"):
        told = await refusal(update(gg, pb.CorpSettings(check_failure=pb.CHECK_FAILURE_ERROR, etag=old)))
        assert (told.code, told.reason, told.metadata) == (
            "ABORTED",
            "ETAG_MISMATCH",
            {"etag": first.etag},
        )
    second = (
        await update(gg, pb.CorpSettings(check_failure=pb.CHECK_FAILURE_ERROR, etag=first.etag))
    ).settings
    assert second.etag != first.etag
    assert (await update(gg, pb.CorpSettings(), "check_failure")).settings.etag not in ("", second.etag)


async def test_what_changes_nothing_keeps_the_revision(gg: AsyncGroupGuard, store: RedisRuleStore) -> None:
    """The settings' own time and etag too; and so do the defaults of a corp that never decided."""
    nothing = await update(gg, DEFAULTS, "*")
    assert (nothing.settings, nothing.rules_revision) == (DEFAULTS, "0-0")
    first = await update(gg, LIMITED)
    await register(store, 1)  # another write, so that the corp's revision is not the settings'
    again = await update(gg, LIMITED)
    assert again.settings == first.settings
    assert again.rules_revision == str(await store.revision(CORP)) != first.rules_revision


async def test_a_repeated_update_gets_the_first_answer(gg: AsyncGroupGuard) -> None:
    """Also when others changed the settings in between, and though its etag is old by then."""
    asked = pb.CorpSettings(share_exemptions=True, etag="0")
    first = await update(gg, asked, request_id=UUID)
    second = await update(gg, pb.CorpSettings(), "share_exemptions")
    assert await update(gg, asked, request_id=UUID) == first
    assert await get(gg) == second.settings
    told = await refusal(update(gg, pb.CorpSettings(check_failure=pb.CHECK_FAILURE_ERROR), request_id=UUID))
    assert told.reason == "REQUEST_ID_REUSED"
    same = UUID.replace("5", "6")
    kept = await update(gg, pb.CorpSettings(), "share_exemptions", request_id=same)
    await update(gg, pb.CorpSettings(share_exemptions=True))
    assert await update(gg, pb.CorpSettings(), "share_exemptions", request_id=same) == kept


async def test_updates_of_different_fields_at_the_same_time_lose_nothing(gg: AsyncGroupGuard) -> None:
    """Each is planned anew on what the others made."""
    await asyncio.gather(
        update(gg, pb.CorpSettings(share_exemptions=True)),
        update(gg, pb.CorpSettings(check_failure=pb.CHECK_FAILURE_ERROR)),
        update(gg, pb.CorpSettings(limits=pb.CorpLimits(rules_per_owner=7)), "limits.rules_per_owner"),
        update(gg, pb.CorpSettings(limits=pb.CorpLimits(groups_per_rule=8)), "limits.groups_per_rule"),
        update(gg, pb.CorpSettings(decision_log=pb.DecisionLog(enabled=True)), "decision_log.enabled"),
    )
    now = await get(gg)
    assert (now.share_exemptions, now.check_failure, now.decision_log.enabled) == (True, 2, True)
    assert (now.limits.rules_per_owner, now.limits.groups_per_rule) == (7, 8)


async def test_only_lower_limits_are_kept_for_scripts(gg: AsyncGroupGuard, redis: StoreClient) -> None:
    """A corp without limits of its own gets groupguard's, also if they grow one day."""
    await update(gg, LIMITED)
    await update(gg, pb.CorpSettings(limits=pb.CorpLimits(groups_per_rule=6, rules_per_owner=1_000)))
    fields: dict[Any, Any] = await redis.hgetall(RuleKeys(CORP).meta)
    assert {name: value for name, value in fields.items() if name.startswith(b"limit:")} == {
        b"limit:groups_per_rule": b"6"
    }


async def test_super_administrators_decide_and_others_read(one_store: RedisRuleStore) -> None:
    """Roles of both methods; nobody reaches into another corp."""
    readers = {"super_admin", "viewer", "member:zhang", "strategy_admin:7"}
    for role in (*readers, "registry", "checker", "migrator", "service"):
        who = auth.Caller(role, {CORP: frozenset({auth.Role.parse(role)})})
        known = auth.Tokens([(sha256(b"t").hexdigest(), who)])
        async with rule_service(one_store, known) as target, client_of(target, "t") as gg:
            calls: dict[str, Any] = {
                "read": get(gg),
                "write": update(gg, pb.CorpSettings(share_exemptions=True)),
                "foreign": gg.rules.GetCorpSettings(pb.GetCorpSettingsRequest(corp_id="ww2")),
            }
            got = await asyncio.gather(*calls.values(), return_exceptions=True)
            worked = {name for name, it in zip(calls, got, strict=True) if not isinstance(it, BaseException)}
            refused = [failure(it).reason for it in got if isinstance(it, grpc.aio.AioRpcError)]
            assert ("read" in worked, "write" in worked) == (role in readers, role == "super_admin")
            assert "foreign" not in worked
            assert set(refused) == {"PERMISSION_DENIED"}
