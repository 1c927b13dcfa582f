"""A corp's configuration goes out and comes in, exactly, however often and in however many goes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.rule.v1 import exemptions_pb2, group_pb2, group_registry_pb2, rule_pb2, settings_pb2
from groupguard.rule.v1 import history_pb2 as history_pb
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1 import transfer_pb2 as transfer_pb
from groupguard.rule.v1.transfer_pb2 import CorpRecord, ImportCorpResponse
from groupguard_client import AsyncGroupGuard, failure
from rule_service.domain import limits
from rule_service.redis_store import RedisRuleStore
from support.callers import tokens
from support.follower import Follower
from support.rules import CORP, asked, client_of, create, member, rule_service, strategy, upsert

OTHER = "ww2"
NO_TIME = Timestamp(seconds=1, nanos=-1)


async def exported(gg: AsyncGroupGuard, corp_id: str = CORP) -> list[CorpRecord]:
    """The records of an export that nothing disturbed."""
    parts = [it async for it in gg.rules.ExportCorp(transfer_pb.ExportCorpRequest(corp_id=corp_id))]
    assert not parts[-1].changed_meanwhile
    assert parts[-1].rules_revision
    assert not any(part.rules_revision for part in parts[:-1])
    assert all(part.ByteSize() < 1024 * 1024 for part in parts)
    return [record for part in parts for record in part.records]


async def imported(
    gg: AsyncGroupGuard,
    records: Sequence[CorpRecord],
    corp_id: str = OTHER,
    size: int = 100,
    *,
    migrate: bool = False,
    reason: str = "",
) -> list[ImportCorpResponse]:
    """The answers to an import in parts of some records each."""

    async def parts() -> AsyncIterator[transfer_pb.ImportCorpRequest]:
        for start in range(0, len(records), size):
            yield transfer_pb.ImportCorpRequest(
                corp_id=corp_id, records=records[start : start + size], migrate=migrate, reason=reason
            )

    return [answer async for answer in gg.rules.ImportCorp(parts())]


async def refused(
    gg: AsyncGroupGuard, records: Sequence[CorpRecord], corp_id: str = OTHER, *, migrate: bool = False
) -> tuple[str, dict[str, str]]:
    """The reason and metadata with which an import ends."""
    with pytest.raises(grpc.RpcError) as caught:
        await imported(gg, records, corp_id, migrate=migrate)
    told = failure(caught.value)
    return told.reason, dict(told.metadata)


async def configure(gg: AsyncGroupGuard, corp_id: str = CORP) -> None:
    """Gives a corp something of everything."""
    owners = [asked().owner, strategy("s1"), member("zhang")]
    groups = [
        group_pb2.Group(
            chat_id=f"wr{number}",
            owner_userid=("zhang", "li")[number % 2],
            display_name=f"群 {number}",
            strategy_ids=["s1"] if number % 3 else [],
            member_count=number,
        )
        for number in range(40)
    ]
    await gg.rules.UpsertGroups(pb.UpsertGroupsRequest(corp_id=corp_id, groups=groups))
    await gg.rules.DismissGroups(
        group_registry_pb2.DismissGroupsRequest(corp_id=corp_id, chat_ids=["wr7", "wr8"])
    )
    everything = rule_pb2.Conditions(
        keywords=rule_pb2.KeywordCondition(
            keywords=[rule_pb2.Keyword(text="刷单")], allow_phrases=["拒绝刷单"]
        ),
        length=rule_pb2.LengthCondition(max_lines=9),
        frequency=rule_pb2.FrequencyCondition(max_messages=5, window=Duration(seconds=10)),
    )
    chats = {0: range(40), 1: range(1, 40, 3), 2: range(0, 40, 2)}
    for index, owner in enumerate(owners):
        for conditions in (None, everything):
            rule = asked(f"代购{index}", display_name=f"规则 {index}")
            rule.owner.CopyFrom(owner)
            if conditions:
                rule.conditions.CopyFrom(conditions)
            made = await create(gg, rule, corp_id)
            ids = [f"wr{number}" for number in chats[index] if number not in (7, 8)]
            await gg.rules.ConfigureGroups(
                pb.ConfigureGroupsRequest(
                    corp_id=corp_id,
                    operation=pb.ConfigureGroupsRequest.OPERATION_BIND,
                    rule_ids=[made.rule_id],
                    chat_ids=ids,
                )
            )
    for who in (asked().owner, member("zhang"), member("li")):
        customers = [
            exemptions_pb2.ExemptCustomer(external_userid=f"wm{it}", reason="VIP") for it in range(5)
        ]
        await gg.rules.AddExemptCustomers(
            exemptions_pb2.AddExemptCustomersRequest(corp_id=corp_id, owner=who, customers=customers)
        )
    settings = settings_pb2.CorpSettings(
        share_exemptions=True,
        check_failure=settings_pb2.CHECK_FAILURE_ERROR,
        limits=settings_pb2.CorpLimits(rules_per_owner=500),
        decision_log=settings_pb2.DecisionLog(enabled=True, retention=Duration(seconds=7200)),
    )
    await gg.rules.UpdateCorpSettings(
        settings_pb2.UpdateCorpSettingsRequest(corp_id=corp_id, settings=settings)
    )


@pytest.fixture(params=[3, 1000])
def part_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Records in one part of an import; small parts also of what is read at once."""
    size: int = request.param
    if size == 3:
        for name in ("_BATCH", "_CHATS_PER_RECORD"):
            monkeypatch.setattr(f"rule_service.exporting.{name}", 4)
        monkeypatch.setattr("rule_service.exporting._PART_BYTES", 300)
    return size


