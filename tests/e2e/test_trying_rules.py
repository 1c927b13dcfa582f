"""TestRule over real services: what a rule that is not saved finds in samples, and how that is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
import pytest
import redis
from google.protobuf.json_format import ParseDict

from groupguard.common.v1 import message_type_pb2 as types
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE
from groupguard.filter.v1 import filter_service_pb2 as pb
from groupguard.filter.v1 import verdict_pb2 as verdict
from groupguard.filter.v1.message_pb2 import Content, TextContent
from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1.rule_service_pb2 import CreateRuleRequest, ValidateRuleRequest
from groupguard_client import Failure, GroupGuard, failure
from service_kit.embedded import EmbeddedStore
from support.corp import CHAT, Corp
from support.rules import asked

CORP = "wwTrial"
MODES = {
    "exact": rule_pb2.MATCH_MODE_EXACT,
    "folded": rule_pb2.MATCH_MODE_FOLDED,
    "homophone": rule_pb2.MATCH_MODE_HOMOPHONE,
}


def draft(*keywords: str, mode: str = "", allow: Sequence[str] = (), **fields: Any) -> rule_pb2.Rule:
    """A rule, as it could be created, that looks for keywords under one mode."""
    rule = asked(*keywords, **fields)
    rule.action.warning_text = "😶"
    for keyword in rule.conditions.keywords.keywords if mode else ():
        keyword.match_mode = MODES[mode]
    rule.conditions.keywords.allow_phrases.extend(allow)
    return rule


def typed(**condition: Any) -> rule_pb2.Rule:
    """A rule about sorts of message, and about no keyword."""
    rule = draft(conditions=rule_pb2.Conditions(message_types=rule_pb2.MessageTypeCondition(**condition)))
    rule.conditions.ClearField("keywords")
    return rule


def text(content: str) -> Content:
    return Content(text=TextContent(content=content))


def content(fields: dict[str, Any]) -> Content:
    return ParseDict(fields, Content())


def tried(
    gg: GroupGuard, rule: rule_pb2.Rule, *samples: str | Content, corp_id: str = CORP
) -> pb.TestRuleResponse:
    """What a trial answers; samples may be given as texts."""
    contents = [text(sample) if isinstance(sample, str) else sample for sample in samples]
    return gg.filter.TestRule(pb.TestRuleRequest(corp_id=corp_id, rule=rule, samples=contents))


def refused(call: Any, *arguments: Any) -> Failure:
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments)
    return failure(caught.value)


@pytest.mark.parametrize(
    "before",
    ["", "你好", "😀👨‍👩‍👧", "𠮷𝐱", "e\u0301🇨🇳\u200b"],
    ids=["none", "han", "emoji", "astral", "marks"],
)
def test_spans_count_code_points_whatever_stands_before(gg: GroupGuard, before: str) -> None:
    """The span cuts the hit out of the text as it was sent."""
    [result] = tried(gg, draft("加微信"), f"{before} 加微信吧").results
    [hit] = result.hits
    start = len(before) + 1
    assert (hit.span.start, hit.span.end) == (start, start + 3)
    assert (hit.keyword, hit.match_mode) == ("加微信", rule_pb2.MATCH_MODE_FOLDED)
    assert (hit.condition, hit.part) == (verdict.CONDITION_KEYWORDS, verdict.MESSAGE_PART_TEXT)
    assert result.hit_count == 1
    assert not hit.foldings
    assert not hit.explanation


FOLDINGS = [
    # keyword, mode, written, kind, folded, read as, what people are told
    ("VX号", "exact", "vX号", "CASE", "v", "V", "v = V (letter case)"),
    ("VX号", "exact", "ＶX号", "WIDTH", "Ｖ", "V", "Ｖ = V (width)"),
    ("加微信", "folded", "加\u200b微信", "INVISIBLE", "\u200b", "", "zero-width removed"),
    ("加微信", "folded", "加*微信", "NOISE", "*", "", "noise removed"),
    ("加微信", "folded", "加[微笑]微信", "NOISE", "[微笑]", "", "noise removed"),
    ("加微信", "folded", "加😀微信", "NOISE", "😀", "", "noise removed"),
    ("发票", "folded", "發票", "TRADITIONAL", "發", "发", "發 = 发 (traditional)"),
    ("vx号", "folded", "Ⓥx号", "LETTER_FORM", "Ⓥ", "v", "Ⓥ = v (letter form)"),
    ("vx号", "folded", "vх号", "LOOK_ALIKE", "х", "x", "х = x (looks alike)"),
    ("加138", "folded", "加①38", "DIGIT_FORM", "①", "1", "① = 1 (digit form)"),
    ("加138", "folded", "加一三八", "HAN_NUMERAL", "一", "1", "一 = 1 (numeral)"),
    ("加微信", "folded", "加加加微信", "REPEAT", "加加加", "加", "repeats cut"),
    ("微信", "homophone", "薇信", "SOUND", "薇", "微", "薇 = 微 (same sound)"),
    ("微信", "homophone", "weixin", "PINYIN", "weixin", "微信", "weixin = 微信 (pinyin)"),
    ("加微信", "homophone", "加 weixin", "PINYIN", "wei", "微", "wei = 微 (pinyin)"),
]


@pytest.mark.parametrize(
    ("keyword", "mode", "written", "kind", "folded", "read_as", "told"),
    FOLDINGS,
    ids=[f"{row[3]}-{row[2].encode('unicode_escape').decode()}" for row in FOLDINGS],
)
def test_each_folding_is_told_to_programs_and_to_people(
    gg: GroupGuard, keyword: str, mode: str, written: str, kind: str, folded: str, read_as: str, told: str
) -> None:
    """Its kind, what was written, and what it was read as; the hit covers all that was written, and nothing else."""
    sample = f"🎉，{written}，好的"
    [result] = tried(gg, draft(keyword, mode=mode), sample).results
    [hit] = result.hits
    assert sample[hit.span.start : hit.span.end] == written
    assert (hit.keyword, hit.match_mode) == (keyword, MODES[mode])
    found = [(it.kind, it.written, it.read_as) for it in hit.foldings]
    assert (verdict.FoldingKind.Value(f"FOLDING_KIND_{kind}"), folded, read_as) in found
    assert hit.explanation.startswith(f"{written.replace(chr(0x200B), chr(92) + 'u200b')} → {keyword}: ")
    assert told in hit.explanation


def test_an_allow_phrase_excuses_what_lies_in_it_and_nothing_else(gg: GroupGuard) -> None:
    """The excused keyword is told apart from the same one elsewhere in the sample."""
    [result] = tried(gg, draft("口交", allow=["路口交通"]), "路口交通拥堵，口交").results
    assert [(hit.span.start, hit.span.end) for hit in result.hits] == [(7, 9)]
    assert [(hit.span.start, hit.span.end, hit.keyword) for hit in result.excused] == [(1, 3, "口交")]
    assert result.hit_count == 1


def test_what_a_whitelist_welcomes_excuses_the_keywords_on_it(gg: GroupGuard) -> None:
    """A card wholly, a URL within a text just itself; other pages are hits with the page named."""
    rule = draft(
        "刷单",
        "vip",
        conditions=rule_pb2.Conditions(
            message_types=rule_pb2.MessageTypeCondition(
                types=[types.MESSAGE_TYPE_LINK], web_whitelist=["ok.com"]
            )
        ),
    )
    answer = tried(
        gg,
        rule,
        content({"link": {"title": "刷单攻略", "url": "https://ok.com/a"}}),
        content({"link": {"title": "刷单攻略", "url": "https://Evil.com:443/a?b"}}),
        "vip看 ok.com/vip 吧",
    )
    card, strange, written = answer.results
    assert not card.hits
    assert [(hit.keyword, hit.part) for hit in card.excused] == [("刷单", verdict.MESSAGE_PART_TITLE)]
    assert {(hit.message_type, hit.web_page) for hit in strange.hits if hit.message_type} == {
        (types.MESSAGE_TYPE_LINK, "evil.com/a")
    }
    assert [hit.keyword for hit in strange.hits if hit.keyword] == ["刷单"]
    assert not strange.excused
    assert [hit.span.start for hit in written.hits] == [0]
    assert [hit.span.start for hit in written.excused] == [12]


def test_urls_in_texts_and_sorts_of_message_are_hits(gg: GroupGuard) -> None:
    """A URL with its span and page, a message as a whole without a part, an item with its path."""
    rule = typed(types=[types.MESSAGE_TYPE_LINK, types.MESSAGE_TYPE_IMAGE, types.MESSAGE_TYPE_QR_CODE])
    answer = tried(
        gg,
        rule,
        "😀访问evil.com/x吧",
        content({"image": {}, "has_qr_code": True}),
        content({"mixed": {"items": [{"text": {"content": "看"}}, {"image": {}}]}}),
        "没有",
    )
    url, picture, mixed, nothing = answer.results
    [hit] = url.hits
    assert (hit.message_type, hit.part) == (types.MESSAGE_TYPE_LINK, verdict.MESSAGE_PART_TEXT)
    assert (hit.span.start, hit.web_page) == (3, "evil.com/x")
    assert {hit.message_type for hit in picture.hits} == {
        types.MESSAGE_TYPE_IMAGE,
        types.MESSAGE_TYPE_QR_CODE,
    }
    assert not any(hit.part or hit.HasField("span") for hit in picture.hits)
    assert [(hit.message_type, list(hit.item_path)) for hit in mixed.hits] == [
        (types.MESSAGE_TYPE_IMAGE, [1])
    ]
    assert (len(nothing.hits), nothing.hit_count) == (0, 0)
    assert not answer.not_evaluated


def test_the_hundred_longest_hits_are_listed_and_all_are_counted(gg: GroupGuard) -> None:
    """Of excused keywords too; what is left out is never longer than what is listed."""
    rule = draft("刷单", "刷单赚钱", "代购", allow=["代购群"])
    sample = "刷单，" * 90 + "刷单赚钱，" * 60 + "代购群，" * 120
    [result] = tried(gg, rule, sample).results
    assert result.hit_count == 90 + 60 * 2
    assert [hit.span.end - hit.span.start for hit in result.hits] == [4] * 60 + [2] * 40
    assert len(result.excused) == 100


def test_results_come_in_the_order_asked_up_to_a_hundred(gg: GroupGuard) -> None:
    """One result for each of 100 samples, those without a hit too."""
    samples = [f"第{number}条" + "刷单，" * (number % 3) for number in range(100)]
    results = tried(gg, draft("刷单"), *samples).results
    assert [result.hit_count for result in results] == [number % 3 for number in range(100)]


@pytest.mark.parametrize("count", [0, 101])
def test_none_and_more_than_a_hundred_samples_are_refused(gg: GroupGuard, count: int) -> None:
    """With the limit and the number."""
    told = refused(tried, gg, draft("刷单"), *["x"] * count)
    assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert told.violations == (("samples", f"1 to 100 are allowed, not {count}"),)


def test_a_bad_sample_is_named_by_its_place_together_with_a_bad_rule(gg: GroupGuard) -> None:
    """Everything that is wrong is said at once."""
    samples = ["好", "长" * 10_001, "好", Content(), content({"image": {"md5sum": "x"}})]
    told = refused(tried, gg, draft("刷单"), *samples)
    assert told.code == "INVALID_ARGUMENT"
    named = [field for field, _ in told.violations]
    assert named == ["samples[1].text.content", "samples[3].text", "samples[4].image.md5sum"]
    told = refused(tried, gg, draft("刷单", display_name="n" * 65), *samples)
    assert [field for field, _ in told.violations] == ["rule.display_name", *named]


REFUSED = [
    None,
    rule_pb2.Rule(),
    draft("a", "ａ", "", display_name="n" * 65),
    draft("加微信", mode="exact", action=rule_pb2.Action(warnings_before_kick=2)),
    draft("😀", mode="homophone"),
    typed(types=[types.MESSAGE_TYPE_LINK] * 2, web_whitelist=["com.cn"]),
    draft("x", state=9),
]


@pytest.mark.parametrize("rule", REFUSED, ids=range(len(REFUSED)))
def test_what_create_rule_refuses_is_refused_in_the_same_words(
    gg: GroupGuard, rule: rule_pb2.Rule | None
) -> None:
    """The same fields, the same descriptions, in the same order."""
    asked_for = CreateRuleRequest(corp_id=CORP, rule=rule)
    told = refused(gg.filter.TestRule, pb.TestRuleRequest(corp_id=CORP, rule=rule, samples=[text("x")]))
    assert told.code == "INVALID_ARGUMENT"
    assert told == refused(gg.rules.CreateRule, asked_for)
    assert told.violations


@pytest.mark.parametrize("state", [0, 1, 2, 3], ids=["unset", "enabled", "shadow", "disabled"])
def test_the_state_of_a_rule_does_not_matter(gg: GroupGuard, state: rule_pb2.RuleState.ValueType) -> None:
    """It is tried as if it were enabled, and shown as it would be kept."""
    answer = tried(gg, draft("刷单", state=state), "刷单")
    assert answer.results[0].hit_count == 1
    assert answer.rule.state == (state or rule_pb2.RULE_STATE_DISABLED)


def test_the_rule_and_the_warnings_are_those_of_rule_service(gg: GroupGuard) -> None:
    """With modes chosen, defaults filled in, and what the caller can't give left out; hits name no saved rule."""
    rule = draft("國家", "v", rule_id="mine", etag="9", revision=7, state=rule_pb2.RULE_STATE_SHADOW)
    known = gg.rules.ValidateRule(ValidateRuleRequest(corp_id=CORP, rule=rule))
    answer = tried(gg, rule, "国家")
    assert answer.rule == known.rule
    assert answer.warnings == known.warnings
    assert {warning.keyword for warning in answer.warnings} == {"國家"}
    assert [keyword.match_mode for keyword in answer.rule.conditions.keywords.keywords] == [
        rule_pb2.MATCH_MODE_FOLDED,
        rule_pb2.MATCH_MODE_EXACT,
    ]
    [hit] = answer.results[0].hits
    assert (hit.rule_id, hit.rule_revision) == ("", 0)


