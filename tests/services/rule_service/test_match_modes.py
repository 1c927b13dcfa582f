"""Match modes through RuleService: chosen, kept, refused; and what they mean for rules that are there already."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from groupguard.rule.v1 import rule_pb2, templates_pb2, transfer_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1.history_pb2 import ListRuleRevisionsRequest, RestoreRuleRequest
from groupguard_client import AsyncGroupGuard, Failure, failure
from rule_service.domain.condition_validation import condition_violations
from rule_service.domain.conditions import Conditions, Keyword, KeywordCondition
from rule_service.domain.match_modes import default_mode
from rule_service.redis_store import RedisRuleStore
from rule_service.redis_store.keys import RuleKeys
from service_kit.matching import MatchMode, why_unfit
from service_kit.redis_client import StoreClient
from support.rules import CORP, EDIT, a_rule, a_write, asked, create

EXACT, FOLDED, HOMOPHONE = MatchMode
UNSPECIFIED_PB = rule_pb2.MATCH_MODE_UNSPECIFIED
EXACT_PB, FOLDED_PB = rule_pb2.MATCH_MODE_EXACT, rule_pb2.MATCH_MODE_FOLDED
HOMOPHONE_PB = rule_pb2.MATCH_MODE_HOMOPHONE
KEYWORDS = "rule.conditions.keywords.keywords"


def with_modes(
    *keywords: tuple[str, rule_pb2.MatchMode.ValueType], phrases: tuple[str, ...] = ()
) -> rule_pb2.Rule:
    rule = asked()
    listed = [rule_pb2.Keyword(text=text, match_mode=mode) for text, mode in keywords]
    rule.conditions.keywords.CopyFrom(rule_pb2.KeywordCondition(keywords=listed, allow_phrases=phrases))
    return rule


def modes(rule: rule_pb2.Rule) -> dict[str, rule_pb2.MatchMode.ValueType]:
    return {it.text: it.match_mode for it in rule.conditions.keywords.keywords}


async def refused(gg: AsyncGroupGuard, rule: rule_pb2.Rule) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await create(gg, rule)
    return failure(caught.value)


async def get(gg: AsyncGroupGuard, rule_id: str, corp_id: str = CORP) -> rule_pb2.Rule:
    return await gg.rules.GetRule(pb.GetRuleRequest(corp_id=corp_id, rule_id=rule_id))


async def test_a_keyword_without_a_mode_is_folded_where_it_can_be(gg: AsyncGroupGuard) -> None:
    """The answer says which: EXACT for a single character and for what holds marks, spaces or emoji."""
    made = await create(gg, asked("加微信", "vx", "v", "字", "加 V", "+微信", "😀", "8折！"))
    folded = {text for text, mode in modes(made).items() if mode == FOLDED_PB}
    assert folded == {"加微信", "vx"}
    assert {mode for text, mode in modes(made).items() if text not in folded} == {EXACT_PB}
    assert await get(gg, made.rule_id) == made


async def test_modes_are_kept_wherever_a_rule_goes(gg: AsyncGroupGuard) -> None:
    """Reading, fetching, history, restoring, exporting and importing: each mode stays what it is."""
    wanted = {"微信": HOMOPHONE_PB, "代购": FOLDED_PB, "刷单": EXACT_PB, "v": EXACT_PB}
    made = await create(gg, with_modes(*wanted.items()))
    assert modes(made) == wanted
    changed = pb.UpdateRuleRequest(corp_id=CORP, rule=with_modes(("别的", EXACT_PB)))
    changed.rule.rule_id = made.rule_id
    changed.update_mask.CopyFrom(FieldMask(paths=["conditions"]))
    await gg.rules.UpdateRule(changed)
    restored = await gg.rules.RestoreRule(
        RestoreRuleRequest(corp_id=CORP, rule_id=made.rule_id, revision=made.revision)
    )
    history = await gg.rules.ListRuleRevisions(ListRuleRevisionsRequest(corp_id=CORP, rule_id=made.rule_id))
    chunks = [it async for it in gg.rules.FetchRules(pb.FetchRulesRequest(corp_id=CORP))]
    await imported(gg, await exported(gg))
    for rule in (
        restored.rule,
        history.revisions[0].after,
        history.revisions[-1].after,
        chunks[0].changes[0].rule,
        await get(gg, made.rule_id, "ww2"),
    ):
        assert modes(rule) == wanted


async def exported(gg: AsyncGroupGuard) -> list[transfer_pb2.CorpRecord]:
    parts = [it async for it in gg.rules.ExportCorp(transfer_pb2.ExportCorpRequest(corp_id=CORP))]
    return [record for part in parts for record in part.records]


async def imported(gg: AsyncGroupGuard, records: list[transfer_pb2.CorpRecord]) -> None:
    async def parts() -> AsyncIterator[transfer_pb2.ImportCorpRequest]:
        yield transfer_pb2.ImportCorpRequest(corp_id="ww2", records=records)

    assert [it.changed_count async for it in gg.rules.ImportCorp(parts())] == [len(records)]


async def test_changing_another_field_changes_no_mode(gg: AsyncGroupGuard) -> None:
    """A keyword that was EXACT by choice stays so; new ones without a mode are folded."""
    made = await create(gg, with_modes(("代购", EXACT_PB)))
    update = pb.UpdateRuleRequest(corp_id=CORP, rule=rule_pb2.Rule(rule_id=made.rule_id, display_name="new"))
    assert modes((await gg.rules.UpdateRule(update)).rule) == {"代购": EXACT_PB}
    update = pb.UpdateRuleRequest(corp_id=CORP, rule=asked("刷单", rule_id=made.rule_id))
    assert modes((await gg.rules.UpdateRule(update)).rule) == {"刷单": FOLDED_PB}


@pytest.mark.parametrize("stored", [b',"match_mode":"exact"', b""])
async def test_rules_from_before_there_were_modes_stay_exact(
    store: RedisRuleStore, redis: StoreClient, stored: bytes
) -> None:
    """Whether the store has their mode or none."""
    rule = a_rule("代购")
    await store.create_rules(a_write(), [rule], EDIT)
    keys = RuleKeys(CORP)
    record: bytes = await redis.hget(keys.rules, rule.rule_id)  # type: ignore[assignment]
    before = b',"match_mode":"exact"'
    assert before in record
    await redis.hset(keys.rules, rule.rule_id, record.replace(before, stored))
    [read] = await store.get_rules(CORP, [rule.rule_id])
    assert read.rule == rule
    assert read.rule.conditions.keywords == KeywordCondition((Keyword("代购", EXACT),))


@pytest.mark.parametrize("mode", [FOLDED_PB, HOMOPHONE_PB])
async def test_a_mode_that_a_keyword_cannot_have_is_refused(
    gg: AsyncGroupGuard, mode: rule_pb2.MatchMode.ValueType
) -> None:
    """Each such keyword by its place, with the reason and the mode that would do; all others stay unnamed."""
    name = rule_pb2.MatchMode.Name(mode).removeprefix("MATCH_MODE_")
    words = ["代购", "字", "加 微", "😀", "刷单"]
    told = await refused(gg, with_modes(*((word, mode) for word in words)))
    reasons = {word: why_unfit(word, MatchMode[name]) for word in words}
    assert told.reason == "INVALID_FIELD"
    assert told.violations == tuple(
        (f"{KEYWORDS}[{index}].match_mode", f"{word!r} can't be {name}: {reasons[word]}; EXACT would do")
        for index, word in enumerate(words)
        if index in (1, 2, 3)
    )
    assert set(modes(await create(gg, with_modes(*((word, EXACT_PB) for word in words)))).values()) == {
        EXACT_PB
    }


async def test_what_is_wrong_with_a_text_is_told_instead_of_its_mode(gg: AsyncGroupGuard) -> None:
    """Blank and too long keywords have one violation each, whatever their mode."""
    told = await refused(
        gg,
        with_modes(("\u200b", FOLDED_PB), ("字！" * 33, FOLDED_PB), ("x", 9), ("代购", FOLDED_PB)),  # type: ignore[arg-type]
    )
    assert sorted(field for field, _ in told.violations) == [
        f"{KEYWORDS}[0].text",
        f"{KEYWORDS}[1].text",
        f"{KEYWORDS}[2].match_mode",
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("發票", FOLDED), ("发票", FOLDED), True),
        (("發票", HOMOPHONE), ("发票", FOLDED), True),
        (("發票", EXACT), ("发票", FOLDED), False),
        (("发票", HOMOPHONE), ("發票", EXACT), False),
        (("發票", EXACT), ("发票", EXACT), False),
        (("ＶＸ", EXACT), ("vx", EXACT), True),
        (("ＶＸ", EXACT), ("vx", FOLDED), True),
        (("微信", HOMOPHONE), ("威信", HOMOPHONE), False),
        (("a.b", EXACT), ("ab", FOLDED), False),
        (("!!", EXACT), ("??", EXACT), False),
        (("!!", FOLDED), ("??", FOLDED), False),
    ],
)
def test_keywords_are_the_same_by_the_stricter_of_their_modes(
    one: tuple[str, MatchMode], other: tuple[str, MatchMode], same: bool
) -> None:
    """In either order; the later one is named with the place of the earlier."""
    for pair in ((one, other), (other, one)):
        words = KeywordCondition((Keyword("代购"), *(Keyword(*it) for it in pair)))
        wrong = condition_violations(Conditions(keywords=words), "rule.conditions")
        told = [(it.field, it.description) for it in wrong if it.field.endswith(".text")]
        expected = [(f"{KEYWORDS}[2].text", "the same as keywords[1].text after folding")]
        assert told == (expected if same else [])


def test_the_earliest_of_several_same_keywords_is_named() -> None:
    """A keyword may be the same as one by the spelling and as another by the folding."""
    words = KeywordCondition((Keyword("發票", FOLDED), Keyword("发票", EXACT), Keyword("发票", FOLDED)))
    [wrong] = condition_violations(Conditions(keywords=words), "c")
    assert (wrong.field, wrong.description) == (
        "c.keywords.keywords[2].text",
        "the same as keywords[0].text after folding",
    )


async def test_old_rules_whose_words_fold_alike_come_back_and_in(
    gg: AsyncGroupGuard, one_store: RedisRuleStore
) -> None:
    """發票 and 发票 were two keywords, and two allow phrases, before there were modes."""
    words = KeywordCondition((Keyword("發票"), Keyword("发票")), ("开發票", "开发票"))
    old = a_rule(conditions=Conditions(words, words))
    [stored], _ = await one_store.create_rules(a_write(), [old], EDIT)
    await gg.rules.DeleteRule(pb.DeleteRuleRequest(corp_id=CORP, rule_id=old.rule_id))
    restored = await gg.rules.RestoreRule(
        RestoreRuleRequest(corp_id=CORP, rule_id=old.rule_id, revision=stored.revision)
    )
    assert modes(restored.rule) == {"發票": EXACT_PB, "发票": EXACT_PB}
    await imported(gg, await exported(gg))
    assert (await get(gg, old.rule_id, "ww2")).conditions == restored.rule.conditions
    told = await refused(gg, asked("發票", "发票"))
    assert told.violations == ((f"{KEYWORDS}[1].text", "the same as keywords[0].text after folding"),)


@pytest.mark.parametrize(
    ("keyword", "mode", "text", "held"),
    [
        ("发票", EXACT_PB, "請勿發票", False),
        ("发票", FOLDED_PB, "請勿發票", True),
        ("发票", FOLDED_PB, "請勿發-票", True),
        ("微信", FOLDED_PB, "保持威信", False),
        ("微信", HOMOPHONE_PB, "保持威信", True),
        ("，", UNSPECIFIED_PB, "请勿，打扰", True),
        ("勿", UNSPECIFIED_PB, "请勿打扰", True),
    ],
)
async def test_a_warning_may_not_hold_what_a_keyword_finds_in_its_mode(
    gg: AsyncGroupGuard, keyword: str, mode: rule_pb2.MatchMode.ValueType, text: str, held: bool
) -> None:
    """Of either list of keywords."""
    for name in ("keywords", "nickname_keywords"):
        rule = asked(action=rule_pb2.Action(warning_text=text))
        listed = rule_pb2.KeywordCondition(keywords=[rule_pb2.Keyword(text=keyword, match_mode=mode)])
        rule.conditions.CopyFrom(rule_pb2.Conditions(**{name: listed}))  # type: ignore[arg-type]
        if held:
            assert (await refused(gg, rule)).violations == (
                ("rule.action.warning_text", f"holds the rule's keyword {keyword!r}"),
            )
        else:
            await create(gg, rule)


async def test_keywords_of_templates_and_competitors_have_the_default_mode(gg: AsyncGroupGuard) -> None:
    """FOLDED where they can be, so that an advert in traditional characters is found as well."""
    made = await gg.rules.CreateRulesFromTemplate(
        templates_pb2.CreateRulesFromTemplateRequest(
            corp_id=CORP,
            template=templates_pb2.RULE_TEMPLATE_EDUCATION,
            owner=asked().owner,
            competitor_names=["张家烤鱼", "Lee's Noodles"],
        )
    )
    listed = {
        (it.text, it.match_mode)
        for rule in made.rules
        for condition in (rule.conditions.keywords, rule.conditions.nickname_keywords)
        for it in condition.keywords
    }
    by_mode = {FOLDED: FOLDED_PB, EXACT: EXACT_PB}
    assert listed == {(text, by_mode[default_mode(text)]) for text, _ in listed}
    assert {("张家烤鱼", FOLDED_PB), ("Lee's Noodles", EXACT_PB), ("加微信", FOLDED_PB)} <= listed


async def test_too_many_keywords_are_told_without_looking_at_each(gg: AsyncGroupGuard) -> None:
    """Their number is the violation: what they fold to would only take time."""
    told = await refused(gg, with_modes(*[("加 微", FOLDED_PB)] * 101))
    assert told.violations == ((KEYWORDS, "1 to 100 are allowed, not 101"),)
