"""What folding removes: *noise*, which a reader sees and skips, and *dropped* characters, which nobody sees alone."""

from tables.script import category

DROPPED, NOISE = "dropped", "noise"

_IGNORABLE = (
    range(0x00AD, 0x00AE),  # soft hyphen
    range(0x034F, 0x0350),  # combining grapheme joiner
    range(0x061C, 0x061D),  # Arabic letter mark
    range(0x115F, 0x1161),  # Hangul fillers
    range(0x17B4, 0x17B6),  # Khmer inherent vowels
    range(0x180B, 0x1810),  # Mongolian variation selectors and vowel separator
    range(0x200B, 0x2010),  # zero-width space, joiners, direction marks
    range(0x202A, 0x202F),  # direction embeddings
    range(0x2060, 0x2070),  # word joiner, invisible operators, isolates
    range(0x3164, 0x3165),  # Hangul filler
    range(0xFE00, 0xFE10),  # variation selectors
    range(0xFEFF, 0xFF00),  # zero-width no-break space
    range(0xFFA0, 0xFFA1),  # half-width Hangul filler
    range(0xFFF0, 0xFFF9),
    range(0x1BCA0, 0x1BCA4),  # shorthand format controls
    range(0x1D173, 0x1D17B),  # musical format controls
    range(0xE0000, 0xE1000),  # tags and variation selectors
)
"""Unicode's Default_Ignorable_Code_Point, which unicodedata2 does not tell (DerivedCoreProperties.txt)."""

_STROKES = "丶丿丨亅乀乁乚乛"
"""Single strokes: Han to Unicode, lines and dots to those who put them between the characters of a word."""
_DIVIDERS = (
    "\u01c0\u01c1\u01c2\u01c3"  # click letters: lines and an exclamation mark
    "ゝゞヽヾ〱〲〳〴〵〻〆〼"  # kana repetition and closing marks
    "゛゜"
    "™℠"  # else "VX™" would end in letters and be no VX
    "\ua4f8\ua4f9\ua4fa\ua4fb\ua4fc\ua4fd"  # Lisu tones: full stops, commas and colons
    "\u0640\u07fa\u119e\u1427\u318d"  # letters that are drawn as a line or a middle dot; Koreans type ㆍ for one
    "\U0001d165\U0001d166\U0001d16d"  # stems and dots of notes
)
_MODIFIERS = (range(0x02B9, 0x02E0), range(0x02E5, 0x0300), range(0xA700, 0xA722), range(0xA788, 0xA78D))
"""Spacing marks and tone letters, primes and apostrophes that Unicode calls letters."""

_BY_CATEGORY = dict.fromkeys(("Mn", "Me", "Cf"), DROPPED) | dict.fromkeys(("Cc", "Cn", "Co", "Cs"), NOISE)
_NOISE = frozenset(_STROKES + _DIVIDERS) | {chr(code) for codes in _MODIFIERS for code in codes}
_DROPPED = frozenset(chr(code) for codes in _IGNORABLE for code in codes) | set("ﾞﾟ")


def removed_first(character: str) -> str | None:
    """Sorts what is removed whatever other forms it has: marks, fillers, what has no meaning of its own, listed dividers.

    ™ is removed though it has the form TM.
    """
    if character in _DROPPED:
        return DROPPED
    if character in _NOISE:
        return NOISE
    return _BY_CATEGORY.get(category(character))


def removed_at_last(character: str) -> str | None:
    """Sorts what is removed if no letter or digit stands behind it: punctuation, symbols, spaces."""
    return NOISE if category(character)[0] in "PSZ" else None
