"""RuleService over real gRPC: what callers send, get, and are told when it is wrong."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import grpc.aio
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from groupguard.common.v1 import blacklist_kind_pb2
from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1.group_pb2 import Group
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.redis_store import RedisRuleStore
from support.rules import (
    ADMINS,
    CORP,
    EDIT,
    NOW,
    a_rule,
    a_write,
    asked,
    client_of,
    create,
    member,
    rule_service,
    strategy,
    upsert,
)

ENTERPRISE = blacklist_kind_pb2.BLACKLIST_KIND_ENTERPRISE
BIND = pb.ConfigureGroupsRequest.OPERATION_BIND
UNBIND = pb.ConfigureGroupsRequest.OPERATION_UNBIND
KEYWORDS = "rule.conditions.keywords.keywords"


async def refusal(call: Awaitable[object]) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure(caught.value)


async def update(gg: AsyncGroupGuard, rule: rule_pb2.Rule, *paths: str, **more: Any) -> rule_pb2.Rule:
    request = pb.UpdateRuleRequest(corp_id=CORP, rule=rule, update_mask=FieldMask(paths=paths), **more)
    return (await gg.rules.UpdateRule(request)).rule


# Rules


async def test_a_rule_is_kept_as_it_was_asked_for(gg: AsyncGroupGuard) -> None:
    action = rule_pb2.Action(
        kind=rule_pb2.ACTION_KIND_KICK_AFTER_WARNINGS,
        warning_text="请勿打扰 {nickname}",
        add_to_blacklist=ENTERPRISE,
    )
    response = await gg.rules.CreateRule(
        pb.CreateRuleRequest(
            corp_id=CORP,
            rule=asked("代购", "ＶＸ", display_name="广告", state=rule_pb2.RULE_STATE_SHADOW, action=action),
        )
    )
    rule = response.rule
    assert rule == await gg.rules.GetRule(pb.GetRuleRequest(corp_id=CORP, rule_id=rule.rule_id))
    assert len(rule.rule_id) == 24
    assert rule.create_time.ToSeconds() == rule.update_time.ToSeconds() == int(NOW)
    assert response.rules_revision.startswith(f"{rule.revision}-")
    expected = asked("代购", "ＶＸ", display_name="广告", state=rule_pb2.RULE_STATE_SHADOW, action=action)
    expected.action.warnings_before_kick = 3
    for keyword in expected.conditions.keywords.keywords:
        keyword.match_mode = rule_pb2.MATCH_MODE_FOLDED
    for output in ("rule_id", "create_time", "update_time", "revision", "etag"):
        rule.ClearField(output)
    assert rule == expected


async def test_a_new_rule_does_not_act_unless_asked_to(gg: AsyncGroupGuard) -> None:
    assert (await create(gg)).state == rule_pb2.RULE_STATE_DISABLED
    assert (await create(gg, asked(state=rule_pb2.RULE_STATE_ENABLED))).state == rule_pb2.RULE_STATE_ENABLED


async def test_output_only_fields_of_a_request_are_ignored(gg: AsyncGroupGuard) -> None:
    rule = await create(gg, asked(rule_id="mine", revision=99, group_count=7, etag="99"))
    assert rule.rule_id != "mine"
    assert (rule.revision, rule.group_count, rule.etag) == (1, 0, "1")


MASKS: list[tuple[str, rule_pb2.Rule, list[str], dict[str, Any]]] = [
    ("one field", rule_pb2.Rule(display_name="new"), ["display_name"], {"display_name": "new"}),
    (
        "only what is named",
        rule_pb2.Rule(display_name="new", state=rule_pb2.RULE_STATE_ENABLED),
        ["state"],
        {"state": rule_pb2.RULE_STATE_ENABLED},
    ),
    (
        "what is set, without a mask",
        rule_pb2.Rule(display_name="new", state=rule_pb2.RULE_STATE_ENABLED),
        [],
        {"display_name": "new", "state": rule_pb2.RULE_STATE_ENABLED},
    ),
    (
        "a field of the action",
        rule_pb2.Rule(action=rule_pb2.Action(warning_text="new")),
        ["action.warning_text"],
        {
            "action": rule_pb2.Action(
                kind=rule_pb2.ACTION_KIND_WARN, warning_text="new", add_to_blacklist=ENTERPRISE
            )
        },
    ),
    (
        "the whole action",
        rule_pb2.Rule(action=rule_pb2.Action(kind=rule_pb2.ACTION_KIND_KICK)),
        ["action"],
        {"action": rule_pb2.Action(kind=rule_pb2.ACTION_KIND_KICK)},
    ),
    (
        "two fields of the action",
        rule_pb2.Rule(action=rule_pb2.Action(kind=rule_pb2.ACTION_KIND_KICK)),
        ["action.kind", "action.warning_text"],
        {"action": rule_pb2.Action(kind=rule_pb2.ACTION_KIND_KICK, add_to_blacklist=ENTERPRISE)},
    ),
    (
        "clearing a named field of a part that is not sent",
        rule_pb2.Rule(),
        ["action.add_to_blacklist"],
        {"action": rule_pb2.Action(kind=rule_pb2.ACTION_KIND_WARN, warning_text="please don't")},
    ),
    (
        "keywords",
        rule_pb2.Rule(conditions=asked("新").conditions),
        ["conditions.keywords"],
        {"conditions": ["新"]},
    ),
    (
        "everything",
        asked("新", display_name="new", state=rule_pb2.RULE_STATE_SHADOW),
        ["*"],
        {
            "conditions": ["新"],
            "display_name": "new",
            "state": rule_pb2.RULE_STATE_SHADOW,
            "action": rule_pb2.Action(kind=rule_pb2.ACTION_KIND_WARN, warning_text="please don't"),
        },
    ),
]


@pytest.mark.parametrize(
    ("sent", "paths", "changes"), [row[1:] for row in MASKS], ids=[row[0] for row in MASKS]
)
async def test_an_update_changes_what_its_mask_names(
    gg: AsyncGroupGuard, sent: rule_pb2.Rule, paths: list[str], changes: dict[str, Any]
) -> None:
    listed = rule_pb2.Action(add_to_blacklist=ENTERPRISE)
    before = await create(gg, asked("旧", "词", action=listed))
    changed = rule_pb2.Rule()
    changed.CopyFrom(sent)
    changed.rule_id = before.rule_id
    after = await update(gg, changed, *paths)

    def shown(rule: rule_pb2.Rule) -> dict[str, Any]:
        return {
            "display_name": rule.display_name,
            "state": rule.state,
            "conditions": [it.text for it in rule.conditions.keywords.keywords],
            "action": rule.action,
            "owner": rule.owner,
        }

    assert shown(after) == {**shown(before), **changes}
    assert after == await gg.rules.GetRule(pb.GetRuleRequest(corp_id=CORP, rule_id=before.rule_id))
    assert after.revision == before.revision + 1


@pytest.mark.parametrize(
    ("sent", "paths", "field"),
    [
        (rule_pb2.Rule(), [], "update_mask"),
        (rule_pb2.Rule(owner=member("li")), [], "update_mask"),
        (rule_pb2.Rule(owner=member("li")), ["owner"], "update_mask"),
        (rule_pb2.Rule(), ["rule_id"], "update_mask"),
        (rule_pb2.Rule(), ["display_name", "nonsense"], "update_mask"),
        (rule_pb2.Rule(display_name="x"), ["*", "display_name"], "update_mask"),
        (rule_pb2.Rule(), ["state"], "rule.state"),
        (rule_pb2.Rule(), ["display_name"], "rule.display_name"),
        (rule_pb2.Rule(), ["conditions"], "rule.conditions"),
        (rule_pb2.Rule(), ["conditions.keywords"], "rule.conditions"),
        (rule_pb2.Rule(), ["action"], "rule.action.kind"),
        (rule_pb2.Rule(), ["action.warning_text"], "rule.action.warning_text"),
        (
            rule_pb2.Rule(action=rule_pb2.Action(warning_text="代购!")),
            ["action.warning_text"],
            "rule.action.warning_text",
        ),
        # The text is tested against new keywords as well.
        (rule_pb2.Rule(conditions=asked("DON'T").conditions), ["conditions"], "rule.action.warning_text"),
    ],
)
async def test_an_update_that_is_wrong_changes_nothing(
    gg: AsyncGroupGuard, sent: rule_pb2.Rule, paths: list[str], field: str
) -> None:
    before = await create(gg)
    changed = rule_pb2.Rule()
    changed.CopyFrom(sent)
    changed.rule_id = before.rule_id
    told = await refusal(update(gg, changed, *paths))
    assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert [violated for violated, _ in told.violations] == [field]
    assert before == await gg.rules.GetRule(pb.GetRuleRequest(corp_id=CORP, rule_id=before.rule_id))


async def test_an_update_to_what_is_there_already_is_no_new_revision(gg: AsyncGroupGuard) -> None:
    """Saving a form unchanged neither moves the corp on nor makes anybody else's etag old."""
    before = await create(gg)
    request = pb.UpdateRuleRequest(corp_id=CORP, rule=before)
    request.update_mask.paths.append("*")
    answer = await gg.rules.UpdateRule(request)
    assert answer.rule == before
    request.rule.display_name = "other"
    after = await gg.rules.UpdateRule(request)
    assert after.rule.revision == before.revision + 1
    assert after.rules_revision != answer.rules_revision


