"""The index in two tiers against a search that is too simple to be wrong, with either library."""

import time
from collections import Counter
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filter_service.domain.index import PatternIndex, Posting, Rebuilt, Tuning
from filter_service.domain.index.automaton import ByteAutomaton, CharacterAutomaton, Engine
from service_kit.matching import MatchMode

ENGINES: list[Engine] = [ByteAutomaton, *([CharacterAutomaton] if find_spec("daachorse") else [])]
engines = pytest.mark.parametrize("engine", ENGINES)
ALPHABETS = ("ab", "微信加", "a信😀", "\U00020000中\u0301", "é\x00\x7f\u0800")
Pairs = list[tuple[str, Posting]]
Found = Counter[tuple[int, int, Posting]]


def tuning(engine: Engine) -> Tuning:
    """Small enough for a few patterns to fill a delta and to ask for a base."""
    return Tuning(large=engine, small=ByteAutomaton, few=2, most_delta=4, most_overlay=6)


def index_of(engine: Engine, *patterns: str) -> PatternIndex:
    return PatternIndex(tuning(engine)).changed([], pairs("r", *patterns))


def posting(rule_id: str, keyword: str) -> Posting:
    return Posting(rule_id, keyword, MatchMode.EXACT)


def pairs(rule_id: str, *patterns: str) -> Pairs:
    return [(pattern, posting(rule_id, pattern)) for pattern in patterns]


def found(index: PatternIndex, text: str) -> Found:
    """Every posting found, each as often as it was reported."""
    return Counter((start, end, it) for start, end, postings in index.find(text) for it in postings)


def brute_force(model: set[tuple[str, Posting]], text: str) -> Found:
    """Tries every pattern at every place."""
    return Counter(
        (start, start + len(pattern), posting)
        for pattern, posting in model
        for start in range(len(text))
        if text.find(pattern, start, start + len(pattern)) == start
    )


def steps(alphabet: str) -> st.SearchStrategy[tuple[str, list[tuple[str, Pairs, Pairs]]]]:
    """A text, and what happens before each scan of it: an edit, a build that begins, or one that is swapped in."""
    words = st.lists(st.text(alphabet, min_size=1, max_size=4), max_size=7, unique=True)
    some = st.builds(lambda rule_id, words: pairs(rule_id, *words), st.sampled_from("rs"), words)
    step = st.tuples(st.sampled_from(["edit", "edit", "build", "swap"]), some, some)
    return st.tuples(st.text(alphabet, max_size=24), st.lists(step, max_size=12))


@engines
@given(case=st.sampled_from(ALPHABETS).flatmap(steps))
@settings(deadline=None, max_examples=300)
def test_finds_what_a_brute_force_search_finds_whatever_happened_before(
    engine: Engine, case: tuple[str, list[tuple[str, Pairs, Pairs]]]
) -> None:
    """Edits, builds, swaps, and swaps of bases that were overtaken: each occurrence once, nothing lost or left over."""
    text, happening = case
    index, model, builds = PatternIndex(tuning(engine)), set[tuple[str, Posting]](), list[Rebuilt]()
    for kind, removed, added in happening:
        if kind == "edit":
            gone = [pair for pair in removed if pair in model]
            new = [pair for pair in added if pair not in model or pair in gone]
            index = index.changed(gone, new)
            model = (model - {*gone}) | {*new}
        elif kind == "build":
            builds.append(index.merged())
        elif builds:
            index = index.rebased(builds.pop(0))
        assert found(index, text) == brute_force(model, text)
    assert index.rebased(index.merged()).is_empty == (not model)