def test_conditions_that_a_sample_cannot_be_tried_by_are_named(gg: GroupGuard) -> None:
    """The others are tried."""
    rule = draft("刷单")
    assert not tried(gg, rule, "刷单").not_evaluated
    rule.conditions.frequency.max_messages = 5
    rule.conditions.frequency.window.seconds = 60
    answer = tried(gg, rule, "刷单")
    [skipped] = answer.not_evaluated
    assert (skipped.check, skipped.reason) == (verdict.CHECK_CONDITIONS, verdict.SKIP_REASON_UNSUPPORTED)
    assert not skipped.rule_ids
    assert answer.results[0].hit_count == 1


def test_nothing_is_written_and_nothing_is_counted(corp: Corp, suite_store: EmbeddedStore) -> None:
    """No revision, no rule, no strike; the corp's own rules are not asked."""
    corp.rule("代购")
    stores = [redis.Redis.from_url(url) for url in (suite_store.durable_url, suite_store.ephemeral_url)]

    def kept() -> list[dict[bytes, bytes | None]]:
        return [
            {key: store.dump(key) for key in store.scan_iter(f"*{corp.id}*", count=1_000)} for store in stores
        ]

    before = kept()
    assert before[0], "the test looks at no key"
    rule = draft("刷单")
    rule.action.kind = rule_pb2.ACTION_KIND_KICK_AFTER_WARNINGS
    rule.action.add_to_blacklist = BLACKLIST_KIND_ENTERPRISE
    for _ in range(3):
        answer = tried(corp.gg, rule, "刷单 代购", corp_id=corp.id)
        assert [hit.keyword for hit in answer.results[0].hits] == ["刷单"]
    assert kept() == before
    assert corp.say("刷单", chat=CHAT).hit_count == 0
    for store in stores:
        store.close()