async def test_an_old_etag_is_refused_and_the_current_one_told(gg: AsyncGroupGuard) -> None:
    old = await create(gg)
    now = await update(gg, rule_pb2.Rule(rule_id=old.rule_id, display_name="a", etag=old.etag))
    for attempt in (
        update(gg, rule_pb2.Rule(rule_id=old.rule_id, display_name="b", etag=old.etag)),
        gg.rules.DeleteRule(pb.DeleteRuleRequest(corp_id=CORP, rule_id=old.rule_id, etag=old.etag)),
    ):
        told = await refusal(attempt)
        assert (told.code, told.reason) == ("ABORTED", "ETAG_MISMATCH")
        assert told.metadata == {"rule_id": old.rule_id, "etag": now.etag}
    await gg.rules.DeleteRule(pb.DeleteRuleRequest(corp_id=CORP, rule_id=old.rule_id, etag=now.etag))


async def test_updates_without_etag_at_the_same_time_all_happen(gg: AsyncGroupGuard) -> None:
    """Each reads, changes and writes; none may undo another."""
    rule = await create(gg)
    await asyncio.gather(
        update(gg, rule_pb2.Rule(rule_id=rule.rule_id, display_name="new")),
        update(gg, rule_pb2.Rule(rule_id=rule.rule_id, state=rule_pb2.RULE_STATE_SHADOW)),
        update(gg, rule_pb2.Rule(rule_id=rule.rule_id, conditions=asked("新").conditions)),
        update(
            gg,
            rule_pb2.Rule(rule_id=rule.rule_id, action=rule_pb2.Action(warning_text="t")),
            "action.warning_text",
        ),
    )
    now = await gg.rules.GetRule(pb.GetRuleRequest(corp_id=CORP, rule_id=rule.rule_id))
    assert (now.display_name, now.state, now.action.warning_text) == ("new", rule_pb2.RULE_STATE_SHADOW, "t")
    assert [it.text for it in now.conditions.keywords.keywords] == ["新"]
    assert now.revision == rule.revision + 4


