"""What may stand between the characters of a hit."""

from itertools import groupby
from typing import NamedTuple

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


class Joint(NamedTuple):
    """The place between a character of a reading and the next."""

    gap: bool
    """Whether something stands between them in the original."""
    bridged: bool
    """Whether that may be passed over, as far as it can be told here."""
    marked: bool
    """Whether there are sentence marks in it."""
    sort: CharacterClass
    """What both are; OTHER unless both are letters or both digits."""

    @property
    def in_word(self) -> bool:
        """Tells whether both are letters or both digits."""
        return self.sort is not CharacterClass.OTHER

    @property
    def runs_on(self) -> bool:
        """Tells whether a run of letters or digits goes on from one to the other."""
        return self.in_word and not self.gap


_EDGE = Joint(gap=True, bridged=False, marked=False, sort=CharacterClass.OTHER)
"""Where a reading begins and ends."""


class Joints:
    """The places between the characters of a reading, looked at when they are asked for, each once."""

    __slots__ = ("_known", "_original", "_places", "_text")

    def __init__(self, original: str, text: str, places: Places) -> None:
        """Takes the original, what it reads as, and where that stands."""
        self._original = original
        self._text = text
        self._places = places
        self._known: dict[int, Joint] = {}

    def hold(self, start: int, end: int) -> bool:
        """Tells whether what stands between the characters of an occurrence may be passed over."""
        joints = [self._joint(index) for index in range(start, end - 1)]
        if not any(joint.gap for joint in joints):
            return True
        if not all(joint.bridged for joint in joints):
            return False
        # Inside a word spelt letter by letter: s.b is not sb in u.s.b
        if self._spelt(start - 1) or self._spelt(end - 1):
            return False
        for sort, stretch in groupby(joints, key=lambda joint: joint.sort):
            if sort is CharacterClass.DIGIT:
                gaps = [joint.gap for joint in stretch]
                if any(gaps) and len(gaps) + 1 < _LEAST_JOINED_DIGITS:
                    return False
        return not any(joint.marked for joint in joints) or self._taken_apart(start, end, joints)

    def number_runs_on(self, index: int) -> bool:
        """Tells whether a character and the next are digits side by side."""
        joint = self._joint(index)
        return joint.runs_on and joint.sort is CharacterClass.DIGIT

    def in_one_sign(self, index: int) -> bool:
        """Tells whether a character and the next are of one word and one sign of the original, as in ㎏."""
        begins = self._places.begins
        return self._joint(index).in_word and begins[index] == begins[index + 1]

    def _joint(self, index: int) -> Joint:
        joint = self._known.get(index)
        if joint is None:
            joint = self._known[index] = self._looked_at(index)
        return joint

    def _looked_at(self, index: int) -> Joint:
        if not 0 <= index < len(self._text) - 1:
            return _EDGE
        sort = class_of(self._text[index])
        if class_of(self._text[index + 1]) is not sort:
            sort = CharacterClass.OTHER
        begin, end = self._places.ends[index], self._places.begins[index + 1]
        if begin >= end:
            return Joint(gap=False, bridged=True, marked=False, sort=sort)
        gap = self._original[begin : min(end, begin + _MOST_GAP)]
        bridged = (
            end - begin <= _MOST_GAP
            and sum(not is_dropped(character) for character in gap) <= MOST_NOISE
            and not (sort is CharacterClass.LETTER and any(character.isspace() for character in gap))
        )
        return Joint(gap=True, bridged=bridged, marked=not _SENTENCE_MARKS.isdisjoint(gap), sort=sort)

    def _spelt(self, index: int) -> bool:
        """Tells whether a character and the next, one of them outside the hit, belong to a word that is spelt out."""
        joint = self._joint(index)
        return (
            joint.in_word
            and joint.bridged
            and not any(self._joint(beside).runs_on for beside in (index - 1, index, index + 1))
        )

    def _taken_apart(self, start: int, end: int, joints: list[Joint]) -> bool:
        """Tells whether a hit with sentence marks inside is a word in pieces, and not two words that meet.

        加，微，信 is, and 微，信 by itself; 参加，微信 and 王，八点见 are not. Letters may be held on one side, as in 加V，X.
        """
        borders = [joint.gap for joint in joints if not joint.in_word]
        if not all(borders):
            return False
        if len(borders) > 1:
            return True
        held = self._held(start - 1, start - 1), self._held(end - 1, end)
        if borders:
            return not any(held)
        return joints[0].sort is CharacterClass.DIGIT or not all(held)

    def _held(self, border: int, neighbour: int) -> bool:
        """Tells whether a neighbour of the hit that is no letter or digit touches it."""
        return not self._joint(border).gap and class_of(self._text[neighbour]) is CharacterClass.OTHER
