"""Every way to read a text and to spell a keyword, for the brute matcher."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from service_kit.matching import MatchMode, fold
from service_kit.matching.tables import (
    DROPPED,
    NOISE,
    dropped,
    emoticons,
    folding,
    numerals,
    readings,
    several,
    syllables,
)

Span = tuple[int, int]
"""Of a text, half open."""


@dataclass(frozen=True)
class Piece:
    """One character of what a text reads as, or one syllable, and where it stands in the text."""

    says: str
    begin: int
    end: int
    first: int
    """Where the run that it belongs to begins, or itself."""
    last: int
    """Where that run ends."""
    is_run: bool = False
    numeral: bool = False
    """Whether it is a Han numeral that was read as a digit."""

    @property
    def sort(self) -> str:
        return sort_of(self.says)


@dataclass(frozen=True)
class View:
    """One way to read a text: pieces, and what each character of the text is when it stands between them."""

    text: str
    shown: str
    """The text, with n for a noise character, 0 for what is invisible, and x for what is read."""
    pieces: tuple[Piece, ...]

    def between(self, index: int) -> Span:
        """Returns what stands between a piece and the next."""
        begin, end = self.pieces[index].end, self.pieces[index + 1].begin
        return begin, max(begin, end)


def sort_of(says: str) -> str:
    """Sorts what a piece says, or a character of a text: letter, digit, or other."""
    if len(says) == 1 and says in "0123456789":
        return "digit"
    in_alphabets = says < "\u0590" or "\u1e00" <= says <= "\u1fff"
    return "letter" if len(says) == 1 and says.isalpha() and in_alphabets else "other"


def _folded(character: str) -> str:
    one = character.translate(folding())
    return several().get(character, "" if one in (DROPPED, NOISE) else one)


def _numbers(says: Sequence[str]) -> list[str]:
    """Reads Han numerals as digits where three and more numerals or digits are in a row."""
    read = list(says)
    for numeric, group in itertools.groupby(
        range(len(says)), lambda at: says[at] in numerals() or sort_of(says[at]) == "digit"
    ):
        places = list(group)
        if numeric and len(places) >= 3:
            for at in places:
                read[at] = numerals().get(says[at], says[at])
    return read


def spellings(keyword: str, mode: MatchMode) -> set[tuple[str, ...]]:
    """Returns what a text must say for a keyword to be found in it."""
    folded = [said for character in keyword for said in _folded(character)]
    forms = [folded, _numbers(folded)]
    if mode is MatchMode.FOLDED:
        return {tuple(form) for form in forms}
    wanted: set[tuple[str, ...]] = set()
    for form in forms:
        choices = [[f"<{sound}>" for sound in readings(said)] or [said] for said in form]
        for sounds in itertools.islice(itertools.product(*choices), 8):
            wanted.add(sounds)
            wanted.add(tuple("".join(sounds).replace("<", "").replace(">", "")))
    return wanted


def views(text: str, mode: MatchMode) -> Iterator[View]:
    """Yields every way to read a text."""
    for pictures_are_noise in (False, True):
        plain = _plain(text, pictures_are_noise=pictures_are_noise)
        for view in (plain, _with_numbers(plain)):
            marked = _with_runs(view)
            for cut in (marked, _cut(marked, 1), _cut(marked, 2)):
                if mode is MatchMode.FOLDED:
                    yield cut
                else:
                    yield _sounding(cut)
                    yield _with_syllables(_sounding(cut))


def _plain(text: str, *, pictures_are_noise: bool) -> View:
    shown: list[str] = []
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        pictures = [f"[{name}]" for name in emoticons() if text.startswith(f"[{name}]", at)]
        if len(letters := text[at : at + 2]) == 2 and all(
            "\U0001f1e6" <= it <= "\U0001f1ff" for it in letters
        ):
            pictures.append(letters)  # a flag
        if pictures and pictures_are_noise:
            shown.append("n")
            shown += "0" * (len(pictures[0]) - 1)
        elif text[at] in dropped():
            shown.append("0")
        else:
            said = _folded(text[at])
            shown.append("x" if said else "n")
            pieces += [Piece(one, at, at + 1, at, at + 1) for one in said]
        at = len(shown)
    # Invisible characters belong to what they follow.
    for index, piece in enumerate(pieces):
        end = piece.end
        while end < len(text) and shown[end] == "0":
            end += 1
        pieces[index] = replace(piece, end=end, last=end)
    return View(text, "".join(shown), tuple(pieces))


def _with_numbers(view: View) -> View:
    read = _numbers([piece.says for piece in view.pieces])
    pieces = (
        replace(piece, says=says, numeral=piece.says != says)
        for piece, says in zip(view.pieces, read, strict=True)
    )
    return replace(view, pieces=tuple(pieces))


def _grouped(view: View, alike: Callable[[Piece, Piece], bool]) -> Iterator[list[Piece]]:
    """Groups neighbours that are alike and side by side: neither apart nor of one sign."""
    group: list[Piece] = []
    for piece in view.pieces:
        if group and (piece.begin != group[-1].end or not alike(group[-1], piece)):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _with_runs(view: View) -> View:
    """Marks runs of one letter or Han character: of three and more, or in several forms (but case and width)."""
    pieces: list[Piece] = []
    for group in _grouped(view, lambda one, other: one.says == other.says):
        forms = {fold(view.text[piece.begin]) for piece in group}
        if (len(group) >= 3 or len(forms) > 1) and group[0].sort != "digit":
            group = [replace(it, first=group[0].begin, last=group[-1].end, is_run=True) for it in group]
        pieces += group
    return replace(view, pieces=tuple(pieces))


def _cut(view: View, size: int) -> View:
    """Cuts runs to one piece, or to two: the last piece ends where the run does."""
    pieces: list[Piece] = []
    for group in _grouped(
        view,
        lambda one, other: (
            one.is_run and other.is_run and one.first == other.first and one.says == other.says
        ),
    ):
        if group[0].is_run:
            group = group[:size]
            group[-1] = replace(group[-1], end=group[-1].last)
        pieces += group
    return replace(view, pieces=tuple(pieces))


def _sounding(view: View) -> View:
    """Reads each Han character by its usual sound."""
    said = ([*readings(piece.says), ""][0] for piece in view.pieces)
    pieces = (
        replace(piece, says=f"<{sound}>") if sound else piece
        for piece, sound in zip(view.pieces, said, strict=True)
    )
    return replace(view, pieces=tuple(pieces))


def _with_syllables(view: View) -> View:
    """Reads words of two and more letters as syllables where they are pinyin from beginning to end."""
    pieces: list[Piece] = []
    for group in _grouped(view, lambda one, other: one.says in _AZ and other.says in _AZ):
        word = "".join(piece.says for piece in group)
        cuts = next(_pinyin(word), None) if len(word) > 1 and set(word) <= set(_AZ) else None
        if cuts is None:
            pieces += group
            continue
        for syllable in cuts:
            letters, group = group[: len(syllable)], group[len(syllable) :]
            begin, end = letters[0].begin, letters[-1].end
            pieces.append(Piece(f"<{syllable}>", begin, end, begin, end))
    return replace(view, pieces=tuple(pieces))


_AZ = "abcdefghijklmnopqrstuvwxyz"


def _pinyin(word: str) -> Iterator[list[str]]:
    """Yields the ways to cut a word into syllables, those with the longest at the front first."""
    if not word:
        yield []
    for size in range(len(word), 0, -1):
        if word[:size] in syllables():
            for rest in _pinyin(word[size:]):
                yield [word[:size], *rest]
