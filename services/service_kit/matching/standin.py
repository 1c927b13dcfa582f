"""A trivial stand-in for the engine: just enough to program against."""

import unicodedata
from collections.abc import Sequence

from service_kit.matching.boundary import at_boundary
from service_kit.matching.fold import fold as _fold
from service_kit.matching.modes import MatchMode

_SIMPLIFIED = str.maketrans(
    "發後乾裏頭獎領國參導學習們訂號報級單無約壇", "发后干里头奖领国参导学习们订号报级单无约坛"
)
_READINGS = dict(
    zip(
        "微薇威维信新反方感案",
        ["wei", "wei", "wei", "wei", "xin", "xin", "fan", "fang", "gan", "an"],
        strict=True,
    )
)
_WORDS = """
    中国 我们 国家 以后 方案 头发 国家级 国家机关 干净 发达国家 国家计划 威信 反感 国家队 路口 维新 发票 独立国家 交通 交通工具
    交通部 交通员 节约 大约 后天 天后
"""


def fold(text: str, mode: MatchMode = MatchMode.EXACT) -> str:
    text = _fold(text)
    if mode is MatchMode.EXACT:
        return text
    text = "".join(it for it in unicodedata.normalize("NFKC", text) if it.isalnum()).translate(_SIMPLIFIED)
    if mode is MatchMode.FOLDED:
        return text
    return "".join(chr(0xE000 + sum(map(ord, _READINGS[it]))) if it in _READINGS else it for it in text)


def why_unfit(keyword: str, mode: MatchMode) -> str | None:
    if mode is MatchMode.EXACT:
        return None
    folded = fold(keyword, mode)
    if not folded:
        return "it folds to nothing"
    if not all(it.isalnum() for it in keyword):
        return "it holds punctuation, symbols, emoji or spaces"
    return "it folds to one character" if len(folded) == 1 else None


def contains(text: str, keyword: str, mode: MatchMode = MatchMode.EXACT) -> bool:
    return bool(contains_any(text, [(keyword, mode)]))


def contains_any(text: str, keywords: Sequence[tuple[str, MatchMode]]) -> list[int]:
    texts = {mode: fold(text, mode) for mode in MatchMode}
    return [
        index for index, (keyword, mode) in enumerate(keywords) if _found(texts[mode], fold(keyword, mode))
    ]


def _found(text: str, keyword: str) -> bool:
    start = text.find(keyword)
    while start >= 0:
        if at_boundary(text, start, start + len(keyword)):
            return True
        start = text.find(keyword, start + 1)
    return False


def common_words() -> tuple[str, ...]:
    return tuple(_WORDS.split())


def sound(word: str) -> str:
    return " ".join(_READINGS.get(it, it) for it in fold(word, MatchMode.FOLDED))
