"""Texts with what was found in them marked: by colours on a terminal, by brackets elsewhere."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import NamedTuple

from rich.text import Text

Span = tuple[int, int]
LONG = 160
"""Characters from which on a text is shortened around its hits."""
_BEGINNING = 80
"""Characters shown of a long text without hits."""
_AROUND = 24
"""Characters shown before and behind a hit in a long text."""
_MOST_OF_A_HIT = 60
"""Characters shown of one hit in a long text."""
_MOST_PIECES = 40
"""Pieces shown of a long text, marked or not."""
_CUT = "…"
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Mark(Enum):
    """What a piece of a text is: how it begins and ends in plain text, and its style on a terminal."""

    NONE = ("", "", "")
    HIT = ("⟦", "⟧", "bold reverse red")
    EXCUSED = ("⟨", "⟩", "dim underline")


class Piece(NamedTuple):
    """A piece of a text."""

    text: str
    mark: Mark


def printable(text: str) -> str:
    """Writes what would break a line, steer a terminal or turn the reading direction as an escape."""
    return "".join(
        character.encode("unicode_escape").decode()
        if character in _REORDERING or unicodedata.category(character) in _UNPRINTABLE
        else character
        for character in text
    )


def pieces(text: str, hits: Iterable[Span], excused: Iterable[Span]) -> list[Piece]:
    """Cuts a text into pieces; overlapping hits are one piece, and what is hit is not shown as excused."""
    found = _united(hits)
    marked = sorted(
        [(start, end, Mark.HIT) for start, end in found]
        + [(start, end, Mark.EXCUSED) for start, end in _without(_united(excused), found)],
        key=lambda it: it[:2],
    )
    cut = []
    at = 0
    for start, end, mark in marked:
        cut += [Piece(text[at:start], Mark.NONE), Piece(text[start:end], mark)]
        at = end
    cut.append(Piece(text[at:], Mark.NONE))
    return [piece for piece in cut if piece.text]


def shortened(all_pieces: Sequence[Piece]) -> list[Piece]:
    """Leaves out what is far from hits in a long text, the middle of long hits, and all behind many hits."""
    if sum(len(piece.text) for piece in all_pieces) <= LONG:
        return list(all_pieces)
    if len(all_pieces) == 1 and all_pieces[0].mark is Mark.NONE:
        return [Piece(all_pieces[0].text[:_BEGINNING] + _CUT, Mark.NONE)]
    last = len(all_pieces) - 1
    kept = []
    for index, (text, mark) in islice(enumerate(all_pieces), _MOST_PIECES):
        if mark is not Mark.NONE:
            before = behind = _MOST_OF_A_HIT // 2
        else:
            before, behind = _AROUND * (index > 0), _AROUND * (index < last)
        if len(text) > before + behind:
            text = text[:before] + _CUT + text[len(text) - behind :]
        kept.append(Piece(text, mark))
    return kept if last < _MOST_PIECES else [*kept, Piece(_CUT, Mark.NONE)]


def as_text(some: Iterable[Piece]) -> str:
    """Returns pieces with brackets around what is marked."""
    return "".join(f"{mark.value[0]}{printable(text)}{mark.value[1]}" for text, mark in some)


def as_rich(some: Iterable[Piece]) -> Text:
    """Returns pieces with styles."""
    return Text.assemble(*((printable(text), mark.value[2]) for text, mark in some))


def _united(spans: Iterable[Span]) -> list[Span]:
    united: list[Span] = []
    for start, end in sorted(spans):
        if united and start < united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def _without(spans: Iterable[Span], taken: Sequence[Span]) -> Iterator[Span]:
    """Yields what is left of spans; those in `taken` are in order and apart."""
    for start, end in spans:
        for first, behind in taken:
            if first < end and start < behind:
                if start < first:
                    yield start, first
                start = behind
        if start < end:
            yield start, end
