"""The match mode that the server chooses, and what it means that two keywords are the same."""

from rule_service.domain.conditions import Keyword
from service_kit.matching import MatchMode, fold, is_blank, why_unfit

Form = tuple[MatchMode, str]
"""A text as it is compared: the folding, and what it makes of the text."""


def default_mode(text: str) -> MatchMode:
    """Returns the mode of an allow phrase, and of a keyword that nobody chose one for: FOLDED where it fits."""
    return MatchMode.FOLDED if why_unfit(text, MatchMode.FOLDED) is None else MatchMode.EXACT


def default_keyword(text: str) -> Keyword:
    """Returns a keyword that nobody chose a mode for."""
    return Keyword(text, default_mode(text))


def form(text: str) -> Form:
    """Returns a text as it is compared where it has no mode of its own, as an allow phrase."""
    mode = default_mode(text)
    return mode, fold(text, mode)


def keyword_form(keyword: Keyword) -> Form:
    """Returns a keyword as it is compared with others of its mode.

    HOMOPHONE is compared as FOLDED: words that sound alike are spelled differently for a reason.
    """
    mode = MatchMode.EXACT if keyword.match_mode is MatchMode.EXACT else MatchMode.FOLDED
    return mode, fold(keyword.text, mode)


def widest_form(keyword: Keyword) -> Form:
    """Returns a keyword as it is compared with others that may find more than it does, an EXACT one folded too."""
    return form(keyword.text) if keyword.match_mode is MatchMode.EXACT else keyword_form(keyword)


def keyword_forms(keyword: Keyword) -> set[Form]:
    """Returns all forms of a keyword: two keywords are the same if they share one.

    So two are compared by the stricter of their modes: 發票 and 发票 differ if one of them is EXACT. A keyword that
    can't have its mode, or is empty, is compared with nothing by it.
    """
    forms = {(MatchMode.EXACT, fold(keyword.text))} if keyword.text else set()
    if is_findable(keyword):
        forms.add(keyword_form(keyword))
    return forms


def is_findable(keyword: Keyword) -> bool:
    """Tells whether there is something to look for: the keyword shows something and can have its mode."""
    return not is_blank(keyword.text) and why_unfit(keyword.text, keyword.match_mode) is None