async def test_what_went_out_comes_in_exactly(store: RedisRuleStore, part_size: int) -> None:
    """Of another corp that imported it the export is the same, record for record; a follower has it all."""
    async with rule_service(store) as target, client_of(target) as gg:
        await configure(gg)
        records = await exported(gg)
        kinds = [str(record.WhichOneof("record")) for record in records]
        order = ["settings", "group", "rule", "bindings", "exempt_customer"]
        assert sorted(kinds, key=order.index) == kinds
        assert {kind: kinds.count(kind) for kind in order[:3]} == {"settings": 1, "group": 38, "rule": 6}
        assert kinds.count("exempt_customer") == 15
        answers = await imported(gg, records, size=part_size)
        assert answers[-1].record_count == len(records)
        assert answers[-1].changed_count == len(records)
        assert await exported(gg, OTHER) == records
    before, after = Follower(CORP), Follower(OTHER)
    await before.follow(store)
    await after.follow(store)
    assert {id: it.group_count for id, it in before.rules.items()} == {
        id: it.group_count for id, it in after.rules.items()
    }
    counts = sorted(len(bound) for bound in before.bound.values() if bound)
    assert counts == sorted(len(bound) for bound in after.bound.values() if bound)


async def test_a_repeated_import_changes_nothing(store: RedisRuleStore, part_size: int) -> None:
    """Neither into the corp it is of, nor into another one a second time: the revision stays."""
    async with rule_service(store) as target, client_of(target) as gg:
        await configure(gg)
        records = await exported(gg)
        for corp_id in (CORP, OTHER):
            await imported(gg, records, corp_id)
            revision = await store.revision(corp_id)
            answers = await imported(gg, records, corp_id, part_size)
            assert answers[-1].changed_count == 0
            assert answers[-1].rules_revision == str(revision)
            assert await store.revision(corp_id) == revision


async def test_an_import_that_broke_off_goes_on_or_begins_anew(gg: AsyncGroupGuard) -> None:
    """After every part that was answered; both ways end with the same."""
    await configure(gg)
    records = await exported(gg)
    for number, answered in enumerate(range(0, len(records), 17)):
        for way in ("on", "anew"):
            corp_id = f"ww-{number}-{way}"
            if answered:
                answers = await imported(gg, records[:answered], corp_id)
                assert answers[-1].record_count == answered
            await imported(gg, records[answered:] if way == "on" else records, corp_id)
            assert await exported(gg, corp_id) == records


