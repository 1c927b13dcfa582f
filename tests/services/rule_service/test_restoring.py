"""What RestoreRule does and refuses, on a single server and on a cluster."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1.changes_pb2 import Change
from groupguard.rule.v1.history_pb2 import RestoreRuleRequest
from rule_service.domain import limits
from rule_service.redis_store import RedisRuleStore
from service_kit.redis_client import StoreClient
from support.history import CREATED, DELETED, RESTORED, UPDATED, Office, content, office, refusal
from support.racing import before_next_script
from support.rules import CORP, EDIT, NOW, a_rule, a_write, asked, member, upsert

BIND = pb.ConfigureGroupsRequest.OPERATION_BIND
SHADOW = rule_pb2.RULE_STATE_SHADOW


@pytest.fixture
async def its(store: RedisRuleStore) -> AsyncIterator[Office]:
    """A service, and clients with different roles."""
    async with office(store) as opened:
        yield opened


async def bind(its: Office, rule: rule_pb2.Rule, *chat_ids: str) -> None:
    await upsert(its["crm"], chat_ids)
    await its["crm"].rules.ConfigureGroups(
        pb.ConfigureGroupsRequest(
            corp_id=CORP, operation=BIND, rule_ids=[rule.rule_id], chat_ids=list(chat_ids)
        )
    )


async def fetched(its: Office, since: str) -> tuple[int, list[Change]]:
    request = pb.FetchRulesRequest(corp_id=CORP, since=since)
    chunks = [chunk async for chunk in its["crm"].rules.FetchRules(request)]
    return chunks[0].kind, [change for chunk in chunks for change in chunk.changes]


async def test_a_rule_becomes_what_it_was(its: Office) -> None:
    """All that people write of it; what the service says of it goes on, and its groups stay."""
    first = await its.create("旧", by="zhang", owner=member("zhang"), state=SHADOW)
    its.now += 10
    await its.update(
        first, display_name="new", state=rule_pb2.RULE_STATE_ENABLED, conditions=asked("新").conditions
    )
    await bind(its, first, "a", "b")
    its.now += 10
    restored = await its.restore(first, first.revision, by="zhang")
    assert content(restored) == content(first)
    assert restored == await its.get(first)
    assert (restored.group_count, restored.state) == (2, SHADOW)
    assert restored.create_time.ToSeconds() == NOW
    assert restored.update_time.ToSeconds() == NOW + 20
    assert restored.etag == str(restored.revision) != first.etag
    assert [it.kind for it in await its.history(first)] == [RESTORED, UPDATED, CREATED]


async def test_restoring_what_a_rule_is_changes_nothing(its: Office) -> None:
    first = await its.create()
    await its.update(first, display_name="new")
    now = await its.update(first, display_name=first.display_name)
    its.now += 10
    request = RestoreRuleRequest(corp_id=CORP, rule_id=first.rule_id, revision=first.revision)
    answer = await its["crm"].rules.RestoreRule(request)
    assert answer.rule == now
    assert answer.rules_revision.startswith(f"{now.revision}-")
    assert len(await its.history(first)) == 3


async def test_a_deleted_rule_comes_back_without_groups_and_followers_see_it(its: Office) -> None:
    rule = await its.create(state=SHADOW, owner=member("zhang"))
    await bind(its, rule, "a", "b")
    token = await its.delete(rule)
    its.now += 10
    restored = await its.restore(rule, rule.revision, by="zhang", reason="back")
    assert content(restored) == content(rule)
    assert restored == await its.get(rule)
    assert restored.group_count == 0
    assert restored.create_time == rule.create_time
    assert restored.update_time.ToSeconds() == NOW + 10

    assert await fetched(its, token) == (pb.FetchRulesResponse.KIND_DIFF, [Change(rule=restored)])
    kind, whole = await fetched(its, "")
    assert kind == pb.FetchRulesResponse.KIND_RESET
    assert [change.WhichOneof("change") for change in whole] == ["group", "group", "rule"]

    listed = await its["zhang"].rules.ListRules(pb.ListRulesRequest(corp_id=CORP, owner=member("zhang")))
    assert list(listed.rules) == [restored]
    await bind(its, restored, "a")
    assert (await its.get(rule)).group_count == 1


async def test_a_deleted_rule_comes_back_only_where_its_owner_has_room(
    its: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RULES_PER_OWNER", 2)
    gone = await its.create(owner=member("zhang"))
    await its.delete(gone)
    others = [await its.create(owner=member("zhang")) for _ in range(2)]
    told = await refusal(its.restore(gone, gone.revision))
    assert (told.code, told.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")
    assert told.metadata == {"what": "rules of member zhang", "limit": "2", "current": "2", "asked": "1"}
    assert len(await its.history(gone)) == 2
    await its.restore(others[0], others[0].revision)  # one that is there needs no room
    await its.delete(others[0])
    assert content(await its.restore(gone, gone.revision)) == content(gone)


async def test_a_historical_rule_above_the_limit_of_groups_keeps_them_all(
    its: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = await its.create()
    await bind(its, rule, *(f"wr{number}" for number in range(8)))
    monkeypatch.setattr(limits, "GROUPS_PER_RULE", 5)
    await its.update(rule, display_name="new")
    restored = await its.restore(rule, rule.revision)
    assert (restored.display_name, restored.group_count) == (rule.display_name, 8)


async def test_what_is_valid_no_longer_does_not_come_back(
    its: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every violation is named, with those of the reason."""
    there, gone = [await its.create("长词", display_name="long name") for _ in range(2)]
    await its.update(there, display_name="x", conditions=asked("词").conditions)
    await its.delete(gone)
    monkeypatch.setattr(limits, "KEYWORD_CHARACTERS", 1)
    monkeypatch.setattr(limits, "RULE_NAME_CHARACTERS", 4)
    for rule in (there, gone):
        told = await refusal(its.restore(rule, rule.revision, reason="\x00"))
        assert told.code == "INVALID_ARGUMENT"
        assert [field for field, _ in told.violations] == [
            "rule.display_name",
            "rule.conditions.keywords.keywords[0].text",
            "reason",
        ]
        assert len(await its.history(rule)) == 2


