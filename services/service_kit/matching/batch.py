"""Scanning many texts at once: they are joined, folded by one table look-up and passed through each index once.

The few texts that are out of the ordinary are scanned each by itself; what is found in the others is judged as in one long
text, of which the separators between them are no part: they join nothing and hold nothing.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate

import numpy as np

from service_kit.matching.code_points import (
    A_DIGIT,
    A_NUMERAL,
    EXACT,
    FOLDED,
    NUMERALS,
    SEPARATOR,
    SOUNDS,
    CodePoints,
    Mask,
    decode,
    encode,
)
from service_kit.matching.finders import Finders, Found
from service_kit.matching.odd import find_emoticon, is_odd
from service_kit.matching.reading import Reading
from service_kit.matching.scan import Occurrence, scan, scan_all_readings, scan_exactly, scan_plainly
from service_kit.matching.sounds import pinyin_places
from service_kit.matching.tables import NOISE, SEVERAL

_BETWEEN = NOISE + SEPARATOR + NOISE
"""The separator is kept, so that no hit goes over it, and noise keeps it from touching a hit."""
_FEWEST = 4
"""Texts that are worth joining."""


def scan_many(texts: Sequence[str], finders: Finders[Found]) -> list[list[Occurrence[Found]]]:
    """Does as `scan` with each text."""
    joined = _BETWEEN.join(texts)
    if len(texts) < _FEWEST or joined.count(SEPARATOR) >= len(texts):  # a text may hold the separator
        return [scan(text, finders) for text in texts]
    starts = [0, *accumulate([len(text) + len(_BETWEEN) for text in texts])]
    dealt: list[list[Occurrence[Found]]] = [[] for _ in texts]
    codes = encode(joined)
    if finders.exact:
        _deal(scan_exactly(decode(EXACT[codes]), finders.exact), starts, dealt)
    if not finders.folded and not finders.homophone:
        return dealt
    whole = FOLDED.take(codes)
    seen = whole != ord(NOISE)
    folded = whole.compress(seen)
    visible, aligned = decode(folded), decode(whole)

    def index_of(place: int) -> int:
        return bisect_right(starts, place) - 1

    def form_of(index: int) -> str:
        return aligned[starts[index] : starts[index] + len(texts[index])]

    apart = dict.fromkeys(map(index_of, pinyin_places(aligned)), False) if finders.homophone else {}
    """Texts to be scanned by themselves, and whether they are odd."""
    for index in set(map(index_of, _odd_places(joined, codes, seen, folded, visible, finders))):
        form = form_of(index)
        if is_odd(texts[index], form, form.replace(NOISE, ""), finders):
            apart[index] = True
    (noise,) = (~seen).nonzero()
    stretches = [*(noise - np.arange(len(noise))).tolist(), len(folded)]
    if finders.folded:
        _deal(Reading(joined, visible, stretches).standing(finders.folded(visible)), starts, dealt, apart)
    if finders.homophone:
        said = decode(SOUNDS[folded])
        _deal(Reading(joined, said, stretches).standing(finders.homophone(said)), starts, dealt, apart)
    for index, odd in apart.items():
        text, form = texts[index], form_of(index)
        if odd:
            dealt[index] += scan_all_readings(text, form, finders)
        else:
            dealt[index] += scan_plainly(text, form, form.replace(NOISE, ""), finders)
    return dealt


def _deal(
    found: Iterable[Occurrence[Found]],
    starts: Sequence[int],
    dealt: Sequence[list[Occurrence[Found]]],
    apart: Collection[int] = (),
) -> None:
    """Hands out to each text what is found in it, but for those that are scanned by themselves."""
    for begin, end, what in found:
        index = bisect_right(starts, begin) - 1
        start = starts[index]
        if end < starts[index + 1] and index not in apart:  # a keyword may hold the separator, too
            dealt[index].append((begin - start, end - start, what))


def _odd_places(
    joined: str, codes: CodePoints, seen: Mask, folded: CodePoints, visible: str, finders: Finders[Found]
) -> Iterator[int]:
    """Yields places of all that may make a text odd; others may be among them.

    Args:
        joined: the texts.
        codes: the same as code points.
        seen: where the aligned form has no noise.
        folded: what it has there.
        visible: the same as a text.
        finders: what looks for keywords.
    """
    (places,) = seen.nonzero()
    (pairs,) = (folded[1:] == folded[:-1]).nonzero()
    pairs = pairs[NUMERALS[folded[pairs]] != A_DIGIT]
    one, other = codes[places[pairs]], codes[places[pairs + 1]]
    if (one != other).any():
        yield from places[pairs[EXACT[one] != EXACT[other]]].tolist()
    triples = pairs[:-1][pairs[1:] == pairs[:-1] + 1]
    # Of a run the first and the last one: those between tell nothing new.
    first = np.diff(triples, prepend=-2) > 1
    triples = triples[first | np.append(first[1:], True)]
    for place, triple in zip(places[triples].tolist(), triples.tolist(), strict=True):
        if _may_hide(visible[max(triple - 1, 0) : triple + 4], finders):
            yield place
    sorts = NUMERALS.take(folded)
    yield from places[(sorts[1:] * sorts[:-1] >= A_NUMERAL).nonzero()].tolist()
    yield from places[(folded | ord(SEVERAL) == ord(SEVERAL)).nonzero()].tolist()  # or DROPPED
    yield from (it.start() for it in find_emoticon.finditer(joined))


def _may_hide(run: str, finders: Finders[Found]) -> bool:
    """Tells whether a keyword may be behind a run, given three characters of it and its neighbours."""
    return finders.homophone is not None or finders.folded_may_meet(run)
