"""What other matchers got wrong, and where this one did: each by name."""

from __future__ import annotations

import pytest

from service_kit.matching import (
    FoldingKind,
    MatchMode,
    contains,
    finding,
    foldings,
    patterns,
    scan,
    why_unfit,
)
from service_kit.matching.finders import by_mode
from service_kit.matching.pinyin import MOST_READINGS, all_sounds

EXACT, FOLDED, HOMOPHONE = MatchMode
TOLERANT = pytest.mark.parametrize("mode", [FOLDED, HOMOPHONE], ids=lambda mode: mode.value)
ALL = pytest.mark.parametrize("mode", MatchMode, ids=lambda mode: mode.value)


def found(text: str, *keywords: str, mode: MatchMode = FOLDED) -> list[tuple[str, str]]:
    """Scans for keywords at once: (what the message shows there, the keyword), in order of place."""
    looked_for = {pattern: keyword for keyword in keywords for pattern in patterns(keyword, mode)}
    hits = scan(text, by_mode({mode: finding(looked_for)}))
    return [(text[begin:end], keyword) for begin, end, keyword in sorted(hits)]


@ALL
def test_pitfall_4_allow_phrases_are_found_with_their_own_spans(mode: MatchMode) -> None:
    """A hit and the longer phrase around it, or the one beside it, are told apart by their places."""
    assert found("路口交通，口交", "口交", "路口交通", mode=mode) == [
        ("路口交通", "路口交通"),
        ("口交", "口交"),
        ("口交", "口交"),
    ]


@ALL
def test_pitfall_5_overlapping_hits_are_all_reported(mode: MatchMode) -> None:
    """The shortest hides no longer one, nor the first the next."""
    keywords = ("加微信", "微信号", "微信", "信号")
    assert sorted(found("请加微信号", *keywords, mode=mode)) == sorted((it, it) for it in keywords)


@ALL
def test_pitfall_6_keywords_inside_keywords_are_all_found(mode: MatchMode) -> None:
    """In Han, where no boundary hides the shorter ones."""
    assert len(found("她他", "她他", mode=mode)) == 1
    assert found("甲乙甲乙甲", "甲乙", "乙甲", "甲乙甲", mode=mode) == [
        ("甲乙", "甲乙"),
        ("甲乙甲", "甲乙甲"),
        ("乙甲", "乙甲"),
        ("甲乙", "甲乙"),
        ("甲乙甲", "甲乙甲"),
        ("乙甲", "乙甲"),
    ]


@ALL
@pytest.mark.parametrize(
    ("text", "words"),
    [("she", ["she"]), ("ushers", []), ("he, hers", ["he", "hers"]), ("aa", ["aa"]), ("aaaa他", [])],
)
def test_pitfall_6_she_he_hers_and_a_aa_aaa(mode: MatchMode, text: str, words: list[str]) -> None:
    """Whole words only; a run of three and more is also one of two, if not in EXACT."""
    if text == "aaaa他" and mode is not EXACT:
        words = ["aaaa", "aaaa"]
    assert [shown for shown, _ in found(text, "she", "he", "hers", "aa", "aaa", mode=mode)] == words


@ALL
def test_pitfall_7_skipping_noise_joins_no_words(mode: MatchMode) -> None:
    """Spaces join no letters, and little else joins words that only meet."""
    for text in ("has been", "u.s.b", "as b", "s\nb", "s" + "." * 7 + "b", "s.b.c"):
        assert not contains(text, "sb", mode)
    assert not contains("u.s.微", "s微", mode)
    assert not contains("微.s.b", "微s", mode)
    for text in ("参加，微信", "参加，微笑", "加" + "。" * 7 + "微", "参加" + "\u200b." * 33 + "微"):
        assert not contains(text, "加微", mode)


@ALL
def test_pitfall_8_letters_are_found_as_whole_words(mode: MatchMode) -> None:
    """At Han and digits a word ends, inside another it does not begin."""
    assert not contains("tiếng", "ng", mode)
    for text in ("class", "assess", "ｃｌａｓｓ", "Классass"):
        assert not contains(text, "ass", mode)
    for text in ("加ass号", "1ass2", "ASS", "(ass)"):
        assert contains(text, "ass", mode)


