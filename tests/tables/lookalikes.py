"""Characters of other scripts that look like a Latin letter, and of kana that look like Han.

Letters only become letters and never digits, and nothing of ASCII becomes anything else. A capital and its small letter
become the same, or a keyword in capitals would no longer match its small letters: the capital decides, because the
capitals are the very same shapes, except for the letters listed by hand.
"""

import json
from functools import cache

from tables.case import capitals
from tables.forms import plain_form
from tables.script import in_gb2312, is_han, name
from tables.sources import confusables
from tables.traditional import simplified

_SCRIPTS = (
    "ARMENIAN", "BAMUM", "CANADIAN SYLLABICS", "CARIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "DESERET", "ELBASAN",
    "GEORGIAN", "GOTHIC", "GREEK", "LATIN", "LISU", "LYCIAN", "LYDIAN", "MIAO", "OLD ITALIC", "OLD PERMIC", "OSAGE",
    "PHOENICIAN", "RUNIC", "TIFINAGH", "VAI", "WARANG CITI",
)  # fmt: skip
"""Scripts whose letters are put for Latin ones. Those of Arabic, Hebrew, Thai, Hangul are not: their alef is no l to
anybody who reads them, and whole languages would become rubbish."""

_BY_HAND = {
    "ν": "v", "β": "b", "ω": "w", "υ": "y", "ѡ": "w", "ɑ": "a", "ɡ": "g", "ɩ": "i", "ʋ": "v",
    "\u04cf": "l",
    "∨": "v", "⋁": "v", "℮": "e", "ㄨ": "x", "ㄧ": "一",
    "ᗩ": "a", "ᑕ": "c", "ᗴ": "e", "ᘿ": "e", "Ꮖ": "i", "Ꮙ": "v", "Ꮗ": "w", "ᒎ": "j",
    "ᑎ": "n", "ᗝ": "o", "Ꭴ": "o", "ᑫ": "q", "ᗯ": "w", "ᘔ": "z",
    "エ": "工", "カ": "力", "タ": "夕", "ト": "卜", "ニ": "二", "ハ": "八", "ロ": "口", "ー": "一",
    "囗": "口",
}  # fmt: skip
_RADICALS = dict(
    zip(
        "⺁⺠⺩⺫⺬⺮⺶⺼⺾⻁⻂⻄⻅⻆⻉⻋⻌⻓⻔⻘⻙⻚⻛⻜⻝⻠⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰",
        "厂民王目示竹羊肉艹虎衤西见角贝车辶长门青韦页风飞食饣马骨鬼鱼鸟卤麦黄齐齿龙",
        strict=True,
    )
)
"""Radicals that PDF readers and input methods give for the characters themselves, and that NFKC leaves alone."""


@cache
def _confusables() -> dict[str, list[str]]:
    data = json.loads(confusables().read_text("utf-8"))
    return {
        character: [each["c"] for each in found] for character, found in data.items() if len(character) == 1
    }


def _latin(character: str) -> str | None:
    """Gives the one Latin letter that Unicode calls confusable with the character, directly or by another form of it."""
    for other in _confusables().get(character, []):
        plain = plain_form(other) if len(other) == 1 else None
        letter = (plain[0] if plain else other).lower()
        if len(letter) == 1 and "a" <= letter <= "z":
            # Unicode writes whatever is one upright stroke as l: nearly all of them are some script's capital i.
            return "i" if other == "l" else letter
    return None


def _han(character: str) -> str | None:
    """Gives the character of simplified Chinese that a rare one is drawn like: 値 and 值 are one to a reader."""
    if in_gb2312(character):
        return None
    others = {simplified(other) or other for other in _confusables().get(character, []) if len(other) == 1}
    drawn = sorted(other for other in others if is_han(other) and in_gb2312(other))
    return drawn[0] if len(drawn) == 1 else None


def look_alike(character: str) -> str | None:
    """Gives what a small or caseless character is put for, where it is put for anything."""
    if character.isascii():
        return None
    if by_hand := _BY_HAND.get(character) or _RADICALS.get(character):
        return by_hand
    if is_han(character):
        return _han(character)
    if not name(character).startswith(_SCRIPTS):
        return None
    for each in (*capitals(character), character):
        if letter := _latin(each):
            return letter
    return None
