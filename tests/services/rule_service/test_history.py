"""What ListRuleRevisions tells, on a single server and on a cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from groupguard.rule.v1 import history_pb2, rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from rule_service.convert.rule import write_rule
from rule_service.domain import limits
from rule_service.domain.history import EditKind
from rule_service.redis_store import RedisRuleStore
from rule_service.redis_store.keys import RuleKeys
from service_kit.redis_client import StoreClient
from support.history import CREATED, DELETED, RESTORED, UPDATED, Office, office, refusal
from support.rules import CORP, EDIT, NOW, a_rule, a_write, asked, member, upsert

MONTH = 30 * 24 * 3600


@pytest.fixture
async def its(store: RedisRuleStore) -> AsyncIterator[Office]:
    """A service, and clients with different roles."""
    async with office(store) as opened:
        yield opened


async def test_every_change_tells_who_did_it_when_why_and_what_it_did(its: Office) -> None:
    """Each kind, by different callers at different times; each `before` is the `after` of the change before."""
    first = await its.create(by="zhang", reason="开业", owner=member("zhang"))
    its.now += 10
    second = await its.update(first, reason="更严", display_name="new")
    its.now += 10
    await its.delete(first, by="zhang", reason="不用了")
    its.now += 0.25
    third = await its.restore(first, first.revision, reason="还是要")
    changes = await its.history(first)
    assert [(it.kind, it.actor, it.reason) for it in changes] == [
        (RESTORED, "crm", "还是要"),
        (DELETED, "zhang", "不用了"),
        (UPDATED, "crm", "更严"),
        (CREATED, "zhang", "开业"),
    ]
    assert [it.change_time.ToMilliseconds() for it in changes] == [
        int((NOW + passed) * 1000) for passed in (20.25, 20, 10, 0)
    ]
    assert [it.revision for it in changes] == [4, 3, 2, 1]
    nothing = rule_pb2.Rule()
    assert [(it.before, it.after) for it in changes] == [
        (nothing, third),
        (second, nothing),
        (first, second),
        (nothing, first),
    ]
    assert [(it.HasField("before"), it.HasField("after")) for it in changes] == [
        (False, True),
        (True, False),
        (True, True),
        (False, True),
    ]


@pytest.mark.parametrize("kind", EditKind)
async def test_a_writer_of_the_store_says_what_its_write_is(
    its: Office, store: RedisRuleStore, kind: EditKind
) -> None:
    """Every kind has its name in the contract."""
    rule = a_rule()
    await store.create_rules(a_write(), [rule], replace(EDIT, kind=kind))
    [change] = await its.history(rule_pb2.Rule(rule_id=rule.rule_id))
    assert history_pb2.RuleRevision.Kind.Name(change.kind) == f"KIND_{kind.name}"
    assert (change.actor, change.reason) == (EDIT.actor, EDIT.reason)


async def test_rules_created_together_each_have_a_history(its: Office, store: RedisRuleStore) -> None:
    rules = [a_rule(str(number)) for number in range(3)]
    stored, _ = await store.create_rules(a_write(), rules, EDIT)
    for it in stored:
        [change] = await its.history(rule_pb2.Rule(rule_id=it.rule.rule_id))
        assert change.after == await its.get(change.after) == write_rule(it)


async def test_what_changes_nothing_is_no_change(its: Office) -> None:
    rule = await its.create()
    its.now += 10
    await its.update(rule, reason="again", display_name=rule.display_name)
    await its.restore(rule, rule.revision, reason="again")
    assert len(await its.history(rule)) == 1
    assert (await its.get(rule)) == rule


async def test_bindings_are_no_part_of_a_history(its: Office) -> None:
    rule = await its.create()
    await upsert(its["crm"], ["a", "b"])
    bind = pb.ConfigureGroupsRequest.OPERATION_BIND
    await its["crm"].rules.ConfigureGroups(
        pb.ConfigureGroupsRequest(corp_id=CORP, operation=bind, rule_ids=[rule.rule_id], chat_ids=["a", "b"])
    )
    assert (await its.update(rule, display_name="new")).group_count == 2
    changes = await its.history(rule)
    assert [it.kind for it in changes] == [UPDATED, CREATED]
    assert [(it.before.group_count, it.after.group_count) for it in changes] == [(0, 0), (0, 0)]


async def test_the_last_50_changes_of_a_rule_are_kept(
    its: Office, redis: StoreClient, store: RedisRuleStore
) -> None:
    """The oldest of them no longer knows what was before, and what is lost can't be brought back."""
    rule, other = await its.create(), await its.create()
    for number in range(60):
        await its.update(rule, display_name=f"{number}")
    changes = await its.history(rule)
    assert [it.after.display_name for it in changes] == [f"{number}" for number in range(59, 9, -1)]
    assert [it.HasField("before") for it in changes] == [True] * 49 + [False]
    assert await redis.xlen(RuleKeys(CORP).history(rule.rule_id)) == 50
    assert len(await its.history(other)) == 1

    lost = changes[-1].revision - 1
    told = await refusal(its.restore(rule, lost))
    assert (told.code, told.reason) == ("NOT_FOUND", "RULE_REVISION_NOT_FOUND")
    assert told.metadata == {"rule_id": rule.rule_id, "revision": str(lost)}
    assert (await its.restore(rule, lost + 1)).display_name == "10"


async def test_a_deleted_rules_history_stays_for_30_days(its: Office, redis: StoreClient) -> None:
    """A restore keeps it for good; it is the same history."""
    rule = await its.create()
    key = RuleKeys(CORP).history(rule.rule_id)
    assert await redis.ttl(key) == -1
    await its.delete(rule)
    assert MONTH - 60 < await redis.ttl(key) <= MONTH
    assert len(await its.history(rule)) == 2
    await its.restore(rule, rule.revision)
    assert await redis.ttl(key) == -1
    assert len(await its.history(rule)) == 3


