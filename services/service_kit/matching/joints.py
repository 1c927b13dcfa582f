"""What may stand between the characters of a hit."""

from itertools import accumulate, groupby

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
NEIGHBOURS = 3
"""Characters on either side of a hit that may matter."""


class Joints:
    """The places between the characters of a reading; joint 0 is behind character 0.

    A flood of noise may make hundreds of thousands of hits in pieces. So what matters of all joints is counted up once, and
    a hit is judged by differences of counts.
    """

    def __init__(self, original: str, text: str, places: Places) -> None:
        """Takes the original, what it reads as, and where that stands."""
        self._sorts = [class_of(character) for character in text]
        self._gaps = [end < begin for end, begin in zip(places.ends, places.begins[1:], strict=False)]
        joints = range(len(self._gaps))
        bridges = {
            joint: self._bridge(original[places.ends[joint] : places.begins[joint + 1]], joint)
            for joint in joints
            if self._gaps[joint]
        }
        self._bridged = [bridges.get(joint, (True, False))[0] for joint in joints]
        borders = [not self._in_word(joint) for joint in joints]
        self._gaps_up_to = _counted(self._gaps)
        self._unbridged_up_to = _counted([not bridged for bridged in self._bridged])
        self._marked_up_to = _counted([bridges.get(joint, (True, False))[1] for joint in joints])
        self._borders_up_to = _counted(borders)
        self._touching_borders_up_to = _counted(
            [border and not gap for border, gap in zip(borders, self._gaps, strict=True)]
        )
        self._gaps_in_numbers_up_to = _counted(
            [
                gap and not border and self._sorts[joint] is CharacterClass.DIGIT
                for joint, gap, border in zip(joints, self._gaps, borders, strict=True)
            ]
        )

    def hold(self, start: int, end: int) -> bool:
        """Tells whether what stands between the characters of an occurrence may be passed over."""
        last = end - 1
        if self._gaps_up_to[last] == self._gaps_up_to[start]:
            return True
        if self._unbridged_up_to[last] != self._unbridged_up_to[start]:
            return False
        # Inside a word spelt letter by letter: s.b is not sb in u.s.b
        if self._spelt(start - 1) or self._spelt(last):
            return False
        if self._gaps_in_numbers_up_to[last] != self._gaps_in_numbers_up_to[start] and not self._numbers_hold(
            start, end
        ):
            return False
        return self._marked_up_to[last] == self._marked_up_to[start] or self._taken_apart(start, end)

    def _bridge(self, gap: str, joint: int) -> tuple[bool, bool]:
        """Tells whether a gap may be passed over, as far as it can be told by itself; and whether marks are in it."""
        bridged = (
            len(gap) <= _MOST_GAP
            and sum(not is_dropped(character) for character in gap) <= MOST_NOISE
            and not (
                self._sorts[joint] is CharacterClass.LETTER
                and self._in_word(joint)
                and any(character.isspace() for character in gap)
            )
        )
        return bridged, not _SENTENCE_MARKS.isdisjoint(gap[:_MOST_GAP])

    def _inside(self, joint: int) -> bool:
        return 0 <= joint < len(self._gaps)

    def _in_word(self, joint: int) -> bool:
        """Tells whether the characters around a joint are both letters or both digits."""
        sort = self._sorts[joint]
        return sort is not CharacterClass.OTHER and self._sorts[joint + 1] is sort

    def _runs_on(self, joint: int) -> bool:
        """Tells whether a run of letters or digits goes on over a joint."""
        return self._inside(joint) and self._in_word(joint) and not self._gaps[joint]

    def _spelt(self, joint: int) -> bool:
        """Tells whether the characters around a joint, one of them outside the hit, belong to a word that is spelt out."""
        return (
            self._inside(joint)
            and self._in_word(joint)
            and self._bridged[joint]
            and not any(self._runs_on(beside) for beside in (joint - 1, joint, joint + 1))
        )

    def _numbers_hold(self, start: int, end: int) -> bool:
        """Tells whether all numbers of an occurrence that are in pieces have digits enough to be one."""
        for sort, stretch in groupby(
            range(start, end - 1),
            key=lambda joint: self._sorts[joint] if self._in_word(joint) else CharacterClass.OTHER,
        ):
            if sort is CharacterClass.DIGIT:
                gaps = [self._gaps[joint] for joint in stretch]
                if any(gaps) and len(gaps) + 1 < _LEAST_JOINED_DIGITS:
                    return False
        return True

    def _taken_apart(self, start: int, end: int) -> bool:
        """Tells whether a hit with sentence marks inside is a word in pieces, and not two words that meet.

        加，微，信 is, and 微，信 by itself; 参加，微信 and 王，八点见 are not. Letters may be held on one side, as in 加V，X.
        """
        last = end - 1
        if self._touching_borders_up_to[last] != self._touching_borders_up_to[start]:
            return False
        borders = self._borders_up_to[last] - self._borders_up_to[start]
        if borders > 1:
            return True
        held = self._held(start - 1, start - 1), self._held(last, end)
        if borders:
            return not any(held)
        return self._sorts[start] is CharacterClass.DIGIT or not all(held)

    def _held(self, joint: int, neighbour: int) -> bool:
        """Tells whether a neighbour of the hit that is no letter or digit touches it."""
        return (
            self._inside(joint) and not self._gaps[joint] and self._sorts[neighbour] is CharacterClass.OTHER
        )


def _counted(facts: list[bool]) -> list[int]:
    """Returns, for every joint and behind the last, how many of those before it are so."""
    return list(accumulate(facts, initial=0))