async def test_an_import_replaces_what_it_names_and_leaves_the_rest(gg: AsyncGroupGuard) -> None:
    """An older state of a rule comes back with its bindings left; another rule, bound since then, stays; both are told."""
    await upsert(gg, ["wr1", "wr2"])
    rule = await create(gg, asked("代购"))
    old = await exported(gg)
    changed = pb.UpdateRuleRequest(
        corp_id=CORP, rule=rule_pb2.Rule(rule_id=rule.rule_id, display_name="another")
    )
    await gg.rules.UpdateRule(changed)
    later = await create(gg, asked("刷单"))
    bind = pb.ConfigureGroupsRequest.OPERATION_BIND
    await gg.rules.ConfigureGroups(
        pb.ConfigureGroupsRequest(
            corp_id=CORP, operation=bind, rule_ids=[rule.rule_id, later.rule_id], chat_ids=["wr1", "wr2"]
        )
    )
    answers = await imported(gg, old, CORP, reason="as it was")
    assert answers[-1].changed_count == 1
    now = {it.rule_id: it for it in (await gg.rules.ListRules(pb.ListRulesRequest(corp_id=CORP))).rules}
    assert now[rule.rule_id].display_name == rule.display_name
    assert now[rule.rule_id].update_time == rule.update_time
    assert [it.group_count for it in now.values()] == [2, 2]
    history = await gg.rules.ListRuleRevisions(
        history_pb.ListRuleRevisionsRequest(corp_id=CORP, rule_id=rule.rule_id)
    )
    newest = history.revisions[0]
    assert (newest.kind, newest.reason) == (history_pb.RuleRevision.KIND_IMPORTED, "as it was")
    assert (newest.before.display_name, newest.after.display_name) == ("another", rule.display_name)


async def test_a_rule_that_was_deleted_is_imported_again_with_its_bindings(gg: AsyncGroupGuard) -> None:
    """An export undoes a deletion."""
    await configure(gg)
    records = await exported(gg)
    rule_id = next(it.rule.rule_id for it in records if it.rule.display_name == "规则 0")
    await gg.rules.DeleteRule(pb.DeleteRuleRequest(corp_id=CORP, rule_id=rule_id))
    await imported(gg, records, CORP)
    assert await exported(gg) == records


@pytest.fixture
async def historical_rule(
    one_store: RedisRuleStore, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, list[CorpRecord]]]:
    """A service with a limit of 5 groups, the corp ww1 with a rule in 8; yields its target, and the export."""
    async with rule_service(one_store) as target, client_of(target) as gg:
        await upsert(gg, [f"wr{number}" for number in range(9)])
        rule = await create(gg)
        await gg.rules.ConfigureGroups(
            pb.ConfigureGroupsRequest(
                corp_id=CORP,
                operation=pb.ConfigureGroupsRequest.OPERATION_BIND,
                rule_ids=[rule.rule_id],
                chat_ids=[f"wr{number}" for number in range(8)],
            )
        )
        records = await exported(gg)
        monkeypatch.setattr(limits, "GROUPS_PER_RULE", 5)
        yield target, records


async def test_a_historical_rule_is_imported_where_it_is_but_not_elsewhere(
    historical_rule: tuple[str, list[CorpRecord]],
) -> None:
    """Nothing grows in its own corp; elsewhere the limit holds, and the error names rule, limit and record."""
    target, records = historical_rule
    async with client_of(target) as gg:
        assert (await imported(gg, records, CORP))[-1].changed_count == 0
        reason, metadata = await refused(gg, records)
        assert reason == "LIMIT_EXCEEDED"
        at = [record.WhichOneof("record") for record in records].index("bindings")
        assert (metadata["limit"], metadata["record"]) == ("5", str(at))
        grown = [
            *records,
            CorpRecord(
                bindings=transfer_pb.RuleBindings(rule_id=records[at].bindings.rule_id, chat_ids=["wr8"])
            ),
        ]
        with pytest.raises(grpc.RpcError) as caught:
            await imported(gg, grown, CORP)
        assert failure(caught.value).reason == "LIMIT_EXCEEDED"