async def test_50_creates_at_once_with_room_for_one(store: RedisRuleStore) -> None:
    """Pitfall 34."""
    for _ in range(0, 999, 111):
        await asyncio.gather(*(store.create_rules(a_write(), [a_rule()], EDIT) for _ in range(111)))
    async with rule_service(store) as target, client_of(target) as client:
        answers = await asyncio.gather(*(create(client) for _ in range(50)), return_exceptions=True)
    refused = [failure(it) for it in answers if isinstance(it, grpc.RpcError)]
    assert len(refused) == 49
    assert {(it.code, it.reason) for it in refused} == {("RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED")}
    assert refused[0].metadata == {
        "what": "rules of the super administrators",
        "limit": "1000",
        "current": "1000",
        "asked": "1",
    }
    assert [subject for subject, _ in refused[0].violations] == [f"corp {CORP}"]
    assert len(await store.list_rules(CORP, ADMINS, "", 2000)) == 1000


# Lists


async def listed(gg: AsyncGroupGuard, size: int, owner: rule_pb2.Owner | None = None) -> list[list[str]]:
    pages, token = [], ""
    while True:
        page = await gg.rules.ListRules(
            pb.ListRulesRequest(corp_id=CORP, owner=owner, page_size=size, page_token=token)
        )
        pages.append([rule.rule_id for rule in page.rules])
        token = page.next_page_token
        if not token:
            return pages