async def test_only_revisions_with_a_rule_in_its_own_history_can_be_restored(its: Office) -> None:
    rule, other = await its.create(), await its.create()
    await its.update(rule, display_name="new")
    await its.delete(rule)
    deletion = (await its.history(rule))[0].revision
    for revision in (other.revision, deletion, deletion + 1, 2**63 - 1):
        told = await refusal(its.restore(rule, revision))
        assert (told.code, told.reason) == ("NOT_FOUND", "RULE_REVISION_NOT_FOUND")
        assert told.metadata == {"rule_id": rule.rule_id, "revision": str(revision)}
    for revision in (0, -1):
        told = await refusal(its.restore(rule, revision))
        assert [field for field, _ in told.violations] == ["revision"]
    assert [it.kind for it in await its.history(rule)] == [DELETED, UPDATED, CREATED]


async def test_nobody_restores_a_rule_that_is_not_his(its: Office) -> None:
    """Not even learning which revisions there are; the viewer may look but not touch."""
    there, gone = [await its.create(owner=member("zhang")) for _ in range(2)]
    await its.delete(gone)
    for rule in (there, gone):
        for name in ("wang", "viewer"):
            for revision in (rule.revision, 99):
                told = await refusal(its.restore(rule, revision, by=name))
                assert told.code == "PERMISSION_DENIED"
        await its.restore(rule, rule.revision, by="zhang")


async def test_an_etag_is_tested(its: Office) -> None:
    """That of a deleted rule is empty."""
    first = await its.create()
    second = await its.update(first, display_name="new")
    told = await refusal(its.restore(first, first.revision, etag=first.etag))
    assert (told.code, told.reason) == ("ABORTED", "ETAG_MISMATCH")
    assert told.metadata == {"rule_id": first.rule_id, "etag": second.etag}
    third = await its.restore(first, first.revision, etag=second.etag)
    await its.delete(first)
    told = await refusal(its.restore(first, first.revision, etag=third.etag))
    assert (told.code, told.reason) == ("ABORTED", "ETAG_MISMATCH")
    assert told.metadata == {"rule_id": first.rule_id, "etag": ""}


