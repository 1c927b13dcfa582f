"""Looking for keywords in one text, where there is no index."""

from collections.abc import Callable, Iterable, Mapping

from service_kit.matching.finders import Find, Found, by_mode
from service_kit.matching.modes import MatchMode
from service_kit.matching.patterns import patterns
from service_kit.matching.scan import scan


def contains(text: str, keyword: str, mode: MatchMode = MatchMode.EXACT) -> bool:
    """Tells whether a check would find the keyword in the text.

    Raises:
        ValueError: the keyword is unfit for the mode.
    """
    return bool(contained(text, [(keyword, mode)]))


def contained(text: str, keywords: Iterable[tuple[str, MatchMode]]) -> list[int]:
    """Returns, ascending, the places in the list of those keywords that a check would find in the text.

    Raises:
        ValueError: a keyword is unfit for its mode.
    """
    return searching(keywords)(text)


def searching(keywords: Iterable[tuple[str, MatchMode]]) -> Callable[[str], list[int]]:
    """Returns a function that does what `contained` does, for many texts.

    Raises:
        ValueError: a keyword is unfit for its mode.
    """
    looked_for: dict[MatchMode, dict[str, list[int]]] = {}
    for place, (keyword, mode) in enumerate(keywords):
        for pattern in patterns(keyword, mode):
            looked_for.setdefault(mode, {}).setdefault(pattern, []).append(place)
    finders = by_mode({mode: finding(found) for mode, found in looked_for.items()})
    return lambda text: sorted({place for _, _, found in scan(text, finders) for place in found})


def finding(looked_for: Mapping[str, Found]) -> Find[Found]:
    """Returns a function that finds patterns one after the other: for short texts, or few patterns."""

    def find(text: str) -> list[tuple[int, int, Found]]:
        found = []
        for pattern, what in looked_for.items():
            start = text.find(pattern)
            while start >= 0:
                found.append((start, start + len(pattern), what))
                start = text.find(pattern, start + 1)
        return found

    return find
