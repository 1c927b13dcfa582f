"""What each mode finds, and how the finds are told."""

from __future__ import annotations

import pytest

from groupguard.filter.v1.verdict_pb2 import CONDITION_KEYWORDS, MESSAGE_PART_TEXT
from groupguard.rule.v1.rule_pb2 import (
    MATCH_MODE_EXACT,
    MATCH_MODE_FOLDED,
    MATCH_MODE_HOMOPHONE,
    MATCH_MODE_UNSPECIFIED,
    MatchMode,
)
from support.corp import Corp, texts


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("加微信", "姐妹们加微信吧", ["加微信"]),
        ("vx", "加VX1234", ["VX"]),
        ("VX", "加ｖｘ聊", ["ｖｘ"]),
        ("ＶＸ", "我的Vx：abc", ["Vx"]),
        ("ass", "this class is full", []),
        ("ass", "kiss my ass!", ["ass"]),
        ("sb", "has been", []),
        ("vx", "vxx", []),
        ("400", "电话14005", []),
        ("400", "电话４００转一", ["４００"]),
        ("a1", "ba1", []),
        ("a1", "a12", []),
        ("谢", "谢谢", ["谢", "谢"]),
        ("哈哈", "哈哈哈", ["哈哈", "哈哈"]),
        ("ΣΑΣ", "σας", ["σας"]),
        ("straße", "STRASSE", []),
        ("ｶﾞ", "ガ", []),
        ("c++", "会C++的来", ["C++"]),
        ("😀加", "😀加我", ["😀加"]),
    ],
)
def test_exact_finds_up_to_case_and_width_between_class_borders(
    corp: Corp, keyword: str, text: str, found: list[str]
) -> None:
    """A keyword is found in another case or width, and never inside a longer run of letters or digits."""
    corp.rule(keyword, match_mode=MATCH_MODE_EXACT)
    verdict = corp.say(text)
    assert texts(verdict, text) == found
    assert verdict.hit_count == len(found)
    assert {hit.match_mode for hit in verdict.hits} <= {MATCH_MODE_EXACT}


@pytest.mark.parametrize(
    ("keyword", "mode", "text", "found"),
    [
        ("加微信", MATCH_MODE_UNSPECIFIED, "请加❤微.信[微笑]聊", ["加❤微.信"]),
        ("代开发票", MATCH_MODE_FOLDED, "專業代開發漂", []),
        ("代开发票", MATCH_MODE_FOLDED, "專業代開\u200b發票", ["代開\u200b發票"]),
        ("代开发票", MATCH_MODE_HOMOPHONE, "專業代開發漂", ["代開發漂"]),
        ("加微信", MATCH_MODE_HOMOPHONE, "佳薇芯", ["佳薇芯"]),
        ("加微信", MATCH_MODE_FOLDED, "佳薇芯", []),
        ("微信", MATCH_MODE_HOMOPHONE, "jia weixin hao", ["weixin"]),
        ("13812345678", MATCH_MODE_FOLDED, "一三八①②③４５6-7-8", ["一三八①②③４５6-7-8"]),
        ("谢", MATCH_MODE_UNSPECIFIED, "谢谢", ["谢", "谢"]),  # fit for EXACT only
    ],
)
def test_disguises_are_found_as_the_mode_allows(
    corp: Corp, keyword: str, mode: MatchMode.ValueType, text: str, found: list[str]
) -> None:
    """The span is all that the disguise takes."""
    corp.rule(keyword, match_mode=mode)
    assert texts(corp.say(text), text) == found


def test_spans_slice_the_text_as_it_was_sent(corp: Corp) -> None:
    """Offsets count code points of the original, behind emoji, combining marks and full-width letters too."""
    corp.rule("加微信", "vx")
    text = "😀👨‍👩‍👧é加微信🎉ＶＸ：abc"
    verdict = corp.say(text)

    assert texts(verdict, text) == ["加微信", "ＶＸ"]
    assert {hit.keyword for hit in verdict.hits} == {"加微信", "vx"}
    assert {hit.condition for hit in verdict.hits} == {CONDITION_KEYWORDS}
    assert {hit.part for hit in verdict.hits} == {MESSAGE_PART_TEXT}


def test_overlapping_keywords_are_all_found_the_longest_first(corp: Corp) -> None:
    """A long keyword hides no shorter one inside it."""
    corp.rule("免费领取", "免费", "费领", "领取名师")
    text = "免费领取名师资料"
    assert texts(corp.say(text), text) == ["免费领取", "领取名师", "免费", "费领"]


def test_one_place_found_by_two_rules_is_two_hits(corp: Corp) -> None:
    """Equal keywords of several rules each count for their own rule."""
    first, second = corp.rule("刷单", "日结"), corp.rule("刷单")
    found = [(hit.rule_id, hit.keyword) for hit in corp.say("刷单吗").hits]
    assert found == [(first.rule_id, "刷单"), (second.rule_id, "刷单")]


def test_of_many_hits_the_hundred_longest_are_listed_and_all_are_counted(corp: Corp) -> None:
    """`hit_count` tells the whole number; what is left out is never longer than what is listed."""
    corp.rule("刷", "刷单赚钱")
    text = "刷单赚钱，" * 60 + "刷" * 90
    verdict = corp.say(text)

    assert verdict.hit_count == 60 + 150
    sizes = [hit.span.end - hit.span.start for hit in verdict.hits]
    assert sizes == [4] * 60 + [1] * 40
