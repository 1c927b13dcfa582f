"""The kinds of folding, as the tables spell them."""

from enum import StrEnum


class Kind(StrEnum):
    """Why a character folds, the most telling first."""

    TRADITIONAL = "traditional"
    DIGIT_FORM = "digit_form"
    LOOK_ALIKE = "look_alike"
    LETTER_FORM = "letter_form"
    COMPATIBILITY = "compatibility"
    WIDTH = "width"
    CASE = "case"


def most_telling(kinds: set[Kind]) -> Kind:
    return next(kind for kind in Kind if kind in kinds)
