"""What FOLDED makes of each code point."""

import sys
from functools import cache

from service_kit.matching.folding_kind import FoldingKind
from service_kit.matching.tables.files import lines


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
def folding() -> list[int | str | None]:
    """Gives the table for `str.translate`: by code point, itself, what it folds to, or None for noise and dropped.

    It holds every code point, so that `str.translate` never meets a LookupError, which costs more than the look-up.
    What a code point folds to folds no further.
    """
    table: list[int | str | None] = [None] * (sys.maxunicode + 1)
    kept_from = 0
    for codes, _ in (*removed(), (range(len(table), len(table)), "")):
        table[kept_from : codes.start] = range(kept_from, codes.start)
        kept_from = codes.stop
    for code, text, _ in folded():
        table[code] = ord(text) if len(text) == 1 else text
    return table


@cache
def dropped() -> frozenset[str]:
    """Gives the characters that fold to nothing and show nothing by themselves; noise is the others that fold to None."""
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
