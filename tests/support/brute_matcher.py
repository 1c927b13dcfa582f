"""A matcher that nobody would deploy: the rules written down one after the other, and every place tried.

It shares the character tables with the engine, and nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from service_kit.matching import MatchMode, fold
from support.brute_views import Span, View, sort_of, spellings, views

__all__ = ["Span", "any_place", "brute_hits"]


def brute_hits(text: str, keyword: str, mode: MatchMode) -> set[Span]:
    """Returns the spans where a keyword stands in a text, by trying all."""
    if mode is MatchMode.EXACT:
        return _exact_hits(text, keyword)
    spans = set()
    for view in views(text, mode):
        for wanted in spellings(keyword, mode):
            for start in range(len(view.pieces) - len(wanted) + 1):
                end = start + len(wanted)
                said = tuple(piece.says for piece in view.pieces[start:end])
                if said == wanted and _stands(view, start, end):
                    spans.add((view.pieces[start].first, view.pieces[end - 1].last))
    return spans


def _exact_hits(text: str, keyword: str) -> set[Span]:
    size = len(keyword)
    return {
        (start, start + size)
        for start in range(len(text) - size + 1)
        if all(fold(text[start + place]) == fold(keyword[place]) for place in range(size))
        and _parted(text, start)
        and _parted(text, start + size)
    }


def _parted(text: str, place: int) -> bool:
    """Tells whether no run of letters or digits goes on over a place of the text itself, width and case aside."""
    if place in {0, len(text)}:
        return True
    left, right = sort_of(fold(text[place - 1])), sort_of(fold(text[place]))
    return left == "other" or left != right


def _stands(view: View, start: int, end: int) -> bool:
    inside = range(start, end - 1)
    return (
        all(_may_be_passed_over(view, index) for index in inside)
        and _digits_are_a_number(view, start, end)
        and not _in_a_spelt_word(view, start, end)
        and not _of_two_sentences(view, start, end)
        and _numerals_are_whole(view, start, end)
        and _begins_and_ends_free(view, start, end)
    )


def _gap(view: View, index: int) -> bool:
    begin, end = view.between(index)
    return begin < end


def _same(view: View, index: int) -> str:
    """Returns "letter" or "digit" if a piece and the next are both that, else nothing."""
    left, right = view.pieces[index].sort, view.pieces[index + 1].sort
    return left if left == right != "other" else ""


def _touch(view: View, index: int) -> bool:
    """Tells whether a piece and the next stand side by side in one run of letters or of digits."""
    return 0 <= index < len(view.pieces) - 1 and not _gap(view, index) and bool(_same(view, index))


def _may_be_passed_over(view: View, index: int) -> bool:
    """At most 6 visible characters, at most 64 in all, and no space between two letters."""
    begin, end = view.between(index)
    if end - begin > 64 or view.shown[begin:end].count("n") > 6:
        return False
    return _same(view, index) != "letter" or not any(map(str.isspace, view.text[begin:end]))


def _digits_are_a_number(view: View, start: int, end: int) -> bool:
    """Digits apart from each other are joined where the hit has six and more of them in a row."""
    for index in range(start, end - 1):
        if _same(view, index) == "digit" and _gap(view, index):
            first, last = index, index + 1
            while first > start and view.pieces[first - 1].sort == "digit":
                first -= 1
            while last + 1 < end and view.pieces[last + 1].sort == "digit":
                last += 1
            if last - first + 1 < 6:
                return False
    return True


def _in_a_spelt_word(view: View, start: int, end: int) -> bool:
    """A hit with gaps does not end within a word that is spelt letter by letter: u.s.b holds no s.b."""
    if not any(_gap(view, index) for index in range(start, end - 1)):
        return False
    for beyond in (start - 1, end - 1):
        if not 0 <= beyond < len(view.pieces) - 1:
            continue
        single = not any(_touch(view, beyond + step) for step in (-1, 0, 1))
        if single and _same(view, beyond) and _may_be_passed_over(view, beyond):
            return True
    return False


def _of_two_sentences(view: View, start: int, end: int) -> bool:
    """Sentence marks join a word in pieces only: all pairs apart, and for two pieces both outer sides free, for letters one."""
    gaps = [view.between(index) for index in range(start, end - 1)]
    if not any(set(view.text[begin:stop]) & set(",!?;，。！？；、…\n") for begin, stop in gaps):
        return False
    pairs = [index for index in range(start, end - 1) if not _same(view, index)]
    if not all(_gap(view, index) for index in pairs):
        return True
    if len(pairs) > 1:
        return False
    before = start > 0 and not _gap(view, start - 1) and view.pieces[start - 1].sort == "other"
    behind = end < len(view.pieces) and not _gap(view, end - 1) and view.pieces[end].sort == "other"
    if pairs:
        return before or behind
    return view.pieces[start].sort == "letter" and before and behind


def _numerals_are_whole(view: View, start: int, end: int) -> bool:
    """Where numerals were read as digits, a hit cuts no number, and holds three digits in a row at least."""
    if not any(piece.numeral for piece in view.pieces):
        return True
    for edge in (start - 1, end - 1):
        if _touch(view, edge) and _same(view, edge) == "digit":
            return False
    hit = view.pieces[start:end]
    for digits, stretch in itertools.groupby(hit, lambda piece: piece.sort == "digit"):
        row = list(stretch)
        if digits and len(row) < 3 and any(piece.numeral for piece in row):
            return False
    return True


def _begins_and_ends_free(view: View, start: int, end: int) -> bool:
    """No run of letters or digits goes on beyond a hit; a run of equal letters at its edge may be as long as it is."""
    first, last = start, end
    while first > 0 and _one_run(view, first - 1):
        first -= 1
    while last < len(view.pieces) and _one_run(view, last - 1):
        last += 1
    pieces = view.pieces
    return any(
        _parted(view.text, pieces[it].begin) and not _in_sign(view, it - 1) for it in (start, first)
    ) and any(_parted(view.text, pieces[it - 1].end) and not _in_sign(view, it - 1) for it in (end, last))


def _one_run(view: View, index: int) -> bool:
    """Tells whether a piece and the next belong to one run."""
    one, other = view.pieces[index : index + 2]
    return one.is_run and other.is_run and (one.says, one.first) == (other.says, other.first)


def _in_sign(view: View, index: int) -> bool:
    """Tells whether a piece and the next are letters, or digits, of one sign, as in ㎏."""
    if not 0 <= index < len(view.pieces) - 1:
        return False
    return view.pieces[index].begin == view.pieces[index + 1].begin and bool(_same(view, index))


def any_place(spans: Iterable[Span], other: Span) -> bool:
    """Tells whether one of some spans overlaps another."""
    return any(begin < other[1] and other[0] < end for begin, end in spans)
