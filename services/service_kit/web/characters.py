"""What each character may be in a URL that stands in a text.

Texts are folded one character to one, so that places in the folded text are places in the original.
"""

import re
import unicodedata

import idna

LETTER = "à"
"""Stands for a letter of a script that puts spaces between words, and for a sign that is several letters in a host (㏄):
it belongs to the host that it touches. Han belongs to the sentence."""
INVISIBLE = "\xad"
"""Stands for what a host loses (zero-width characters, soft hyphens)."""
FULL_DOT = "．"
"""Stands for every dot of another width but the ideographic one, which also ends sentences."""
STOP = "。"
PUNCTUATION = "，、；：！？（）《》〈〉「」『』【】〔〕“”‘’…—～·／＼｜"
"""Ends a URL, as spaces and the ASCII characters do that nobody may write in one."""

HOST = rf"A-Za-z0-9_\-{LETTER}{INVISIBLE}"
"""What hosts without a scheme are made of, for a character class; and `%` with two digits."""
_KEPT = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_@%")
_NO_CHARACTERS = frozenset({"Cn", "Co", "Cs"})
_ORDINARY = re.compile(
    f"[\x00-\x7f。\u3000\u3001\u3003-\u303f\u3041-\u30ff\u3400-\u9fff{PUNCTUATION}\U0001f300-\U0001faff]*+"
)


class _Folding(dict[int, str]):
    """Filled as characters are met; Han and Hangul, which would fill it, need no entry."""

    def __missing__(self, code: int) -> str:
        if 0x3400 <= code <= 0x9FFF or 0xAC00 <= code <= 0xD7A3 or 0x20000 <= code <= 0x3FFFF:
            return chr(code)
        if (category := unicodedata.category(chr(code))) in _NO_CHARACTERS:
            return chr(code)
        self[code] = folded = _folded(chr(code), category)
        return folded


def _folded(character: str, category: str) -> str:
    if character.isascii() or character in PUNCTUATION:
        return character
    try:
        mapped = idna.uts46_remap(character, std3_rules=False)
    except idna.IDNAError:
        mapped = unicodedata.normalize(
            "NFKC", character
        )  # no browser opens it, yet somebody wrote it to be read
    if mapped == "" or category == "Cf":
        return INVISIBLE
    if mapped == ".":
        return STOP if character in "。｡" else FULL_DOT
    if mapped in _KEPT:
        return mapped
    several = mapped.isascii() and mapped.replace("-", "").isalnum()
    narrow = category[0] in "LMN" and unicodedata.east_asian_width(character) not in "WFH"
    return LETTER if several or narrow else character


_FOLDING = _Folding()


def fold_for_urls(text: str) -> str:
    """Returns the text in the alphabet above; as long as the text itself, and mostly the text itself."""
    return text if text.isascii() or _ORDINARY.fullmatch(text) else text.translate(_FOLDING)
