"""The time of a scan grows with the length of a text and no faster, whatever the text."""

from __future__ import annotations

import time

import pytest

from service_kit.matching import Finders, MatchMode, finding, patterns, scan
from service_kit.matching.finders import by_mode

LONGEST = 10_000
"""Characters of a message."""
SECONDS = 5.0
"""For the longest text, on a slow machine; the worst of these, with 24 readings, takes a quarter of it on an ordinary one."""
FACTOR = 3.5
"""Of the time for half the text: twice is right, the rest is for a busy machine; a quadratic step would take four."""
UNMEASURABLE = 0.05
"""Seconds in which a machine's own doings weigh more than the scan."""
KEYWORDS = ["vx", "微信", "aa", "微微", "138", "13812345678", "西安", "㎏x", *(it * 64 for it in "a微")]
HAN = "".join(map(chr, range(0x4E00, 0x4E00 + LONGEST)))
TEXTS = {
    "one letter": "a",
    "one han": "微",
    "one numeral": "一",
    "one digit": "1",
    "noise": "!",
    "spaces": " ",
    "line breaks": "\n",
    "letters and noise": "a.",
    "letters and spaces": "a ",
    "letters and marks": "a\u0301\u200b",
    "han and noise": "微.",
    "han and sentence marks": "微，",
    "han and much noise": "微" + "." * 6 + "\u200b" * 58,
    "digits and noise": "1.",
    "digits and spaces": "1 ",
    "numerals and noise": "一.",
    "numerals and digits": "一1",
    "two words": "微信",
    "pinyin": "xian",
    "pinyin and spaces": "wei xin ",
    "almost pinyin": "xianv",
    "brackets": "[",
    "half emoticons": "[微",
    "emoticons": "[微笑]",
    "combining marks": "\u0301",
    "zero width": "\u200b",
    "mixed runs": "aⓐ",
    "runs": "aaa微微微",
    "pairs": "".join(character * 2 for character in HAN),
    "all sorts": "加ⓥ.x[OK]一三八1 微微微weixin，㎏\u200b",
    "signs": "㎏ x",
    "different han": HAN,
}


def took(text: str, finders: Finders[str]) -> float:
    """Returns the seconds of processor time of a scan."""
    began = time.process_time()
    scan(text, finders)
    return time.process_time() - began


@pytest.mark.parametrize("mode", MatchMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("made_of", TEXTS.values(), ids=TEXTS.keys())
def test_time_is_linear(made_of: str, mode: MatchMode) -> None:
    """Measured again before it is called a failure, since others use the machine too."""
    looked_for = {pattern: keyword for keyword in KEYWORDS for pattern in patterns(keyword, mode)}
    finders = by_mode({mode: finding(looked_for)})
    text = (made_of * LONGEST)[:LONGEST]
    half = 0.0
    for _ in range(3):
        whole = took(text, finders)
        if whole < UNMEASURABLE:
            return
        half = took(text[: LONGEST // 2], finders)
        if whole < FACTOR * half and whole < SECONDS:
            return
    pytest.fail(f"{half:.3f} s for half of it, {whole:.3f} s for all")