@ALL
def test_pitfall_9_spans_are_of_the_message_as_it_was_sent(mode: MatchMode) -> None:
    """Before a hit stand characters that fold to nothing, and some that fold to several."""
    assert found("ﬃ\u200b℡ !微信", "微信", mode=mode) == [("微信", "微信")]


@TOLERANT
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("加v\u0301\u200bX\u0301\u200b吧", "v\u0301\u200bX\u0301\u200b"),  # marks on its last letter
        ("加vvvxxx吧", "vvvxxx"),
        ("vx", "vx"),
        ("加v👍🏽x吧", "v👍🏽x"),
        ("加v[微笑]x吧", "v[微笑]x"),
        ("加v[微笑][OK]x吧", "v[微笑][OK]x"),
        ("加ⓥ𝐱吧", "ⓥ𝐱"),
    ],
)
def test_pitfall_9_spans_are_as_wide_as_what_a_reader_takes_for_the_keyword(
    mode: MatchMode, text: str, shown: str
) -> None:
    """With marks, and all of a run at an edge; nothing else is reported beside."""
    assert found(text, "vx", mode=mode) == [(shown, "vx")]


@TOLERANT
@pytest.mark.parametrize(
    "keyword", ["", " ", "\u200b", "\u0301\u200d", "微", "v\u0301", "1", "微 信", "v.x", "😀😀"]
)
def test_pitfall_33_keywords_that_would_hit_everybody_are_refused(mode: MatchMode, keyword: str) -> None:
    """Empty, blank, nothing once folded, a single character; and with noise, which the modes pass over."""
    assert why_unfit(keyword, mode)
    with pytest.raises(ValueError, match=r"once folded|passes over|single"):
        patterns(keyword, mode)


def test_pitfall_33_no_pattern_is_empty() -> None:
    """Whatever a keyword that is fit folds to has two characters at least, as letters too."""
    for keyword in ("微信", "一二三", "℡", "⑫", "啊啊", "v\u200bx"):
        assert all(len(pattern) > 1 for pattern in patterns(keyword, HOMOPHONE))


@TOLERANT
@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("㎏ x", "kgx"),  # as long as what it reads as, and yet with a space inside
        ("℡", "el"),  # inside one sign
        ("Ⅷ", "vi"),
        ("哈哈哈一三八一", "138"),  # inside a number, beside a run
        ("一三八一", "138"),
        ("一一三八", "138"),
        ("加微，信", "加微信"),  # not every pair apart
        ("星期一，二三楼", "23"),  # two numerals are no number
        ("Oops", "ops"),  # a capital makes no run
        ("Aaron", "aron"),
        ("ab b bc", "abc"),  # equal letters apart are no run
        ("2024-11-22", "1122"),  # the digits of a date are many, those of the hit few
    ],
)
def test_what_only_looks_like_a_hit_is_none(mode: MatchMode, text: str, keyword: str) -> None:
    """Each was one once."""
    assert not contains(text, keyword, mode)


