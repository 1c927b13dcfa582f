"""Other forms of letters and digits: in circles, raised, mathematical, small capitals, full width, with accents."""

import re

import unicodedata2

from tables.kinds import Kind
from tables.script import category, name

_QUALITY = "(?:SCRIPT|INSULAR|DOTLESS|LONG|OPEN|BARRED|VISIGOTHIC|MIDDLE-WELSH|CLOSED)"
_LATIN = re.compile(
    rf"LATIN (?:SMALL LETTER|CAPITAL LETTER|LETTER SMALL CAPITAL|LETTER)(?: {_QUALITY})? ([A-Z]|AA|AE|AO|AU|AV|AY|OO|VY)"
    r"(?: WITH .+)?"
)
_LIGATURE = re.compile(r"LATIN (?:SMALL|CAPITAL) (?:LIGATURE|LETTER) (OE|IJ)")
_ENCLOSED = re.compile(
    r"(?:NEGATIVE CIRCLED|NEGATIVE SQUARED|CROSSED NEGATIVE SQUARED|SQUARED) (?:LATIN CAPITAL LETTER )?"
    r"([A-Z]|AB|CL|COOL|FREE|ID|NEW|NG|OK|SOS|VS|WC|IC|PA|SA)"
)
_REGIONAL = re.compile(r"REGIONAL INDICATOR SYMBOL LETTER ([A-Z])")
_COUNTED = re.compile(
    r"(?:DINGBAT )?(?:NEGATIVE |DOUBLE )?CIRCLED|HANGZHOU NUMERAL|COUNTING ROD UNIT DIGIT|DINGBAT"
)

_BY_HAND = {
    "🔟": ("10", Kind.DIGIT_FORM),
    "🆙": ("up", Kind.LETTER_FORM),
    "ĸ": ("k", Kind.LETTER_FORM),
    "ı": ("i", Kind.LETTER_FORM),
    "ȷ": ("j", Kind.LETTER_FORM),
    # An o with a hook is what makers of small capitals put for q: ǫǫ is QQ.
    "ǫ": ("q", Kind.LOOK_ALIKE),
    "Ǫ": ("q", Kind.LOOK_ALIKE),
}


def _number(character: str) -> str | None:
    """Reads a digit of any script, or a number in a circle."""
    digit = unicodedata2.digit(character, None)
    if digit is not None:
        return str(digit)
    value = unicodedata2.numeric(character, None)
    if value is not None and value.is_integer() and _COUNTED.match(name(character)):
        return str(int(value))
    return None


def _letters(character: str) -> str | None:
    full = name(character)
    if found := (
        _LATIN.fullmatch(full)
        or _LIGATURE.fullmatch(full)
        or _ENCLOSED.fullmatch(full)
        or _REGIONAL.fullmatch(full)
    ):
        return found[1].lower()
    return None


def _kind_of_decomposition(character: str, plain: str) -> Kind:
    tag = unicodedata2.decomposition(character).partition(" ")[0]
    visible = [each for each in plain if category(each)[0] in "LN"]
    if tag in {"<wide>", "<narrow>"}:
        return Kind.WIDTH
    if visible and all(category(each) == "Nd" for each in visible):
        return Kind.DIGIT_FORM
    if (tag == "<square>" and len(plain) > 1) or name(character).startswith(
        ("CJK COMPATIBILITY", "KANGXI", "CJK RADICAL")
    ):
        return Kind.COMPATIBILITY
    if visible and all(name(each).startswith("LATIN") for each in visible):
        return Kind.LETTER_FORM
    if tag in {"<circle>", "<font>", "<square>", "<super>", "<sub>"} or tag[:1] != "<":
        return Kind.LETTER_FORM
    return Kind.COMPATIBILITY


def plain_form(character: str) -> tuple[str, Kind] | None:
    """Gives the ordinary characters behind another form of them, and the kind; None where there are none.

    A fraction has none: ½ is not 12.
    """
    if character.isascii() or name(character).startswith(("HANGUL SYLLABLE", "HANGUL LETTER")):
        return None
    if character in _BY_HAND:
        return _BY_HAND[character]
    if (digits := _number(character)) is not None:
        kind = Kind.WIDTH if unicodedata2.decomposition(character).startswith("<wide>") else Kind.DIGIT_FORM
        return digits, kind
    plain = unicodedata2.normalize("NFKD", character)
    plain = unicodedata2.normalize("NFKC", character) if _has_hangul(plain) else plain
    if plain != character:
        return (
            ("", Kind.COMPATIBILITY)
            if "\u2044" in plain
            else (plain, _kind_of_decomposition(character, plain))
        )
    if letters := _letters(character):
        return letters, Kind.LETTER_FORM
    return None


def _has_hangul(text: str) -> bool:
    return any(name(each).startswith("HANGUL") for each in text)
