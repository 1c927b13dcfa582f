"""Keywords as FilterService's domain has them."""

from filter_service.domain.compiled import Keyword
from service_kit.matching import MatchMode


def exactly(*words: str) -> tuple[Keyword, ...]:
    """Keywords that are looked for as they are written, case and width aside."""
    return tuple(Keyword(word, MatchMode.EXACT) for word in words)


def folded(*words: str) -> tuple[Keyword, ...]:
    """Keywords that are looked for in every disguise but other sounds."""
    return tuple(Keyword(word, MatchMode.FOLDED) for word in words)