async def test_lists_come_in_pages_oldest_first(gg: AsyncGroupGuard) -> None:
    owners = [asked().owner, member("zhang")]
    rules = [await create(gg, asked(owner=owners[number % 2])) for number in range(6)]
    ids = sorted(rule.rule_id for rule in rules)
    mine = sorted(rule.rule_id for rule in rules[1::2])
    assert await listed(gg, 4) == [ids[:4], ids[4:]]
    assert await listed(gg, 3) == [ids[:3], ids[3:]]
    assert await listed(gg, 6) == await listed(gg, 0) == [ids]
    assert await listed(gg, 2, member("zhang")) == [mine[:2], mine[2:]]
    assert await listed(gg, 2, member("li")) == [[]]


async def test_a_page_of_large_rules_is_shorter(gg: AsyncGroupGuard) -> None:
    large = [f"{number:02}{'😀' * 62}" for number in range(100)]
    rules = await asyncio.gather(*(create(gg, asked(*large)) for _ in range(100)))
    pages = await listed(gg, 100)
    assert len(pages) == 2
    assert sorted(id for page in pages for id in page) == sorted(rule.rule_id for rule in rules)


@pytest.mark.parametrize("size", [-1, 1001])
async def test_a_page_size_out_of_range_is_refused(gg: AsyncGroupGuard, size: int) -> None:
    told = await refusal(gg.rules.ListRules(pb.ListRulesRequest(corp_id=CORP, page_size=size)))
    assert told.violations == (("page_size", f"0 to 1000 are allowed, not {size}"),)


async def test_a_page_token_is_good_for_its_query_only(gg: AsyncGroupGuard) -> None:
    for _ in range(3):
        await create(gg)
        await create(gg, asked(owner=strategy("7")))
    first = await gg.rules.ListRules(pb.ListRulesRequest(corp_id=CORP, page_size=1))
    token = first.next_page_token
    assert first.rules[0].rule_id not in token
    for other in (
        pb.ListRulesRequest(corp_id="ww2", page_token=token),
        pb.ListRulesRequest(corp_id=CORP, owner=strategy("7"), page_token=token),
        pb.ListRulesRequest(corp_id=CORP, page_token=token[1:]),
        pb.ListRulesRequest(corp_id=CORP, page_token="nonsense"),
        pb.ListRulesRequest(corp_id=CORP, page_token="é"),
    ):
        told = await refusal(gg.rules.ListRules(other))
        assert [field for field, _ in told.violations] == ["page_token"]
    other_size = await gg.rules.ListRules(pb.ListRulesRequest(corp_id=CORP, page_size=100, page_token=token))
    assert len(other_size.rules) == 5


async def test_ids_that_look_like_other_queries_have_other_tokens(gg: AsyncGroupGuard) -> None:
    """Pitfall 19: keys by concatenation collide."""
    request = pb.ListRulesRequest(corp_id="ww1 member x", page_size=1)
    for _ in range(2):
        await create(gg, corp_id="ww1 member x")
    token = (await gg.rules.ListRules(request)).next_page_token
    alike = pb.ListRulesRequest(corp_id="ww1", owner=member("x None"), page_token=token)
    assert (await refusal(gg.rules.ListRules(alike))).reason == "INVALID_FIELD"


# Groups


