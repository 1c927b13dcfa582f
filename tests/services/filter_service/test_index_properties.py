"""All of it together: indexes edited and rebuilt, scanned text by text and in batches, against the rules put naively."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filter_service.domain.compiled import Keyword
from filter_service.domain.index import PatternIndex, Tuning
from filter_service.domain.index.automaton import ByteAutomaton, CharacterAutomaton, Engine
from filter_service.domain.keyword_index import finders_of
from filter_service.domain.rule import Action, ActionKind, Rule, State
from service_kit.matching import Finders, MatchMode, finding, patterns, scan
from service_kit.matching.batch import scan_many
from service_kit.matching.finders import by_mode
from support.brute_matcher import brute_hits
from support.disguises import keywords, texts

SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
ANY_KEYWORD = st.sampled_from(MatchMode).flatmap(
    lambda mode: keywords(mode).map(lambda text: Keyword(text, mode))
)
RULES = st.lists(ANY_KEYWORD, min_size=1, max_size=4, unique=True)
RULE_IDS = ("r0", "r1", "r2")


def edited(
    indexes: dict[MatchMode, PatternIndex], before: Rule | None, after: Rule | None, engine: Engine
) -> dict[MatchMode, PatternIndex]:
    """Small tiers, so that a few keywords outgrow them."""
    tuning = Tuning(large=engine, small=ByteAutomaton, few=2, most_delta=3, most_overlay=5)
    new = {}
    for mode in MatchMode:
        old = [
            (text, posting) for wanted, text, posting in (before.patterns if before else ()) if wanted is mode
        ]
        now = [
            (text, posting) for wanted, text, posting in (after.patterns if after else ()) if wanted is mode
        ]
        new[mode] = indexes.get(mode, PatternIndex(tuning)).changed(old, now)
    return new


@pytest.mark.parametrize("engine", [ByteAutomaton, CharacterAutomaton])
@SETTINGS
@given(data=st.data())
def test_edits_and_rebuilds_and_batches_find_what_the_rules_say(engine: Engine, data: st.DataObject) -> None:
    """After every edit or rebuild: the same rules, keywords and spans, one by one and all at once."""
    rules: dict[str, Rule] = {}
    indexes: dict[MatchMode, PatternIndex] = {}
    for _ in range(data.draw(st.integers(1, 5))):
        rule_id = data.draw(st.sampled_from(RULE_IDS))
        if data.draw(st.integers(0, 3)):
            words = tuple(data.draw(RULES))
            after = Rule(rule_id, 1, State.ENABLED, words, Action(ActionKind.KICK))
        else:
            after = None
        before = rules.pop(rule_id, None)
        indexes = edited(indexes, before, after, engine)
        if after:
            rules[rule_id] = after
        if data.draw(st.booleans()):
            indexes = {mode: index.rebased(index.merged()) for mode, index in indexes.items()}
        live = [(rule.rule_id, word) for rule in rules.values() for word in rule.keywords]
        written = data.draw(
            st.lists(texts([word.text for _, word in live] or ["微信"]), min_size=1, max_size=6)
        )
        expected = [
            {
                (rule_id, word, span)
                for rule_id, word in live
                for span in brute_hits(text, word.text, word.mode)
            }
            for text in written
        ]
        finders = finders_of(indexes)
        for found in ([scan(text, finders) for text in written], scan_many(written, finders)):
            assert [
                {
                    (posting.rule_id, Keyword(posting.keyword, posting.mode), (begin, end))
                    for begin, end, postings in hits
                    for posting in postings
                }
                for hits in found
            ] == expected


@SETTINGS
@given(data=st.data())
def test_a_batch_is_scanned_as_its_texts_are(data: st.DataObject) -> None:
    """Each hit as often as by itself, with empty texts and separators among them, and every text many times."""
    words = data.draw(st.lists(ANY_KEYWORD, min_size=1, max_size=6, unique=True))
    finders = by_mode(
        {
            mode: finding(
                {pattern: word.text for word in words if word.mode is mode for pattern in patterns(*word)}
            )
            for mode in MatchMode
        }
    )
    odd = st.sampled_from(["", " ", "\x02", "\x01", "\x03", "[微笑]", "🇨🇳", "㎏", "一三八", "哈哈哈"])
    drawn = data.draw(st.lists(st.one_of(texts([word.text for word in words]), odd), max_size=12))
    alone = [sorted(scan(text, finders)) for text in drawn]
    assert [sorted(hits) for hits in scan_many(drawn, finders)] == alone
    repeated = scan_many(drawn * 5, finders)
    assert [sorted(hits) for hits in repeated] == alone * 5


def test_what_only_another_reading_shows_is_found_in_a_batch_too() -> None:
    """Each by itself among ordinary texts, in FOLDED alone: nothing else has the text looked at again."""
    finders = Finders(folded=finding(dict.fromkeys(patterns("加微", MatchMode.FOLDED), "加微")))
    for text in ("加🇨🇳微", "加[微笑]微", "加加加微", "加㎏微", "加嶶", "加\u200b微", "一三八加微"):
        assert scan_many(["你好", text, "再见", "谢谢"], finders)[1] == scan(text, finders)