@pytest.mark.parametrize("deleted", [False, True], ids=["there", "deleted"])
async def test_a_repeated_restore_gets_the_first_answer(
    its: Office, monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    """Though the rule has changed since, and is gone and would not be valid now; another body is refused."""
    rule = await its.create()
    now = await its.update(rule, display_name="new")
    if deleted:
        await its.delete(rule)
    request = RestoreRuleRequest(
        corp_id=CORP,
        rule_id=rule.rule_id,
        revision=rule.revision,
        etag="" if deleted else now.etag,
        request_id=str(uuid.uuid4()),
    )
    first = await its["crm"].rules.RestoreRule(request)
    assert await its["crm"].rules.RestoreRule(request) == first
    await its.update(rule, display_name="newer")
    assert await its["crm"].rules.RestoreRule(request) == first
    await its.delete(rule)
    monkeypatch.setattr(limits, "RULE_NAME_CHARACTERS", 1)
    before = await its.history(rule)
    assert await its["crm"].rules.RestoreRule(request) == first
    assert await its.history(rule) == before
    request.reason = "other"
    assert (await refusal(its["crm"].rules.RestoreRule(request))).reason == "REQUEST_ID_REUSED"


async def test_a_rule_that_is_deleted_meanwhile_comes_back(
    its: Office, redis: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = await its.create()
    await bind(its, rule, "a")
    await its.update(rule, display_name="new")
    before_next_script(redis, monkeypatch, lambda: its.delete(rule))
    restored = await its.restore(rule, rule.revision)
    assert (restored.display_name, restored.group_count) == (rule.display_name, 0)
    assert [it.kind for it in await its.history(rule)] == [RESTORED, DELETED, UPDATED, CREATED]


async def test_a_rule_that_is_updated_meanwhile_is_restored_after_it(
    its: Office, redis: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the etag says that it must not be."""
    rule = await its.create()
    now = await its.update(rule, display_name="new")
    before_next_script(redis, monkeypatch, lambda: its.update(rule, display_name="newer"))
    assert (await refusal(its.restore(rule, rule.revision, etag=now.etag))).reason == "ETAG_MISMATCH"
    before_next_script(redis, monkeypatch, lambda: its.update(rule, display_name="newest"))
    await its.restore(rule, rule.revision)
    names = [it.after.display_name for it in await its.history(rule)]
    assert names == ["no ads", "newest", "newer", "new", "no ads"]


async def test_a_rule_that_another_brings_back_meanwhile_is_brought_back_once(
    its: Office, redis: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To another state than asked for, the restore that lost is a change of its own."""
    rule = await its.create()
    second = await its.update(rule, display_name="new")
    await its.delete(rule)
    before_next_script(redis, monkeypatch, lambda: its.restore(rule, rule.revision))
    await its.restore(rule, rule.revision)
    assert [it.kind for it in await its.history(rule)] == [RESTORED, DELETED, UPDATED, CREATED]
    await its.delete(rule)
    before_next_script(redis, monkeypatch, lambda: its.restore(rule, second.revision))
    assert (await its.restore(rule, rule.revision)).display_name == rule.display_name
    assert [it.kind for it in await its.history(rule)][:3] == [RESTORED, RESTORED, DELETED]


async def test_many_bring_back_many_rules_at_once_within_the_limit(
    its: Office, store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten deleted rules, room for four, five callers each: whatever comes back does so once."""
    monkeypatch.setattr(limits, "RULES_PER_OWNER", 10)
    gone = [await its.create() for _ in range(10)]
    await asyncio.gather(*(its.delete(rule) for rule in gone))
    await store.create_rules(a_write(), [a_rule() for _ in range(6)], EDIT)
    calls = [its.restore(rule, rule.revision) for rule in gone for _ in range(5)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    back = {it.rule_id: it for it in answers if isinstance(it, rule_pb2.Rule)}
    assert len(back) == 4
    for rule in gone:
        kinds = [it.kind for it in await its.history(rule)]
        assert kinds == ([RESTORED] if rule.rule_id in back else []) + [DELETED, CREATED]
    assert len(await store.list_rules(CORP, None, "", 100)) == 10
