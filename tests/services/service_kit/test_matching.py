"""Folding and boundaries: what both validation and judging compare by."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service_kit.matching import at_boundary, contains, fold

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
"""Anything a protobuf string can hold."""


@given(TEXTS)
@example("İıßẞŒΣςſKÅ")
@example("Ａｂ１　ｶﾞ￥ﾠ")
def test_folding_twice_is_folding_once_and_keeps_every_offset(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert len(folded) == len(text)


@given(TEXTS, TEXTS)
def test_folding_goes_character_by_character(left: str, right: str) -> None:
    """Else a hit would depend on what stands around it, and ASCII text on the path it takes."""
    assert fold(left + right) == fold(left) + fold(right)


def test_no_character_with_case_or_width_is_left_out() -> None:
    """The table is built over chosen ranges of Unicode; this looks at all of it.

    U+0345 alone stays: a mark that capitals turn into a letter, and that FOLDED drops as it does all marks.
    """
    missed = []
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        others = {character.casefold()}
        if unicodedata.decomposition(character).startswith(("<wide>", "<narrow>")):
            others.add(unicodedata.normalize("NFKC", character))
        if any(len(it) == 1 and it != character for it in others) and fold(character) == character:
            missed.append(f"U+{code:04X}")
    assert missed == ["U+0345"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VX", "vx"),
        ("ＶＸ１２３", "vx123"),
        ("ｶﾀｶﾅ", "カタカナ"),
        ("（加）", "(加)"),
        ("Σίσυφος", "σίσυφοσ"),
        ("\u3000", " "),
        ("K", "k"),
    ],
)
def test_case_and_width_make_no_difference(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("①", "1"), ("國", "国"), ("ⓥ", "v"), ("é", "e"), ("0", "o")])
def test_exact_folds_nothing_else(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("text", "keyword", "free"),
    [
        ("加vx1234", "vx", True),
        ("vxx", "vx", False),
        ("avx", "vx", False),
        ("vx", "vx", True),
        ("v x", "x", True),
        ("vx_y", "vx", True),
        ("12345", "234", False),
        ("a234b", "234", True),
        ("我要退款了", "退款", True),
        ("a退款b", "退款", True),
        ("привет", "вет", False),
        ("προσφορά", "προσ", False),
        ("微信vx号", "信vx号", True),
        ("vx加", "vx加", True),
        ("vx加好友", "x加", False),
        ("the class", "ass", False),
    ],
)
def test_a_hit_stands_free_of_letters_and_digits_of_its_own_kind(text: str, keyword: str, free: bool) -> None:
    start = text.index(keyword)
    assert at_boundary(text, start, start + len(keyword)) is free


@pytest.mark.parametrize(
    ("text", "keyword", "found"),
    [
        ("加ＶＸ：1234", "vx", True),
        ("vxx, vx", "vx", True),  # the first place does not count, a later one does
        ("vxvx", "vx", False),
        ("aaa", "aa", False),
        ("has been", "sb", False),
        ("请勿代购", "代购", True),
        ("代 购", "代购", False),
        ("", "代购", False),
        ("代", "代购", False),
        ("100%赚", "100%", True),
        ("!!!", "!", True),
    ],
)
def test_contains_finds_what_a_check_would(text: str, keyword: str, found: bool) -> None:
    assert contains(text, keyword) is found


@given(
    TEXTS, st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=4), TEXTS
)
def test_han_is_found_wherever_it_stands(before: str, keyword: str, after: str) -> None:
    assert contains(before + keyword + after, keyword)
