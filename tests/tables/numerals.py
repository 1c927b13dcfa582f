"""Han numerals, as they are written after folding."""

from collections.abc import Iterator

from tables.folding import resolve

_NUMERALS = ("零〇", "一壹幺", "二贰", "三叁参", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
"""参 is what 參 folds to, the traditional 叁."""


def lines() -> Iterator[str]:
    """Gives `character<TAB>digit`, by digit."""
    for digit, characters in enumerate(_NUMERALS):
        for character in characters:
            assert resolve(character).text == character, character
            yield f"{character}\t{digit}"