async def test_migration_brings_historical_rules_where_it_is_allowed(
    one_store: RedisRuleStore, historical_rule: tuple[str, list[CorpRecord]]
) -> None:
    """It takes the server's leave and the role migrator; then the rule is above the limit, and may shrink, not grow."""
    target, records = historical_rule
    async with client_of(target) as gg:
        assert await refused(gg, records, migrate=True) == (
            "MIGRATION_NOT_ALLOWED",
            {"setting": "GROUPGUARD_ALLOW_MIGRATION"},
        )
    callers = tokens({"admin": {OTHER: ["super_admin"]}, "migrator": {OTHER: ["migrator"]}})
    async with (
        rule_service(one_store, callers, allow_migration=True) as allowing,
        client_of(allowing, "admin") as admin,
        client_of(allowing, "migrator") as migrator,
    ):
        assert (await refused(admin, records, migrate=True))[0] == "PERMISSION_DENIED"
        assert (await refused(migrator, records))[0] == "PERMISSION_DENIED"
        await imported(migrator, records, migrate=True)
        assert await exported(migrator, OTHER) == records
        [rule] = (await admin.rules.ListRules(pb.ListRulesRequest(corp_id=OTHER))).rules
        assert rule.group_count == 8
        request = pb.ConfigureGroupsRequest(
            corp_id=OTHER,
            operation=pb.ConfigureGroupsRequest.OPERATION_BIND,
            rule_ids=[rule.rule_id],
            chat_ids=["wr8"],
        )
        with pytest.raises(grpc.RpcError) as caught:
            await admin.rules.ConfigureGroups(request)
        assert failure(caught.value).reason == "LIMIT_EXCEEDED"
        request.unbind_chat_ids.append("wr0")
        done = await admin.rules.ConfigureGroups(request)
        assert [(it.groups_before, it.groups_after) for it in done.results] == [(8, 8)]


