"""What may stand between the characters of a hit."""

from dataclasses import dataclass

from service_kit.matching.boundary import CharacterClass, class_of
from service_kit.matching.places import Places
from service_kit.matching.tables import is_dropped

MOST_NOISE = 6
"""Marks, symbols, emoji or spaces between two characters of a hit."""
_MOST_GAP = 64
"""All that may stand there, invisible characters included: looking at a gap takes bounded time."""
_LEAST_JOINED_DIGITS = 6
"""Digits that noise must join, or it joins none: telephone numbers, and not lists of small numbers."""
_SENTENCE_MARKS = frozenset(",!?;，。！？；、…\n")
"""Marks between which different things are said."""


@dataclass(frozen=True, slots=True)
class Joints:
    """The places between the characters of a reading."""

    original: str
    text: str
    """What it reads as."""
    places: Places

    def hold(self, start: int, end: int) -> bool:
        """Tells whether what stands between the characters of an occurrence may be passed over."""
        sentences = False
        for index in range(start, end - 1):
            if not self._gap(index):
                continue
            if not self._bridged(index):
                return False
            sentences = sentences or not _SENTENCE_MARKS.isdisjoint(self._between(index))
            sort = self._sort(index)
            if sort is CharacterClass.OTHER or self._sort(index + 1) is not sort:
                continue
            if sort is CharacterClass.DIGIT and not self._many_digits(index):
                return False
            # Inside a word spelt letter by letter: s.b is not sb in u.s.b
            if index == start and self._spelt_on(index - 1):
                return False
            if index + 2 == end and self._spelt_on(index + 1):
                return False
        return not sentences or self._taken_apart(start, end)

    def at_ends_of_words(self, start: int, end: int) -> bool:
        """Tells whether an occurrence begins and ends at the ends of runs of letters or digits in the reading."""
        return not (self._runs_on(start - 1) or self._runs_on(end - 1))

    def _sort(self, index: int) -> CharacterClass:
        return class_of(self.text[index])

    def _inside(self, index: int) -> bool:
        """Tells whether there is a character at a place, and one behind it."""
        return 0 <= index < len(self.text) - 1

    def _gap(self, index: int) -> int:
        """Returns how many characters of the original lie between a character and the next."""
        return max(0, self.places.begins[index + 1] - self.places.ends[index])

    def _between(self, index: int) -> str:
        return self.original[self.places.ends[index] : self.places.begins[index + 1]]

    def _same_word(self, index: int) -> bool:
        """Tells whether a character and the next are both letters or both digits."""
        sort = self._sort(index)
        return sort is not CharacterClass.OTHER and self._sort(index + 1) is sort

    def _runs_on(self, index: int) -> bool:
        """Tells whether a run of letters or digits goes on from a character to the next, without a gap."""
        return self._inside(index) and not self._gap(index) and self._same_word(index)

    def _bridged(self, index: int) -> bool:
        """Tells whether the gap behind a character is one that noise may make."""
        size = self._gap(index)
        if size > _MOST_GAP:
            return False
        gap = self._between(index)
        if size > MOST_NOISE and sum(not is_dropped(character) for character in gap) > MOST_NOISE:
            return False
        if self._sort(index) is CharacterClass.LETTER is self._sort(index + 1):
            return not any(character.isspace() for character in gap)
        return True

    def _many_digits(self, index: int) -> bool:
        """Tells whether a digit is among so many that they make a number, whatever stands between them."""
        first = last = index
        while last - first + 1 < _LEAST_JOINED_DIGITS:
            if first > 0 and self._same_word(first - 1) and self._bridged(first - 1):
                first -= 1
            elif self._inside(last) and self._same_word(last) and self._bridged(last):
                last += 1
            else:
                return False
        return True

    def _spelt_on(self, index: int) -> bool:
        """Tells whether a character and the next, one of them outside the hit, belong to a word that is spelt out."""
        return (
            self._inside(index)
            and self._same_word(index)
            and self._bridged(index)
            and not self._runs_on(index - 1)
            and not self._runs_on(index)
            and not self._runs_on(index + 1)
        )

    def _taken_apart(self, start: int, end: int) -> bool:
        """Tells whether a hit with sentence marks inside is a word in pieces, and not two words that meet.

        加，微，信 is; 参加，微信 and 参加，微笑 are not.
        """
        borders = [index for index in range(start, end - 1) if not self._same_word(index)]
        if not all(self._gap(index) for index in borders):
            return False
        return len(borders) > 1 or not (self._held(start - 1, start - 1) and self._held(end - 1, end))

    def _held(self, border: int, neighbour: int) -> bool:
        """Tells whether a neighbour of the hit that is no letter or digit touches it."""
        return (
            self._inside(border) and not self._gap(border) and self._sort(neighbour) is CharacterClass.OTHER
        )
