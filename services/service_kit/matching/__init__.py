"""Comparing keywords with texts: what RuleService validates by and FilterService judges by."""

from service_kit.matching.boundary import at_boundary
from service_kit.matching.explain import Folding, explanation, foldings
from service_kit.matching.find import contained, contains, finding, searching
from service_kit.matching.finders import Finders
from service_kit.matching.fold import fold
from service_kit.matching.folding_kind import FoldingKind
from service_kit.matching.modes import MatchMode
from service_kit.matching.patterns import patterns, why_unfit
from service_kit.matching.pinyin import sound
from service_kit.matching.scan import Occurrence, scan
from service_kit.matching.tables import common_words
from service_kit.matching.visible import is_blank

__all__ = [
    "Finders",
    "Folding",
    "FoldingKind",
    "MatchMode",
    "Occurrence",
    "at_boundary",
    "common_words",
    "contained",
    "contains",
    "explanation",
    "finding",
    "fold",
    "foldings",
    "is_blank",
    "patterns",
    "scan",
    "searching",
    "sound",
    "why_unfit",
]