async def test_rules_are_bound_and_unbound(gg: AsyncGroupGuard) -> None:
    one, two = await create(gg), await create(gg)
    await upsert(gg, ["a", "b", "c"])

    async def configure(operation: Any, *chat_ids: str) -> list[tuple[str, int, int]]:
        response = await gg.rules.ConfigureGroups(
            pb.ConfigureGroupsRequest(
                corp_id=CORP, operation=operation, rule_ids=[two.rule_id, one.rule_id], chat_ids=chat_ids
            )
        )
        return [(it.rule_id, it.groups_before, it.groups_after) for it in response.results]

    assert await configure(BIND, "a", "c") == [(two.rule_id, 0, 2), (one.rule_id, 0, 2)]
    assert await configure(UNBIND, "a", "b") == [(two.rule_id, 2, 1), (one.rule_id, 2, 1)]
    assert (await gg.rules.GetRule(pb.GetRuleRequest(corp_id=CORP, rule_id=one.rule_id))).group_count == 1


async def test_upserted_groups_come_back_with_their_ordinals(gg: AsyncGroupGuard) -> None:
    wanted = [
        Group(chat_id="b", owner_userid="li", display_name="群", strategy_ids=["7", "8"], ordinal=99),
        Group(chat_id="a", owner_userid="li"),
    ]
    response = await gg.rules.UpsertGroups(pb.UpsertGroupsRequest(corp_id=CORP, groups=wanted))
    wanted[0].ordinal, wanted[1].ordinal = 0, 1
    assert list(response.groups) == wanted
    assert response.created_count == 2
    again = await gg.rules.UpsertGroups(pb.UpsertGroupsRequest(corp_id=CORP, groups=wanted))
    assert (again.created_count, again.rules_revision) == (0, response.rules_revision)


# Repeated calls


async def test_every_write_may_be_repeated_even_after_what_it_wrote_is_gone(gg: AsyncGroupGuard) -> None:
    rule = await create(gg, asked(owner=member("zhang")))
    await upsert(gg, ["a", "b"])
    writes: list[tuple[Callable[[Any], Awaitable[Any]], Any]] = [
        (gg.rules.CreateRule, pb.CreateRuleRequest(corp_id=CORP, rule=asked())),
        (
            gg.rules.UpsertGroups,
            pb.UpsertGroupsRequest(corp_id=CORP, groups=[Group(chat_id="n", owner_userid="u")]),
        ),
        (
            gg.rules.ConfigureGroups,
            pb.ConfigureGroupsRequest(corp_id=CORP, operation=BIND, rule_ids=[rule.rule_id], chat_ids=["a"]),
        ),
        (
            gg.rules.UpdateRule,
            pb.UpdateRuleRequest(
                corp_id=CORP, rule=rule_pb2.Rule(rule_id=rule.rule_id, display_name="n", etag=rule.etag)
            ),
        ),
        (gg.rules.DeleteRule, pb.DeleteRuleRequest(corp_id=CORP, rule_id=rule.rule_id)),
    ]
    for _, request in writes:
        request.request_id = str(uuid.uuid4())
    first = [await call(request) for call, request in writes]
    await upsert(gg, ["a"], owner="li")  # and so the binding would be refused now
    at = (
        await gg.rules.UpsertGroups(
            pb.UpsertGroupsRequest(corp_id=CORP, groups=[Group(chat_id="b", owner_userid="zhang")])
        )
    ).rules_revision
    assert [await call(request) for call, request in writes] == first
    assert (
        await gg.rules.UpsertGroups(
            pb.UpsertGroupsRequest(corp_id=CORP, groups=[Group(chat_id="b", owner_userid="zhang")])
        )
    ).rules_revision == at


async def test_a_request_id_is_good_for_one_body_and_one_method(gg: AsyncGroupGuard) -> None:
    rule = await create(gg)
    await upsert(gg, ["a"])
    id = str(uuid.uuid4())
    await gg.rules.CreateRule(pb.CreateRuleRequest(corp_id=CORP, rule=asked(), request_id=id))
    for attempt in (
        gg.rules.CreateRule(pb.CreateRuleRequest(corp_id=CORP, rule=asked("other"), request_id=id.upper())),
        update(gg, rule_pb2.Rule(rule_id=rule.rule_id, display_name="n"), request_id=id),
        gg.rules.DeleteRule(pb.DeleteRuleRequest(corp_id=CORP, rule_id=rule.rule_id, request_id=id)),
        gg.rules.ConfigureGroups(
            pb.ConfigureGroupsRequest(
                corp_id=CORP, operation=BIND, rule_ids=[rule.rule_id], chat_ids=["a"], request_id=id
            )
        ),
        gg.rules.UpsertGroups(
            pb.UpsertGroupsRequest(corp_id=CORP, groups=[Group(chat_id="b", owner_userid="u")], request_id=id)
        ),
    ):
        told = await refusal(attempt)
        assert (told.code, told.reason) == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED")
        assert told.metadata == {"request_id": id}
    await gg.rules.CreateRule(pb.CreateRuleRequest(corp_id="ww2", rule=asked("other"), request_id=id))


