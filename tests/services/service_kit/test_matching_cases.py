"""What spammers write is found, and what customers write is not: the tables in `matching_cases`.

A row of `evasions_*.tsv` is a keyword, a text that hides it, and the piece of the text that must be told; of
`innocents_*.tsv`, a keyword that stands in the text only for a program. Rows are in UTF-8 with escapes as in Python for what
nobody would see, `|` between phrases, and `#` before a heading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from filter_service.domain.spans import Spans
from service_kit.matching import MatchMode, finding, fold, patterns, scan, why_unfit
from service_kit.matching.finders import by_mode

_FOLDER = Path(__file__).parent / "matching_cases"
_ESCAPES = {"n": "\n", "r": "\r"}
_NUMERALS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_LEAST = 150
"""Cases of each sort without which the tables prove little."""

Hit = tuple[int, int]


def unescaped(cell: str) -> str:
    return re.sub(
        r"\\(?:([nr])|u([0-9a-f]{4})|U([0-9a-f]{8}))",
        lambda found: _ESCAPES[found[1]] if found[1] else chr(int(found[2] or found[3], 16)),
        cell,
    )


def rows(names: str) -> list[list[str]]:
    """The rows of all tables whose names fit, with as many cells as their first line names."""
    found = []
    for path in sorted(_FOLDER.glob(names)):
        first, *lines = path.read_text("utf-8").split("\n")
        for line in lines:
            if line and not line.startswith("# "):
                cells = [unescaped(cell) for cell in line.split("\t")]
                assert len(cells) == len(first.split("\t")), line
                found.append(cells)
    return found


def several(cell: str) -> list[str]:
    return cell.split("|") if cell else []


def hits(text: str, words: Iterable[str], mode: MatchMode) -> list[Hit]:
    """Where a check finds any of the words."""
    looked_for = {pattern: word for word in words for pattern in patterns(word, mode)}
    return [(start, end) for start, end, _ in scan(text, by_mode({mode: finding(looked_for)}))]


def unexcused(text: str, keywords: Iterable[str], mode: MatchMode, phrases: Iterable[str]) -> list[str]:
    """The pieces of a text for which FilterService would call a rule broken."""
    allowed = Spans(hits(text, phrases, mode))
    return sorted(
        {text[start:end] for start, end in hits(text, keywords, mode) if not allowed.cover(start, end)}
    )


def naive(text: str, mode: MatchMode) -> str:
    """What a program compares that has no rules but folding: every Han numeral a digit, every run one character."""
    return re.sub(r"(.)\1+", r"\1", fold(text, mode).translate(_NUMERALS))


EVASIONS = rows("evasions_*.tsv")
INNOCENTS = rows("innocents_*.tsv")


def test_every_evasion_is_found_and_told_to_the_character(
    record_property: Callable[[str, object], None],
) -> None:
    """The piece told is the one that a reader takes for the keyword: no more, no less, and nothing besides."""
    missed = {}
    for mode, keyword, text, piece, _ in EVASIONS:
        if (found := unexcused(text, [keyword], MatchMode(mode), ())) != [piece]:
            missed[text, keyword] = found
    record_property("caught", f"{len(EVASIONS) - len(missed)} of {len(EVASIONS)}")
    print(f"caught: {len(EVASIONS) - len(missed)} of {len(EVASIONS)}")
    assert missed == {}


def test_every_innocent_is_spared(record_property: Callable[[str, object], None]) -> None:
    """With the allow phrases that a careful operator gives such a keyword; most need none."""
    accused = {}
    for mode, keyword, text, phrases, _ in INNOCENTS:
        if found := unexcused(text, [keyword], MatchMode(mode), several(phrases)):
            accused[text, keyword] = found
    record_property("spared", f"{len(INNOCENTS) - len(accused)} of {len(INNOCENTS)}")
    print(f"spared: {len(INNOCENTS) - len(accused)} of {len(INNOCENTS)}")
    assert accused == {}


@pytest.mark.parametrize("cases", [EVASIONS, INNOCENTS], ids=["evasions", "innocents"])
def test_there_are_many_different_cases_and_each_says_why(cases: list[list[str]]) -> None:
    """So that all of them found, or spared, means something."""
    assert len({(keyword, text) for _, keyword, text, _, _ in cases}) == len(cases) >= _LEAST
    assert [text for _, _, text, _, why in cases if not why] == []


def test_an_evasion_needs_the_mode_it_names() -> None:
    """A stricter mode finds nothing, or EXACT nothing without folding: no case is there for the number of them."""
    stricter = {"folded": MatchMode.EXACT, "homophone": MatchMode.FOLDED}
    easier = []
    for mode, keyword, text, _, _ in EVASIONS:
        below = stricter.get(mode)
        if (
            keyword in text
            if below is None
            else not why_unfit(keyword, below) and hits(text, [keyword], below)
        ):
            easier.append((text, keyword))
    assert easier == []


def test_an_innocent_holds_the_keyword_for_a_program_that_only_folds() -> None:
    """Else sparing it would be no merit; and where allow phrases are given, none is given in vain."""
    harmless = []
    for name, keyword, text, phrases, _ in INNOCENTS:
        mode = MatchMode(name)
        if naive(keyword, mode) not in naive(text, mode) or (phrases and not hits(text, [keyword], mode)):
            harmless.append((text, keyword))
    assert harmless == []


@pytest.mark.parametrize(("keywords", "phrases", "text", "pieces"), rows("rules.tsv"))
def test_what_allow_phrases_leave_of_a_rules_hits(
    keywords: str, phrases: str, text: str, pieces: str
) -> None:
    """Pitfalls 1 and 4: good and bad in one message; phrases shorter, longer, overlapping."""
    found = unexcused(text, several(keywords), MatchMode.FOLDED, several(phrases))
    assert found == sorted(several(pieces))
