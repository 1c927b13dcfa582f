"""The engine of matching against the rules written down naively, on texts made to be found and on texts that just look so."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service_kit.matching import (
    Finders,
    MatchMode,
    contained,
    explanation,
    finding,
    fold,
    foldings,
    patterns,
    scan,
)
from service_kit.matching.finders import by_mode
from service_kit.matching.fold import compact, exact
from service_kit.matching.tables import is_dropped
from support.brute_matcher import Span, any_place, brute_hits
from support.disguises import keywords, texts

QUICK = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
MODES = pytest.mark.parametrize("mode", MatchMode, ids=lambda mode: mode.value)


def hits(text: str, looked_for: Iterable[str], mode: MatchMode) -> dict[str, set[Span]]:
    """Scans for several keywords at once."""
    wanted = dict.fromkeys(looked_for)
    by_pattern: dict[str, list[str]] = {}
    for keyword in wanted:
        for pattern in patterns(keyword, mode):
            by_pattern.setdefault(pattern, []).append(keyword)
    found: dict[str, set[Span]] = {keyword: set() for keyword in wanted}
    for begin, end, met in scan(text, by_mode({mode: finding(by_pattern)})):
        for keyword in met:
            found[keyword].add((begin, end))
    return found


def visible(keyword: str, mode: MatchMode) -> str:
    """Leaves out what the folding modes don't see in a keyword."""
    return "".join(it for it in keyword if mode is MatchMode.EXACT or not is_dropped(it))


@MODES
@QUICK
@given(data=st.data())
def test_every_keyword_is_found_just_where_the_rules_say(mode: MatchMode, data: st.DataObject) -> None:
    """Decision and spans, for several keywords in one scan."""
    looked_for = data.draw(st.lists(keywords(mode), min_size=1, max_size=4, unique=True))
    text = data.draw(texts(looked_for))
    assert hits(text, looked_for, mode) == {
        keyword: brute_hits(text, keyword, mode) for keyword in looked_for
    }


@MODES
@QUICK
@given(data=st.data())
def test_what_a_hit_shows_is_a_hit_by_itself_and_can_be_explained(
    mode: MatchMode, data: st.DataObject
) -> None:
    """A verdict's span, cut out of the message, convinces its reader and the engine alike."""
    keyword = data.draw(keywords(mode))
    text = data.draw(texts([keyword]))
    for begin, end in hits(text, [keyword], mode)[keyword]:
        written = text[begin:end]
        assert (0, end - begin) in hits(written, [keyword], mode)[keyword]
        why = foldings(written, keyword, mode)
        assert bool(why) == (written not in {keyword, visible(keyword, mode)})
        assert bool(explanation(written, keyword, why)) == bool(why)
        assert all(set(it.written) <= set(written) for it in why)


@QUICK
@given(data=st.data())
def test_each_mode_finds_all_that_the_one_before_it_finds(data: st.DataObject) -> None:
    """At the same place, however much wider."""
    keyword = data.draw(keywords(MatchMode.FOLDED))
    text = data.draw(texts([keyword]))
    in_exact, in_folded, in_sounds = (hits(text, [keyword], mode)[keyword] for mode in MatchMode)
    assert all(any_place(in_folded, span) for span in in_exact)
    assert all(any_place(in_sounds, span) for span in in_folded)


@MODES
@settings(deadline=None)
@given(text=st.one_of(texts(["加vx", "一三八"]), st.text(st.characters(codec="utf-8"), max_size=30)))
def test_folding_twice_is_folding_once(mode: MatchMode, text: str) -> None:
    """Keywords stored folded and texts folded anew stay equal."""
    once = fold(text, mode)
    assert fold(once, mode) == once


def test_folding_goes_on_where_exact_folding_ends() -> None:
    """Else EXACT would find what FOLDED does not, for some character of Unicode."""
    characters = [chr(code) for code in range(sys.maxunicode + 1)]
    assert [it for it in characters if compact(exact(it)) != compact(it)] == []


@settings(deadline=None)
@given(text=texts(["vx", "微信"]))
def test_nothing_is_found_where_nothing_is_looked_for(text: str) -> None:
    """A finder without patterns, or no finder at all, hits nobody."""
    assert scan(text, Finders()) == []
    assert scan(text, by_mode(dict.fromkeys(MatchMode, finding({})))) == []
    assert contained(text, []) == []