# Refusals


def with_keyword_mode(mode: int) -> rule_pb2.Rule:
    rule = asked()
    rule.conditions.keywords.keywords[0].match_mode = mode  # type: ignore[assignment]
    return rule


@pytest.mark.parametrize(
    ("rule", "field", "description"),
    [
        (asked(owner=rule_pb2.Owner(kind=9)), "rule.owner.kind", "not a value this server knows: 9"),  # type: ignore[arg-type]
        (asked(state=9), "rule.state", "not a value this server knows: 9"),
        (asked(action=rule_pb2.Action(kind=9)), "rule.action.kind", "not a value this server knows: 9"),  # type: ignore[arg-type]
        (
            asked(action=rule_pb2.Action(add_to_blacklist=9)),  # type: ignore[arg-type]
            "rule.action.add_to_blacklist",
            "not a value this server knows: 9",
        ),
        (with_keyword_mode(9), f"{KEYWORDS}[0].match_mode", "not a value this server knows: 9"),
        (asked(owner=rule_pb2.Owner(userid="zhang")), "rule.owner.userid", "must be empty for SUPER_ADMIN"),
        (
            asked(owner=rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_MEMBER, userid="zhang", strategy_id="7")),
            "rule.owner.strategy_id",
            "must be empty for MEMBER",
        ),
        (
            asked(owner=rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_STRATEGY)),
            "rule.owner.strategy_id",
            "1 to 64 bytes are needed, not 0",
        ),
        (
            asked(owner=rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_MEMBER)),
            "rule.owner.userid",
            "1 to 64 bytes are needed, not 0",
        ),
    ],
)
async def test_unknown_values_and_wrong_owners_are_refused(
    gg: AsyncGroupGuard, rule: rule_pb2.Rule, field: str, description: str
) -> None:
    told = await refusal(create(gg, rule))
    assert (told.code, told.reason, told.violations) == (
        "INVALID_ARGUMENT",
        "INVALID_FIELD",
        ((field, description),),
    )


async def test_an_unknown_operation_is_refused(gg: AsyncGroupGuard) -> None:
    request = pb.ConfigureGroupsRequest(corp_id=CORP, operation=9, rule_ids=["r"], chat_ids=["c"])  # type: ignore[arg-type]
    assert (await refusal(gg.rules.ConfigureGroups(request))).violations == (
        ("operation", "not a value this server knows: 9"),
    )


@pytest.mark.parametrize(
    ("method", "request_", "fields"),
    [
        ("CreateRule", pb.CreateRuleRequest(), ["corp_id", "rule"]),
        ("GetRule", pb.GetRuleRequest(), ["corp_id", "rule_id"]),
        ("ListRules", pb.ListRulesRequest(), ["corp_id"]),
        ("UpdateRule", pb.UpdateRuleRequest(), ["corp_id"]),
        ("UpdateRule", pb.UpdateRuleRequest(corp_id=CORP), ["rule.rule_id"]),
        ("DeleteRule", pb.DeleteRuleRequest(), ["corp_id", "rule_id"]),
        ("ConfigureGroups", pb.ConfigureGroupsRequest(), ["corp_id", "operation", "rule_ids", "chat_ids"]),
        ("UpsertGroups", pb.UpsertGroupsRequest(corp_id=CORP), ["groups"]),
        ("CreateRule", pb.CreateRuleRequest(corp_id="c" * 65, rule=asked()), ["corp_id"]),
        ("GetRule", pb.GetRuleRequest(corp_id="c\n", rule_id="r"), ["corp_id"]),
        ("CreateRule", pb.CreateRuleRequest(corp_id=CORP, rule=asked(), request_id="1"), ["request_id"]),
    ],
)
async def test_a_request_without_what_it_needs_is_refused(
    gg: AsyncGroupGuard, method: str, request_: Any, fields: list[str]
) -> None:
    told = await refusal(getattr(gg.rules, method)(request_))
    assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert [field for field, _ in told.violations] == fields


