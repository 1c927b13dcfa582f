"""What FOLDED makes of each code point."""

import sys
from functools import cache

from service_kit.matching.folding_kind import FoldingKind
from service_kit.matching.tables.files import lines

DROPPED, NOISE, SEVERAL = "\0\1\2"
"""What the table has for characters that fold to nothing and show nothing by themselves; to nothing; to several characters,
or to a letter that may be half a flag. Written in a text, each of these is noise."""
_FLAGS = range(0x1F1E6, 0x1F200)
"""Letters of which two make a flag."""


@cache
def folded() -> tuple[tuple[int, str, FoldingKind], ...]:
    """Gives what folds to something else: (code point, folded text, why)."""
    rows = (line.split("\t") for line in lines("folded.tsv"))
    kinds = {kind.value: kind for kind in FoldingKind}
    return tuple((int(code, 16), text, kinds[kind]) for code, text, kind in rows)


@cache
def removed() -> tuple[tuple[range, str], ...]:
    """Gives what folds to nothing: (code points, `noise` or `dropped`)."""
    rows = (line.replace("..", "\t").split("\t") for line in lines("classes.tsv"))
    return tuple((range(int(first, 16), int(last, 16) + 1), kind) for first, last, kind in rows)


@cache
def folding() -> list[int]:
    """Gives the table for `str.translate`: by code point, itself, what it folds to, or a mark.

    It holds every code point, so that `str.translate` never meets a LookupError, which costs more than the look-up.
    What a code point folds to folds no further, and one character stays one, so that offsets stay what they are.
    """
    table: list[int] = [ord(NOISE)] * (sys.maxunicode + 1)
    kept_from = 0
    for codes, kind in (*removed(), (range(len(table), len(table)), "")):
        table[kept_from : codes.start] = range(kept_from, codes.start)
        kept_from = codes.stop
        if kind == "dropped":
            table[codes.start : codes.stop] = [ord(DROPPED)] * len(codes)
    for code, text, _ in folded():
        table[code] = ord(text) if len(text) == 1 and code not in _FLAGS else ord(SEVERAL)
    return table


@cache
def several() -> dict[str, str]:
    """Maps the characters that have the mark for several to what they fold to."""
    return {chr(code): text for code, text, _ in folded() if folding()[code] == ord(SEVERAL)}


@cache
def dropped() -> frozenset[str]:
    """Gives the characters that fold to nothing and show nothing by themselves; noise is the others that fold to nothing."""
    return frozenset(chr(code) for codes, kind in removed() if kind == "dropped" for code in codes)


def is_dropped(character: str) -> bool:
    return character in dropped()


@cache
def _kinds() -> dict[str, FoldingKind]:
    return {chr(code): kind for code, _, kind in folded()}


def kind_of(character: str) -> FoldingKind | None:
    """Tells why a character folds to another; None if it stays or is removed."""
    return _kinds().get(character)


@cache
def numerals() -> dict[str, str]:
    """Maps folded Han numerals to digits: 〇 and 零 to 0, 幺, 一 and 壹 to 1."""
    return dict(line.split("\t") for line in lines("numerals.tsv"))
