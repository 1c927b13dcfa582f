"""What may stand between the characters of a hit."""

import re

from service_kit.matching.boundary import CharacterClass, class_of
from service_kit.matching.places import Places
from service_kit.matching.tables import is_dropped

MOST_NOISE = 6
"""Marks, symbols, emoji or spaces between two characters of a hit."""
_MOST_GAP = 64
"""All that may stand there, invisible characters included: looking at a gap takes bounded time."""
_LEAST_JOINED_DIGITS = 6
"""Digits of a hit that noise must join, or it joins none: telephone numbers, and not dates or lists."""
_SENTENCE_MARKS = frozenset(",!?;，。！？；、…\n")
"""Marks between which different things are said."""
_FEW, _ONE_IN = 8, 20
"""Hits for which joints are looked at one by one, and one more for so many characters; for more, all are once and for all."""

_KINDS = (CharacterClass.LETTER, CharacterClass.DIGIT, CharacterClass.OTHER)
_TOUCHING = dict(zip(_KINDS, "ldo", strict=True))
_APART = dict(zip(_KINDS, "LDO", strict=True))
_MARKED = dict(zip(_KINDS, "MEP", strict=True))
_WIDE = "x"
_apart = re.compile("[A-Z]").search
_marked = re.compile("[MEP]").search
_numbers = re.compile("[dDE]+").findall


class Joints:
    """The places between the characters of a reading; joint 0 is behind character 0.

    Of each it matters whether it is inside a word (its characters are both letters), inside a number (both digits), or
    neither; and whether they touch, are apart, are apart with sentence marks between, or too wide apart. One letter
    tells both: l, d, o where they touch; L, D, O apart; M, E, P with marks; x too wide.
    """

    def __init__(self, original: str, text: str, places: Places) -> None:
        """Takes the original, what it reads as, and where that stands."""
        self._original = original
        self._text = text
        self._places = places
        self._all: str | None = None
        self._hits = 0

    def hold(self, start: int, end: int) -> bool:
        """Tells whether what stands between the characters of an occurrence may be passed over."""
        self._hits += 1
        if self._all is None and self._hits > _FEW + len(self._text) // _ONE_IN:
            self._all = "".join(map(self._look, range(len(self._text) - 1)))
        last = end - 1
        inside = self._all[start:last] if self._all else "".join(map(self._look, range(start, last)))
        if _WIDE in inside:
            return False
        if not _apart(inside):
            return True
        # Inside a word spelt letter by letter: s.b is not sb in u.s.b
        if self._spelt(start - 1, start) or self._spelt(last, last):
            return False
        if any(len(number) + 1 < _LEAST_JOINED_DIGITS and _apart(number) for number in _numbers(inside)):
            return False
        return not _marked(inside) or self._taken_apart(inside, start, end)

    def _at(self, joint: int) -> str:
        """Returns the letter of a joint; nothing beyond the first and the last."""
        if not 0 <= joint < len(self._text) - 1:
            return ""
        return self._all[joint] if self._all else self._look(joint)

    def _look(self, joint: int) -> str:
        kind = class_of(self._text[joint])
        if kind is not CharacterClass.OTHER and class_of(self._text[joint + 1]) is not kind:
            kind = CharacterClass.OTHER
        end, begin = self._places.ends[joint], self._places.begins[joint + 1]
        if end >= begin:
            return _TOUCHING[kind]
        if begin - end > _MOST_GAP:
            return _WIDE
        gap = self._original[end:begin]
        if len(gap) > MOST_NOISE and sum(not is_dropped(character) for character in gap) > MOST_NOISE:
            return _WIDE
        if kind is CharacterClass.LETTER and any(map(str.isspace, gap)):
            return _WIDE
        return _APART[kind] if _SENTENCE_MARKS.isdisjoint(gap) else _MARKED[kind]

    def _spelt(self, joint: int, edge: int) -> bool:
        """Tells whether the characters around a joint, the hit's edge and one outside, belong to a word that is spelt out."""
        if class_of(self._text[edge]) is CharacterClass.OTHER:
            return False
        at = self._at(joint)
        return (
            at != ""
            and at in "LDME"
            and self._at(joint - 1) not in ("l", "d")
            and self._at(joint + 1) not in ("l", "d")
        )

    def _taken_apart(self, inside: str, start: int, end: int) -> bool:
        """Tells whether a hit with sentence marks inside is a word in pieces, and not two words that meet.

        加，微，信 is, and 微，信 by itself; 参加，微信 and 王，八点见 are not. Letters may be held on one side, as in 加V，X.
        """
        if "o" in inside:
            return False
        borders = inside.count("O") + inside.count("P")
        if borders > 1:
            return True
        if borders:
            return not self._held(start - 1, start - 1) and not self._held(end - 1, end)
        return inside[0] in "dDE" or not self._held(start - 1, start - 1) or not self._held(end - 1, end)

    def _held(self, joint: int, neighbour: int) -> bool:
        """Tells whether a neighbour of the hit that is no letter or digit touches it."""
        return self._at(joint) == "o" and class_of(self._text[neighbour]) is CharacterClass.OTHER
