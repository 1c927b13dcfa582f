"""P1: the engine by itself, one thread: folding, matching, spans, and the rules that the words are of."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from typing import TypeVar

import ahocorasick
import ahocorasick_rs
import daachorse

from bench.messages import SOURCE as MESSAGES
from bench.messages import messages
from bench.row import Figure, Must, Row
from bench.words import SOURCE as WORDS
from bench.words import words
from filter_service.domain.compiled import Keyword
from filter_service.domain.edits import reindexed
from filter_service.domain.index import Postings
from filter_service.domain.keyword_index import finders_of
from filter_service.domain.rule import Action, ActionKind, Rule, State
from service_kit.matching import Finders, MatchMode, scan, why_unfit
from service_kit.matching.batch import scan_many
from service_kit.matching.tables import DROPPED, NOISE, folding, several

_LONG = (
    "【年货节】会员专享：坚果礼盒 A4 装 500g*6 袋，原价￥168，到手价￥99！"
    "下单备注“群友”再减 10 元；顺丰包邮，48 小时内发货（新疆、西藏除外）。"
    "数量有限，先到先得。需要的朋友直接回复姓名 + 电话 + 地址，我来帮大家统一登记，有问题随时找我。"
)[:120]
"""As long as the text that houbb/sensitive-word is measured with: Han, letters, digits and signs."""
_WORDS = 60_000
_PER_RULE = 100
_TEXTS = 5_000
_BATCH = 100
_REGEX_TEXTS = 20
"""An alternation of so many words is so slow that few texts have to do."""
_PORTION, _ROUNDS = 50, 5
"""Of every portion the best of some rounds counts, since other processes only ever slow it down."""
_TABLE = [
    several().get(chr(code), None if chr(folded) in (DROPPED, NOISE) else folded)
    for code, folded in enumerate(folding())
]
"""What a matcher would fold by that does no more."""
Input = TypeVar("Input")


def _measure() -> Iterator[Figure]:
    keywords = [word for word in words(_WORDS) if not why_unfit(word, MatchMode.FOLDED)]
    texts = [message.text for message in islice(cycle(messages()), _TEXTS)]
    batches = [texts[start : start + _BATCH] for start in range(0, _TEXTS, _BATCH)]
    folding = _finders(keywords)
    part = "the engine"
    rate = partial(_figure, part)
    yield rate("a) a text of 120 characters", _rate(partial(scan, finders=folding), [_LONG] * 1_000), 80_000)
    alone = _rate(partial(scan, finders=folding), texts)
    yield rate("b) messages", alone, 160_000)
    at_once = _rate(partial(scan_many, finders=folding), batches, portion=1) * _BATCH
    yield rate(f"c) messages, {_BATCH} at once", at_once, 350_000)
    sounding = _finders(keywords, by_sound=10)
    mixed = _rate(partial(scan, finders=sounding), texts)
    yield rate("d) messages, 10 % of the words HOMOPHONE", mixed)
    yield Figure(part, "cost of d) against b)", alone / mixed, "×", Must(1.8))
    yield rate(
        "messages, all words EXACT", _rate(partial(scan, finders=_finders(keywords, exact=True)), texts)
    )
    yield from _peers(keywords, texts)


def _peers(keywords: Sequence[str], texts: Sequence[str]) -> Iterator[Figure]:
    rate = partial(_figure, "others on the messages: no folding, boundaries, gaps or rules")
    double_array = daachorse.CharwiseDoubleArrayAhoCorasick(list(keywords))
    yield rate("daachorse", _rate(double_array.find_overlapping, texts))
    yield rate(
        "daachorse, texts folded by the table",
        _rate(lambda it: double_array.find_overlapping(it.translate(_TABLE)), texts),
    )
    rust = ahocorasick_rs.AhoCorasick(keywords)
    yield rate("ahocorasick_rs", _rate(partial(rust.find_matches_as_indexes, overlapping=True), texts))
    automaton = ahocorasick.Automaton()
    for keyword in keywords:
        automaton.add_word(keyword, keyword)
    automaton.make_automaton()
    yield rate("pyahocorasick", _rate(lambda it: list(automaton.iter(it)), texts))
    alternation = re.compile("|".join(map(re.escape, keywords)))
    yield rate("re, an alternation", _rate(alternation.findall, texts[:_REGEX_TEXTS], rounds=1))


def _figure(part: str, name: str, rate: float, least: float | None = None) -> Figure:
    return Figure(part, name, rate, "texts/s", Must(least, at_least=True) if least else None)


def _finders(keywords: Sequence[str], by_sound: int = 0, exact: bool = False) -> Finders[Postings]:
    """Returns the index of rules of 100 keywords each, every so many per cent of them HOMOPHONE."""
    usual = MatchMode.EXACT if exact else MatchMode.FOLDED
    modes = [MatchMode.HOMOPHONE if place % 100 < by_sound else usual for place in range(len(keywords))]
    pairs = list(map(Keyword, keywords, modes))
    rules = [
        Rule(f"r{start}", 1, State.ENABLED, tuple(pairs[start : start + _PER_RULE]), Action(ActionKind.KICK))
        for start in range(0, len(pairs), _PER_RULE)
    ]
    indexes = reindexed({}, [(None, rule) for rule in rules])
    gc.freeze()  # as FilterService does when it has loaded a corp
    return finders_of(indexes)


def _rate(
    work: Callable[[Input], object], inputs: Sequence[Input], rounds: int = _ROUNDS, portion: int = _PORTION
) -> float:
    """Returns how many inputs a second are worked on: of every portion the best of some rounds."""
    seconds = 0.0
    for start in range(0, len(inputs), portion):
        some = inputs[start : start + portion]
        best = float("inf")
        for _ in range(rounds):
            begun = time.perf_counter()
            for it in some:
                work(it)
            best = min(best, time.perf_counter() - begun)
        seconds += best
    return len(inputs) / seconds


ROW = Row(
    name="engine",
    title="P1, folding, matching, spans, and the rules behind them",
    about=(
        f"{_WORDS:,} words ({WORDS}) in rules of {_PER_RULE}, FOLDED unless said otherwise; {_TEXTS:,} messages ({MESSAGES}); one "
        "thread, nothing around the engine. What must hold is what houbb/sensitive-word 0.29.5 (Java) was measured to do on this "
        "kind of machine with all of its foldings on, 60,000–78,000/s for a) and 155,000–167,000/s for b). Of every 50 texts, and "
        "of every batch, the best of five passes counts."
    ),
    measure=_measure,
    packages=("daachorse", "pyahocorasick", "ahocorasick_rs", "numpy"),
)
