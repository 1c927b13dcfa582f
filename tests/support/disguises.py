"""Keywords and texts for matching: such as people write, and the same in every disguise."""

from __future__ import annotations

from hypothesis import strategies as st

from service_kit.matching import MatchMode, why_unfit

FORMS = {
    "v": "vVｖⓥ𝐯ᴠνѵⅴv\u0301",
    "x": "xXｘⓧ𝐱хⅹ×",
    "a": "aAａⓐ𝐚аäá",
    "s": "sSｓⓢ𝐬ѕſ",
    "i": "iIｉⓘ𝐢іí",
    "n": "nNｎⓝ𝐧ñ",
    "w": "wWｗⓦ𝐰",
    "e": "eEｅⓔ𝐞еéě",
    "k": "kKｋⓚ𝐤K",
    "g": "gGｇⓖ𝐠",
    "1": "1１①⑴𝟏⒈❶¹一壹幺",
    "2": "2２②⑵𝟐²二贰",
    "3": "3３③⑶𝟑³三叁",
    "8": "8８⑧⑻𝟖八捌",
    "0": "0０⓿⁰〇零",
    "一": "一壹",
    "三": "三叁",
    "八": "八捌",
    "微": "微薇",
    "信": "信訫",
    "发": "发發髮",
    "国": "国國",
    "加": "加⼒",
    "西": "西",
    "安": "安",
    "先": "先",
    "谢": "谢謝",
    "长": "长長",
}
"""What keywords are made of, in several forms, some of which are not equal."""
SIGNS = "㎏℡№Ⅲⅷ⑫ﬃ㋉㍿æ"
"""Each of them folds to several characters."""
SAME_SOUND = {
    "微": ("薇", "威", "wei", "WEI"),
    "信": ("心", "xin", "xīn"),
    "西": ("xi",),
    "安": ("an",),
    "先": ("xian",),
}
VISIBLE = [*".-_*~·•|/\\()<>#@￥。、，！？；,!?;:：…\"'", "😀", "👍🏽", "👨‍👩‍👧", "🇨🇳", "❤️", "\ue000", "\x01"]
SPACES = [" ", "  ", "\u3000", "\n", "\t", "\xa0", "\r\n"]
INVISIBLE = ["\u200b", "\u200d", "\ufe0f", "\u0301", "\u0345", "\ufeff", "\u200b" * 5]
EMOTICONS = ["[微笑]", "[OK]", "[666]", "[西瓜]", "[微", "[]", "[微信]"]
WORDS = [
    "has been",
    "class",
    "u.s.b",
    "参加，微信",
    "138-1234-5678",
    "2024-11-22",
    "hello ",
    "星期一，",
    "一二",
    "ok",
]
LONG = ["." * 5, "." * 6, "." * 7, " " * 6, "\u200b" * 70, "." + "\u200b" * 63, "." + "\u200b" * 64]

_all_forms = [form for forms in FORMS.values() for form in forms]
noise = st.one_of(
    *(st.sampled_from(sort) for sort in (VISIBLE, SPACES, INVISIBLE, EMOTICONS, LONG)),
    st.lists(st.sampled_from([*VISIBLE, *SPACES, *INVISIBLE, *EMOTICONS]), min_size=2, max_size=8).map(
        "".join
    ),
)
scraps = st.one_of(
    st.sampled_from([*FORMS]),
    st.sampled_from(_all_forms),
    st.sampled_from(SIGNS),
    st.sampled_from(WORDS),
    noise,
)
"""Pieces of texts that hide nothing on purpose."""
_bases = st.one_of(
    st.text(st.sampled_from([*FORMS]), min_size=1, max_size=4),
    st.text(st.sampled_from("vxas"), min_size=2, max_size=3),
    st.text(st.sampled_from("1238一三八"), min_size=2, max_size=8),
    st.text(st.sampled_from([*FORMS, *_all_forms, *SIGNS, "\u200b"]), min_size=1, max_size=4),
    st.sampled_from(
        ["微信", "加微信", "西安", "13812345678", "vx", "sb", "加vx", "微微信", "good", "一三八", "谢谢"]
    ),
)


def keywords(mode: MatchMode) -> st.SearchStrategy[str]:
    """Keywords that are fit for a mode."""
    return _bases.filter(lambda keyword: bool(keyword) and why_unfit(keyword, mode) is None)


@st.composite
def disguised(draw: st.DrawFn, keyword: str) -> str:
    """A keyword as somebody may write it who doesn't want it found; now and then too far off to be found."""
    between = draw(
        st.sampled_from(
            [st.just(""), st.just(""), noise, st.just(draw(noise)), st.sampled_from([*INVISIBLE, ""])]
        )
    )
    change = draw(st.integers(0, 3))
    """How often a character is written otherwise."""
    written = []
    for character in keyword:
        forms = [character, *FORMS.get(character, ""), *SAME_SOUND.get(character, ())]
        one = draw(st.sampled_from(forms)) if draw(st.integers(0, 3)) < change else character
        times = draw(st.sampled_from([1, 1, 1, 1, 2, 3, 4]))
        written += [one * times, draw(between)]
    return "".join(written[:-1])


def texts(looked_for: list[str]) -> st.SearchStrategy[str]:
    """Texts in which some of the keywords stand, plain and disguised, among scraps."""
    hidden = st.sampled_from(looked_for).flatmap(disguised)
    return st.lists(st.one_of(hidden, hidden, scraps, st.sampled_from(looked_for)), max_size=6).map("".join)