async def test_a_history_comes_in_pages(its: Office) -> None:
    rule = await its.create()
    for number in range(11):
        await its.update(rule, display_name=f"{number}")
    whole = await its.history(rule)
    for size, lengths in ((1, [1] * 12), (5, [5, 5, 2]), (6, [6, 6]), (11, [11, 1]), (50, [12])):
        pages = await its.pages(rule, size)
        assert [len(page) for page in pages] == lengths
        assert [it for page in pages for it in page] == whole


async def test_pages_of_large_rules_are_shorter(its: Office) -> None:
    """So that an answer stays below 4 MiB."""
    large = [f"{number:03}{'😀' * 61}" for number in range(100)]
    selected = rule_pb2.SenderSelector(external_userids=[f"{n:04}{'w' * 60}" for n in range(1000)])
    conditions = rule_pb2.Conditions(
        nickname_keywords=asked(*large).conditions.keywords,
        muted_senders=rule_pb2.MutedSendersCondition(senders=selected),
    )
    rule = await its.create(*large, conditions=conditions)
    for number in range(20):
        await its.update(rule, display_name=f"{number}")
    pages = await its.pages(rule)
    assert len(pages) > 1
    assert [it.after.display_name for page in pages for it in page][:20] == [
        f"{number}" for number in range(19, -1, -1)
    ]


@pytest.mark.parametrize("size", [-1, 51])
async def test_a_page_of_more_than_a_history_is_refused(its: Office, size: int) -> None:
    told = await refusal(its.pages(await its.create(), size))
    assert told.violations == (("page_size", f"0 to 50 are allowed, not {size}"),)


async def test_a_page_token_is_good_for_its_rule_only(its: Office) -> None:
    one, other = await its.create(), await its.create()
    for rule in (one, other):
        await its.update(rule, display_name="new")
    request = history_pb2.ListRuleRevisionsRequest(corp_id=CORP, rule_id=one.rule_id, page_size=1)
    token = (await its["crm"].rules.ListRuleRevisions(request)).next_page_token
    for rule_id, sent in ((other.rule_id, token), (one.rule_id, token[1:]), (one.rule_id, "nonsense")):
        wrong = history_pb2.ListRuleRevisionsRequest(corp_id=CORP, rule_id=rule_id, page_token=sent)
        told = await refusal(its["crm"].rules.ListRuleRevisions(wrong))
        assert [field for field, _ in told.violations] == ["page_token"]


async def test_a_history_is_for_those_who_may_see_the_rule(its: Office) -> None:
    """Also when it was deleted: its history remembers whose it was."""
    there, gone = [await its.create(owner=member("zhang")) for _ in range(2)]
    await its.delete(gone)
    for rule, length in ((there, 1), (gone, 2)):
        for name in ("crm", "viewer", "zhang"):
            assert len(await its.history(rule, by=name)) == length
        assert (await refusal(its.history(rule, by="wang"))).code == "PERMISSION_DENIED"


@pytest.mark.parametrize("name", ["crm", "wang"])
async def test_of_a_rule_that_nobody_knows_there_is_no_history(its: Office, name: str) -> None:
    unknown = rule_pb2.Rule(rule_id="nobody's")
    for call in (its.history(unknown, by=name), its.restore(unknown, 1, by=name)):
        told = await refusal(call)
        assert (told.code, told.reason) == ("NOT_FOUND", "RULE_NOT_FOUND")
        assert told.metadata == {"rule_id": "nobody's"}


async def test_a_rule_older_than_histories_begins_one_with_its_next_change(
    its: Office, redis: StoreClient
) -> None:
    """Its owner is asked of the rule; what was before the first change is not known."""
    rule = await its.create(owner=member("zhang"))
    await redis.delete(RuleKeys(CORP).history(rule.rule_id))
    assert await its.history(rule, by="zhang") == []
    assert (await refusal(its.history(rule, by="wang"))).code == "PERMISSION_DENIED"
    assert (await refusal(its.restore(rule, rule.revision))).reason == "RULE_REVISION_NOT_FOUND"
    after = await its.update(rule, display_name="new")
    [change] = await its.history(rule)
    assert (change.kind, change.after, change.HasField("before")) == (UPDATED, after, False)


async def test_a_reason_that_is_too_long_is_told_with_everything_else(its: Office) -> None:
    """By every write, which then does nothing."""
    rule = await its.create()
    long = "因" * (limits.REASON_CHARACTERS + 1)
    said = ("reason", "at most 200 characters are allowed, not 201")
    told = await refusal(its.create(reason=long, display_name="x" * 65))
    assert [field for field, _ in told.violations] == ["reason", "rule.display_name"]
    assert told.violations[0] == said
    told = await refusal(its.update(rule, reason=long, display_name="x" * 65))
    assert [field for field, _ in told.violations] == ["reason", "rule.display_name"]
    for call in (its.delete(rule, reason=long), its.restore(rule, rule.revision, reason=long)):
        assert (await refusal(call)).violations == (said,)
    assert len(await its.history(rule)) == 1


async def test_a_reason_may_have_lines_but_steers_no_terminal(its: Office) -> None:
    rule = await its.create()
    for bad in ("\x1b[2J", "a\x00", "\x7f", "\x85"):
        told = await refusal(its.update(rule, reason=bad, display_name="new"))
        assert [field for field, _ in told.violations] == ["reason"]
    good = ("第一行\r\n\t第二行 😀" + "x" * 200)[: limits.REASON_CHARACTERS]
    await its.update(rule, reason=good, display_name="new")
    assert (await its.history(rule))[0].reason == good