@TOLERANT
@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("gggoood", "good"),  # a run of three may be one of two where a word begins
        ("hhhhhh", "hhh"),
        ("138 1234 5678", "13812345678"),
        ("一三八一二三四五六七八，一起来", "13812345678"),
        ("加VVVx", "vx"),
        ("avⓥx", "ⓥx"),  # EXACT finds it
        ("xⓥva", "xⓥ"),
        ("加vⓥx吧", "加vx"),  # a run of two, in two forms
        ("一三八[微笑]一二三", "138123"),
        ("v.x\u200b微", "x\u200b微"),  # the same, though a word is spelt before it
        ("doooggg", "doog"),
        ("加.123", "加123"),  # noise elsewhere than among the few digits
        ("ⓐvx一三八", "vx138"),
        ("a s.b", "sb"),  # a word by itself before it
        ("ok.s.b", "sb"),
        ("a.sb.x", "sbx"),
        ("ⓐs.b", "sb"),
        ("请加，微，信吧", "加微信"),  # a word in pieces
        ("微，信", "微信"),
        ("微，信abc", "微信"),
        ("电话1\n3\n8\n0\n0\n1", "138001"),
        ("加🇨🇳微", "加微"),  # a flag is a picture
        ("🇻🇽", "vx"),  # and may be letters
        ("加 vx，微", "vx微"),
    ],
)
def test_what_people_try_is_a_hit(mode: MatchMode, text: str, keyword: str) -> None:
    """Each was missed once, or nearly."""
    assert contains(text, keyword, mode)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hello wei xin", "wei xin"),
        ("ok，wei信", "wei信"),
        ("加wei\u200bxin号", "wei\u200bxin"),
        ("weixinnnn", "weixinnnn"),
        ("weixinhao", None),
        ("jiaweixin", None),
        ("w" + "." * 40 + "eixin", None),
        ("加wei，xin吧", None),
    ],
)
def test_pinyin_is_read_word_by_word(text: str, shown: str | None) -> None:
    """Whatever other letters the message holds, and never over a gap inside a syllable."""
    assert found(text, "微信", mode=HOMOPHONE) == ([(shown, "微信")] if shown else [])


def test_numbers_stay_whole_beside_pinyin() -> None:
    """Syllables in letters make a reading of their own."""
    assert not contains("wei一三八一", "138", HOMOPHONE)


def test_a_part_of_a_sign_is_shown_with_the_marks_on_it() -> None:
    """Han needs no border, so that a hit may be a part of ㍿."""
    assert found("㍿\u200b吧", "株式") == [("㍿\u200b", "株式")]


def test_a_single_letter_is_no_pinyin() -> None:
    """Neither by itself nor apart from others."""
    for text in ("微a", "微a.b", "微 b.a"):
        assert not contains(text, "微阿", HOMOPHONE)


def test_pinyin_widens_runs_beside_it() -> None:
    """One hit, from the run's beginning."""
    assert found("请加加加weixin", "加微信", mode=HOMOPHONE) == [("加加加weixin", "加微信")]


def test_a_keyword_has_few_sounds() -> None:
    """Its characters' first readings first, whatever their number."""
    sounds = all_sounds("长" * 64)
    assert len(sounds) == len(set(sounds)) == MOST_READINGS


def test_emoticons_are_explained_as_they_were_sent() -> None:
    """Nobody sees what stands for them while the engine reads."""
    assert [it.written for it in foldings("v[微笑]x", "vx", FOLDED)] == ["[微笑]"]


@TOLERANT
def test_equal_texts_have_nothing_to_explain(mode: MatchMode) -> None:
    """Signs that fold to several characters, and invisible ones, are in the keyword too."""
    for keyword in ("⑫", "v\u200bx", "v\u0301x\u200b"):
        assert foldings(keyword, keyword, mode) == ()


@TOLERANT
def test_the_length_of_a_run_is_explained_where_the_keyword_is_one_itself(mode: MatchMode) -> None:
    """A keyword of three is in no reading with runs cut, and yet found in longer runs, whose rest is one of the three."""
    assert [(it.kind, it.written) for it in foldings("hhhhhh", "hhh", mode)] == [(FoldingKind.REPEAT, "hhhh")]


@ALL
def test_what_is_passed_over_is_bounded_to_the_last_character(mode: MatchMode) -> None:
    """6 visible characters, 64 in all; 6 digits and no fewer."""
    assert contains("微" + "." * 6 + "信", "微信", mode) is (mode is not EXACT)
    assert contains("微." + "\u200b" * 63 + "信", "微信", mode) is (mode is not EXACT)
    assert not contains("微." + "\u200b" * 64 + "信", "微信", mode)
    assert contains("123-456", "123456", mode) is (mode is not EXACT)
    assert not contains("12-345", "12345", mode)
    assert contains("加vx123", "vx123", mode)
