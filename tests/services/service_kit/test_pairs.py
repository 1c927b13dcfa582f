"""Texts with runs are read in one way only where no keyword can be behind the runs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_kit.matching import Finders, MatchMode, finding, patterns, scan, why_unfit
from service_kit.matching.batch import scan_many
from service_kit.matching.finders import Find
from service_kit.matching.pairs import Pairs
from support.brute_matcher import brute_hits

MODES = pytest.mark.parametrize("mode", [MatchMode.FOLDED, MatchMode.HOMOPHONE], ids=lambda mode: mode.value)
WORDS = st.text("xai哈蛤微v1一", min_size=2, max_size=4)
TIMES = st.sampled_from([1, 1, 1, 2, 3, 4])
BETWEEN = st.sampled_from(["", "", "", "", "", ".", "，", "\u200b", "[微笑]", "ha"])
OTHERS = st.text("xaiwⓧＸ哈蛤微薇v1一信", min_size=1, max_size=2)


@st.composite
def texts(draw: st.DrawFn, word: str) -> str:
    """The keyword or a part of it, and others of its characters, each of them once or again and again."""
    written = draw(OTHERS) if draw(st.booleans()) else ""
    written += word[draw(st.integers(0, 1)) :] + (draw(OTHERS) if draw(st.booleans()) else "")
    return "".join(character * draw(TIMES) + draw(BETWEEN) for character in written)


def finders(mode: MatchMode, word: str, find: Find[str] | None = None) -> Finders[str]:
    """What an index tells: where its patterns are, and which characters meet in them."""
    looked_for = patterns(word, mode)
    find = find or finding(dict.fromkeys(looked_for, word))
    may_meet = Pairs(looked_for).may_meet
    if mode is MatchMode.FOLDED:
        return Finders(folded=find, folded_may_meet=may_meet)
    return Finders(homophone=find, sounds_may_meet=may_meet)


@MODES
@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_no_run_hides_a_keyword(mode: MatchMode, data: st.DataObject) -> None:
    """Keywords of the same few characters as the runs: decision and spans as the rules say, alone and in a batch."""
    word = data.draw(WORDS.filter(lambda word: why_unfit(word, mode) is None))
    written = data.draw(st.lists(texts(word), min_size=4, max_size=6))
    expected = [brute_hits(text, word, mode) for text in written]
    known = finders(mode, word)
    for found in ([scan(text, known) for text in written], scan_many(written, known)):
        assert [{(begin, end) for begin, end, _ in hits} for hits in found] == expected


@given(words=st.lists(st.text(min_size=1, max_size=5), max_size=20))
@settings(deadline=None)
def test_all_pairs_of_patterns_are_known(words: list[str]) -> None:
    """Of whatever characters, and nothing is said of the end of one pattern and the beginning of the next."""
    pairs = Pairs(words)
    assert all(pairs.may_meet(left + right) for word in words for left, right in pairwise(word))
    assert all(pairs.may_meet(f"一{word}二") for word in words if len(word) == 1)
    assert not pairs.may_meet("x")


def test_few_other_pairs_pass_for_known_ones() -> None:
    """One in 70, for few patterns and for many."""
    chance = random.Random(1)

    def some(size: int) -> str:
        return "".join(chr(0x4E00 + chance.randrange(4_000)) for _ in range(size))

    for count in (50, 20_000):
        pairs = Pairs([some(4) for _ in range(count)])
        assert sum(pairs.may_meet(some(1) + chance.choice("xyz")) for _ in range(5_000)) < 5_000 / 20


@MODES
@pytest.mark.parametrize(
    ("text", "word", "readings"),
    [
        ("原价xxx元", "加微", 1),
        ("见www。网站", "加微", 1),
        ("哈哈哈，好的", "微信", 1),
        ("哈哈哈，好的", "哈好", 3),
        ("哈哈哈，好的", "哈哈", 3),
        ("那就哈哈哈", "就哈", 3),
        ("加ⓐa微", "加a", 3),
    ],
)
def test_a_text_is_looked_through_once_where_its_runs_hide_nothing(
    mode: MatchMode, text: str, word: str, readings: int
) -> None:
    """And with the runs cut where a keyword has their characters and a neighbour of them."""
    seen: list[str] = []

    def find(said: str) -> Sequence[tuple[int, int, str]]:
        seen.append(said)
        return ()

    scan(text, finders(mode, word, find))
    assert len(seen) == readings