async def test_migration_has_a_bound_too(
    one_store: RedisRuleStore,
    historical_rule: tuple[str, list[CorpRecord]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here of 8, then of 7 groups: the error names it."""
    _, records = historical_rule
    async with rule_service(one_store, allow_migration=True) as target, client_of(target) as gg:
        monkeypatch.setattr(limits, "GROUPS_PER_MIGRATED_RULE", 8)
        await imported(gg, records, migrate=True)
        monkeypatch.setattr(limits, "GROUPS_PER_MIGRATED_RULE", 7)
        reason, metadata = await refused(gg, records, "ww3", migrate=True)
        assert (reason, metadata["limit"]) == ("LIMIT_EXCEEDED", "7")


async def test_every_violation_of_a_part_is_named_and_nothing_of_it_is_written(gg: AsyncGroupGuard) -> None:
    """Records of every kind that can't be; the part before stays."""
    bad = [
        CorpRecord(group=group_pb2.Group(chat_id="wr2", owner_userid="zhang", member_count=-1)),
        CorpRecord(group=group_pb2.Group(chat_id="wr3", owner_userid="zhang")),
        CorpRecord(rule=asked("代购", rule_id="", display_name="\u200b")),
        CorpRecord(bindings=transfer_pb.RuleBindings(rule_id="r", chat_ids=["a", "a"])),
        CorpRecord(exempt_customer=exemptions_pb2.ExemptCustomer(external_userid="wm", owner=strategy("s"))),
        CorpRecord(settings=settings_pb2.CorpSettings(limits=settings_pb2.CorpLimits(rules_per_owner=1001))),
        CorpRecord(),
        CorpRecord(rule=asked("代购", rule_id="", update_time=NO_TIME)),
        CorpRecord(
            exempt_customer=exemptions_pb2.ExemptCustomer(
                external_userid="wm", owner=member("zhang"), create_time=NO_TIME
            )
        ),
        CorpRecord(settings=settings_pb2.CorpSettings(update_time=NO_TIME)),
    ]
    good = [CorpRecord(group=group_pb2.Group(chat_id="wr1", owner_userid="zhang"))]
    with pytest.raises(grpc.RpcError) as caught:
        await imported(gg, [*good * 10, *bad], size=10)
    assert [field for field, _ in failure(caught.value).violations] == [
        "records[0].group.member_count",
        "records[2].rule.rule_id",
        "records[2].rule.state",
        "records[2].rule.display_name",
        "records[3].bindings.chat_ids[1]",
        "records[4].exempt_customer.owner.kind",
        "records[5].settings.limits.rules_per_owner",
        "records[6].record",
        "records[7].rule.update_time",
        "records[7].rule.rule_id",
        "records[7].rule.state",
        "records[8].exempt_customer.create_time",
        "records[9].settings.update_time",
    ]
    assert [record.group.chat_id for record in await exported(gg, OTHER)] == ["wr1"]


async def test_the_first_and_the_last_time_there_is_come_in_and_go_out(gg: AsyncGroupGuard) -> None:
    """The last to the second: as a number it would be rounded up."""
    rule = await create(gg)
    rule.create_time.CopyFrom(Timestamp(seconds=-62_135_596_800))
    rule.update_time.CopyFrom(Timestamp(seconds=253_402_300_799, nanos=999_999_999))
    await imported(gg, [CorpRecord(rule=rule)])
    [record] = await exported(gg, OTHER)
    assert record.rule.create_time == rule.create_time
    assert record.rule.update_time == Timestamp(seconds=253_402_300_799)


async def test_parts_keep_to_their_form(gg: AsyncGroupGuard) -> None:
    """Of one corp, not empty, not too many records, a reason that is not too long."""
    record = CorpRecord(group=group_pb2.Group(chat_id="wr1", owner_userid="zhang"))

    async def sent(*parts: transfer_pb.ImportCorpRequest) -> str:
        with pytest.raises(grpc.RpcError) as caught:
            async for _ in gg.rules.ImportCorp(iter(parts)):
                pass
        [(field, _)] = failure(caught.value).violations
        return field

    part = transfer_pb.ImportCorpRequest(corp_id=OTHER, records=[record])
    assert await sent(part, transfer_pb.ImportCorpRequest(corp_id=CORP, records=[record])) == "corp_id"
    assert await sent(transfer_pb.ImportCorpRequest(corp_id=OTHER)) == "records"
    assert (await imported(gg, [record] * 1000, size=1000))[-1].record_count == 1000
    many = transfer_pb.ImportCorpRequest(corp_id=OTHER, records=[record] * 1001)
    assert await sent(many) == "records"
    long = transfer_pb.ImportCorpRequest(corp_id=OTHER, records=[record], reason="x" * 201)
    assert await sent(long) == "reason"


async def test_a_rule_keeps_its_owner(gg: AsyncGroupGuard) -> None:
    """An import can't hand a rule to another owner, past that owner's limit."""
    rule = await create(gg)
    [record] = await exported(gg)
    record.rule.owner.CopyFrom(member("zhang"))
    with pytest.raises(grpc.RpcError) as caught:
        await imported(gg, [record], CORP)
    told = failure(caught.value)
    assert [field for field, _ in told.violations] == ["rule.owner"]
    assert told.metadata["record"] == "0"
    assert (await exported(gg))[0].rule.owner == rule.owner


async def test_the_same_thing_twice_in_a_part_ends_as_the_later_one(gg: AsyncGroupGuard) -> None:
    """As in two parts."""
    await create(gg)
    await upsert(gg, ["wr1"])
    records = await exported(gg)
    again = [CorpRecord.FromString(record.SerializeToString()) for record in records]
    again[0].group.owner_userid, again[1].rule.display_name = "li", "later"
    await imported(gg, [records[0], again[0], records[1], again[1]])
    assert await exported(gg, OTHER) == again


async def test_a_write_during_an_export_is_told(gg: AsyncGroupGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    """`changed_meanwhile` is set when the revision at the end is not the one at the beginning."""
    await upsert(gg, [f"wr{number:03}" for number in range(500)])  # more than are read during the write
    monkeypatch.setattr("rule_service.exporting._BATCH", 1)
    parts: list[transfer_pb.ExportCorpResponse] = []
    async for part in gg.rules.ExportCorp(transfer_pb.ExportCorpRequest(corp_id=CORP)):
        if not parts:
            await upsert(gg, ["wr9"])
        parts.append(part)
    assert parts[-1].changed_meanwhile
