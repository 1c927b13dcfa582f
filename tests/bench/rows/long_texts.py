"""Whether the time of a scan grows with the text and no faster, on 10,000 texts as long as a message may be."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache

from bench.row import Figure, Must, Row
from filter_service.domain.compiled import Keyword
from filter_service.domain.edits import reindexed
from filter_service.domain.index import Postings
from filter_service.domain.keyword_index import finders_of
from filter_service.domain.message import MOST_TEXT
from filter_service.domain.rule import Action, ActionKind, Rule, State
from service_kit.matching import Finders, MatchMode, common_words, scan

_TEXTS = 10_000
_PIECES = (
    *(
        "加微信",
        "微",
        "信",
        "vx",
        "V",
        "ⓧ",
        "a",
        "aa",
        "138",
        "1",
        "一三八",
        "一",
        "weixin",
        "wei xin",
        "xian",
    ),
    *("谢谢", "哈哈哈", "加加加", "㎏", "發票", "薇芯", "路口交通", "https://ok.com/a?b", "evil.com"),
    *(
        " ",
        "  ",
        "\n",
        ".",
        "，",
        "！",
        "…",
        "*",
        "😀",
        "❤️",
        "🇨🇳",
        "[微笑]",
        "[",
        "\u200b",
        "\u0301",
        "\u200b" * 9,
        "." * 7,
    ),
)
"""What adverts and their disguises are made of, and what is costly to look at."""
_WORDS = ("加微信", "vx", "微信", "13800138000", "代开发票", "口交", "兼职日结", "微" * 20, "aaaa")


def _measure() -> Iterator[Figure]:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        times = list(pool.map(_times, range(_TEXTS), chunksize=20))
    for place, mode in enumerate(MatchMode):
        taken = times[place :: len(MatchMode)]
        whole = sorted(one for one, _ in taken)
        part = f"{len(taken):,} texts of {MOST_TEXT:,} characters, {mode.name}"
        yield Figure(part, "median", statistics.median(whole) * 1000, "ms")
        yield Figure(part, "longest", whole[-1] * 1000, "ms", Must(5_000))
        growth = sum(whole) / sum(half for _, half in taken)
        yield Figure(part, "all of them against their first halves", growth, "×", Must(2.5))
        growths = sorted(one / half for one, half in taken)
        yield Figure(
            part, "the one in the middle against its first half", statistics.median(growths), "×", Must(2.5)
        )
        yield Figure(part, "99 in 100 against their first halves", growths[len(growths) * 99 // 100], "×")


def _times(seed: int) -> tuple[float, float]:
    """Returns the seconds that a text takes in the mode whose turn it is, and those of its first half."""
    text, finders = _text(seed), _finders(tuple(MatchMode)[seed % len(MatchMode)])
    return _took(text, finders), _took(text[: MOST_TEXT // 2], finders)


def _took(text: str, finders: Finders[Postings]) -> float:
    began = time.process_time()
    scan(text, finders)
    return time.process_time() - began


def _text(seed: int) -> str:
    """Makes a text of few pieces again and again, of all of them at random, or of words with pieces between."""
    chance = random.Random(seed)
    some = chance.sample(_PIECES, chance.choice((1, 2, 3, 5, len(_PIECES))))
    if chance.random() < 0.3:
        some += chance.sample(common_words(), 50)
    text = ""
    pattern = "".join(chance.choices(some, k=chance.choice((1, 3, 10))))
    while len(text) < MOST_TEXT:
        text += pattern if seed % 2 else "".join(chance.choices(some, k=100))
    return text[:MOST_TEXT]


@cache
def _finders(mode: MatchMode) -> Finders[Postings]:
    """What advertisers write, among thousands of other words."""
    words = tuple(Keyword(word, mode) for word in (*_WORDS, *common_words()[10_000:12_000]))
    rule = Rule("r", 1, State.ENABLED, words, Action(ActionKind.KICK))
    return finders_of(reindexed({}, [(None, rule)]))


ROW = Row(
    name="long_texts",
    title="time grows with the text",
    about=(
        f"{_TEXTS:,} texts of {MOST_TEXT:,} characters, made by seed of what adverts, their disguises and floods consist of: half of "
        f"them one pattern again and again, half at random. Each is scanned in one of the three modes in turn, for {len(_WORDS)} words "
        "that are in the texts and 2,000 others; processor time, against that of the first half of the same text: twice is linear."
    ),
    measure=_measure,
    repetitions=1,
    packages=("daachorse", "numpy"),
)
