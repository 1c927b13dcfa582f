"""Hits that somebody has looked at: whether the keyword really stands there, or only seems to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from service_kit.matching import MatchMode

_FILE = Path(__file__).parent / "judged_hits.tsv"
_AROUND = 8
"""Characters of the message shown before and behind a hit."""


class Hit(NamedTuple):
    """A keyword at a place of one of the messages."""

    message: int
    keyword: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody thinks of a hit."""

    verdict: str
    """right: the word itself stands there, in whatever spelling; wrong: only its characters or its sound."""
    why: str


NOT_JUDGED = Judgement("not judged", "")
Case = tuple[MatchMode, str, str]
"""Mode, keyword, excerpt."""


def judgements() -> Mapping[Case, Judgement]:
    """Reads what has been judged: `mode keyword excerpt verdict why` a line, separated by tabs."""
    rows = (row.split("\t") for row in _FILE.read_text("utf-8").split("\n")[1:] if row)
    return {
        (MatchMode(mode), keyword, piece): Judgement(verdict, why)
        for mode, keyword, piece, verdict, why in rows
    }


def excerpt(text: str, start: int, end: int) -> str:
    """Shows a piece of a text between ⟦ ⟧ and some of what stands around it, in one line."""
    shown = f"{text[max(0, start - _AROUND) : start]}⟦{text[start:end]}⟧{text[end : end + _AROUND]}"
    return " ".join(shown.split())


def beyond(found: Iterable[Hit], known: Iterable[Hit]) -> list[Hit]:
    """Returns the hits that have nothing in common with a known one of the same keyword and message."""
    places: dict[tuple[int, str], list[Hit]] = {}
    for hit in known:
        places.setdefault((hit.message, hit.keyword), []).append(hit)
    return sorted(
        hit
        for hit in set(found)
        if not any(
            hit.start < other.end and other.start < hit.end
            for other in places.get((hit.message, hit.keyword), ())
        )
    )