@engines
@pytest.mark.parametrize(
    ("patterns", "text"),
    [
        (["she", "he", "hers", "her", "s", "x"], "ushers he she"),
        (["a", "aa", "aaa", "aaaa", "aaaaa"], "aaaaaaa b aa"),
        (["微", "微信", "信加", "加", "微信加"], "微信加微信"),
    ],
)
def test_nested_patterns_are_all_found_in_either_tier(engine: Engine, patterns: list[str], text: str) -> None:
    """Those inside others, those that others end with, also where the longer one is gone (pitfalls 5, 6)."""
    whole = index_of(engine, *patterns)
    for split in range(len(patterns) + 1):
        index = index_of(engine, *patterns[:split])
        index = index.rebased(index.merged()).changed([], pairs("r", *patterns[split:]))
        assert found(index, text) == found(whole, text) == brute_force({*pairs("r", *patterns)}, text)
    for pattern in patterns:
        left = {*pairs("r", *patterns)} - {*pairs("r", pattern)}
        assert found(whole.changed(pairs("r", pattern), []), text) == brute_force(left, text)


@engines
def test_a_removed_pattern_is_not_found_any_more(engine: Engine) -> None:
    """At once, in either tier; what another rule looks for by the same pattern stays."""
    index = index_of(engine, "广告", "微信", "一", "二", "三")
    index = index.changed([], [*pairs("s", "微信", "代购"), *pairs("r", "代购")])
    text = "广告微信代购"
    index = index.changed(pairs("r", "广告", "微信", "代购"), [])
    assert found(index, text) == Counter({(2, 4, posting("s", "微信")): 1, (4, 6, posting("s", "代购")): 1})
    assert not index.changed(pairs("s", "微信", "代购"), []).find(text)


@engines
def test_what_was_scanned_before_an_edit_is_scanned_the_same_after_it(engine: Engine) -> None:
    """An index never changes: a message is judged by the one that it began with."""
    index = index_of(engine, "微信", "加")
    later = index.changed(pairs("r", "微信"), pairs("r", "信"))
    assert found(index, "加微信") == brute_force({*pairs("r", "微信", "加")}, "加微信")
    assert found(later, "加微信") == brute_force({*pairs("r", "信", "加")}, "加微信")


@engines
def test_a_rebuild_is_wanted_when_a_tier_is_full_and_not_after_it(engine: Engine) -> None:
    """New patterns fill the delta, removed ones the overlay; a large edit builds the base by itself."""
    many = [f"{number:04}" for number in range(40)]
    index = index_of(engine, *many)
    assert not index.wants_rebuild
    added = index.changed([], pairs("r", "a", "b", "c")).changed([], pairs("r", "d", "e"))
    removed = index.changed(pairs("r", *many[:7]), [])
    for full in (added, removed):
        assert full.wants_rebuild
        assert not full.rebased(full.merged()).wants_rebuild
    assert not added.changed(pairs("r", "a", "b", "c", "d", "e"), []).wants_rebuild
    again = index
    for _ in range(9):  # one rule, edited again and again
        again = again.changed([], pairs("r", "a", "b")).changed(pairs("r", "a", "b"), [])
    assert not again.wants_rebuild


@engines
def test_half_an_emoji_in_a_text_is_no_reason_to_find_nothing(engine: Engine) -> None:
    """Texts come from outside; offsets stay."""
    assert found(index_of(engine, "微信", "a", "b", "c", "d"), "\ud83d微信") == Counter(
        {(1, 3, posting("r", "微信")): 1}
    )


@engines
def test_hostile_text_for_a_nested_rule_costs_as_much_as_it_has_hits(engine: Engine) -> None:
    """A legal rule of 哈, 哈哈 and so on up to 64, and 2,048 characters: 129,056 hits in an instant."""
    index = index_of(engine, *("哈" * size for size in range(1, 65)))
    started = time.process_time()
    hits = index.find("哈" * 2_048)
    assert time.process_time() - started < 2
    assert len(hits) == sum(2_048 - size + 1 for size in range(1, 65))
    assert {(end - start, postings[0].keyword) for start, end, postings in hits} == {
        (size, "哈" * size) for size in range(1, 65)
    }