@pytest.mark.parametrize(
    ("request_", "field"),
    [(pb.FetchRulesRequest(), "corp_id"), (pb.FetchRulesRequest(corp_id=CORP, since="x"), "since")],
)
async def test_a_wrong_fetch_is_refused(
    gg: AsyncGroupGuard, request_: pb.FetchRulesRequest, field: str
) -> None:
    async def read() -> None:
        async for _ in gg.rules.FetchRules(request_):
            pass

    assert [violated for violated, _ in (await refusal(read())).violations] == [field]


async def test_what_is_missing_is_not_found(gg: AsyncGroupGuard) -> None:
    for attempt in (
        gg.rules.GetRule(pb.GetRuleRequest(corp_id=CORP, rule_id="gone")),
        update(gg, rule_pb2.Rule(rule_id="gone", display_name="n")),
        gg.rules.DeleteRule(pb.DeleteRuleRequest(corp_id=CORP, rule_id="gone")),
        gg.rules.ConfigureGroups(
            pb.ConfigureGroupsRequest(corp_id=CORP, operation=BIND, rule_ids=["gone"], chat_ids=["a"])
        ),
    ):
        told = await refusal(attempt)
        assert (told.code, told.reason, told.metadata) == ("NOT_FOUND", "RULE_NOT_FOUND", {"rule_id": "gone"})
    rule = await create(gg)
    await upsert(gg, ["a"])
    told = await refusal(
        gg.rules.ConfigureGroups(
            pb.ConfigureGroupsRequest(
                corp_id=CORP, operation=BIND, rule_ids=[rule.rule_id], chat_ids=["x", "a", "y"]
            )
        )
    )
    assert (told.code, told.reason) == ("NOT_FOUND", "GROUP_NOT_FOUND")
    assert told.metadata == {"chat_id": "x", "missing": "2"}


async def test_a_group_of_another_owner_can_not_be_bound(gg: AsyncGroupGuard) -> None:
    rule = await create(gg, asked(owner=member("zhang")))
    await upsert(gg, ["a"], owner="li")
    told = await refusal(
        gg.rules.ConfigureGroups(
            pb.ConfigureGroupsRequest(corp_id=CORP, operation=BIND, rule_ids=[rule.rule_id], chat_ids=["a"])
        )
    )
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "BINDING_NOT_ALLOWED")
    assert told.metadata == {"rule_id": rule.rule_id, "chat_id": "a"}


async def test_at_most_50_violations_arrive_and_all_are_counted(gg: AsyncGroupGuard) -> None:
    """More would not fit into what gRPC carries beside an error."""
    told = await refusal(create(gg, asked(*["字" * 64 + str(number) for number in range(100)])))
    assert (told.code, told.reason, told.metadata) == (
        "INVALID_ARGUMENT",
        "INVALID_FIELD",
        {"violations": "100"},
    )
    assert 30 <= len(told.violations) <= 50
    assert told.violations[0] == (f"{KEYWORDS}[0].text", "at most 64 characters are allowed, not 65")


class Broken:
    """A store that fails in a way nobody thought of."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("redis://:secret@store:6379")


async def test_a_fault_of_the_server_tells_nothing() -> None:
    broken: Any = Broken()
    async with rule_service(broken) as target, client_of(target) as client:
        for attempt in (create(client), client.rules.FetchRules(pb.FetchRulesRequest(corp_id=CORP)).read()):
            told = await refusal(attempt)
            assert (told.code, told.message, told.reason) == ("INTERNAL", "internal error", "INTERNAL")
            assert set(told.metadata) == {"call"}
            assert "secret" not in repr(told)
