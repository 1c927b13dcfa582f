"""A matcher that nobody would deploy: the rules written down one after the other, and every place tried.

It shares the character tables with the engine, and nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from service_kit.matching import MatchMode, fold
from service_kit.matching.tables import dropped, emoticons, folding, numerals, readings, syllables

Span = tuple[int, int]


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


def brute_hits(text: str, keyword: str, mode: MatchMode) -> set[Span]:
    """Returns the spans where a keyword stands in a text, by trying all."""
    if mode is MatchMode.EXACT:
        return _exact_hits(text, keyword)
    spans = set()
    for view in _views(text, mode):
        for wanted in _wanted(keyword, mode):
            for start in range(len(view.pieces) - len(wanted) + 1):
                end = start + len(wanted)
                said = tuple(piece.says for piece in view.pieces[start:end])
                if said == wanted and _stands(view, start, end):
                    spans.add((view.pieces[start].first, view.pieces[end - 1].last))
    return spans


def sort_of(says: str) -> str:
    """Sorts what a piece says, or a character of a text: letter, digit, or other."""
    if len(says) == 1 and says in "0123456789":
        return "digit"
    in_alphabets = says < "\u0590" or "\u1e00" <= says <= "\u1fff"
    return "letter" if len(says) == 1 and says.isalpha() and in_alphabets else "other"


# ------------------------------------------------------------------------------------------------------------ EXACT


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


# ---------------------------------------------------------------------------------------------- what is looked for


def _folded(character: str) -> str:
    return character.translate(folding())


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


def _wanted(keyword: str, mode: MatchMode) -> set[tuple[str, ...]]:
    folded = [said for character in keyword for said in _folded(character)]
    forms = [folded, _numbers(folded)]
    if mode is MatchMode.FOLDED:
        return {tuple(form) for form in forms}
    wanted = set()
    for form in forms:
        choices = [[f"<{sound}>" for sound in readings(said)] or [said] for said in form]
        for sounds in itertools.islice(itertools.product(*choices), 8):
            wanted.add(sounds)
            wanted.add(tuple("".join(sounds).replace("<", "").replace(">", "")))
    return wanted


# ------------------------------------------------------------------------------------------------- ways to read


def _views(text: str, mode: MatchMode) -> Iterator[View]:
    """Yields every way to read a text."""
    for emoticons_are_noise in (False, True):
        plain = _plain(text, emoticons_are_noise=emoticons_are_noise)
        for view in (plain, _with_numbers(plain)):
            marked = _with_runs(view)
            for cut in (marked, _cut(marked, 1), _cut(marked, 2)):
                if mode is MatchMode.FOLDED:
                    yield cut
                else:
                    yield _sounding(cut)
                    yield _with_syllables(_sounding(cut))


def _plain(text: str, *, emoticons_are_noise: bool) -> View:
    shown: list[str] = []
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        names = [f"[{name}]" for name in emoticons() if text.startswith(f"[{name}]", at)]
        if names and emoticons_are_noise:
            shown.append("n")
            shown += "0" * (len(names[0]) - 1)
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


# --------------------------------------------------------------------------------------------- when a hit stands


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
    """Sentence marks join a word in pieces only: all pairs apart, and for two pieces one outer side free."""
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
    return before and behind


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
