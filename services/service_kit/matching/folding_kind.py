"""Sorts of folding; verdict.proto explains each."""

from enum import Enum


class FoldingKind(Enum):
    """What makes a written text count as a keyword."""

    CASE = "case"
    WIDTH = "width"
    TRADITIONAL = "traditional"
    LETTER_FORM = "letter_form"
    LOOK_ALIKE = "look_alike"
    DIGIT_FORM = "digit_form"
    COMPATIBILITY = "compatibility"
    HAN_NUMERAL = "han_numeral"
    INVISIBLE = "invisible"
    NOISE = "noise"
    REPEAT = "repeat"
    SOUND = "sound"
    PINYIN = "pinyin"
