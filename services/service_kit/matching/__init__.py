"""Comparing keywords with texts: what RuleService validates by and FilterService judges by."""

from service_kit.matching.boundary import at_boundary
from service_kit.matching.explain import Folding, explanation, foldings
from service_kit.matching.find import contained, contains, finding, searching
from service_kit.matching.fold import fold
from service_kit.matching.folding_kind import FoldingKind
from service_kit.matching.modes import MatchMode
from service_kit.matching.patterns import patterns, why_unfit
from service_kit.matching.pinyin import sound
from service_kit.matching.scan import Finders, Occurrence, scan
from service_kit.matching.tables import common_words
from service_kit.matching.url_page import FoundUrl, parse_url
from service_kit.matching.urls import find_urls
from service_kit.matching.visible import is_blank
from service_kit.matching.web_page import (
    WebPage,
    parse_whitelist_entry,
    reread_whitelist_entry,
    whitelist_entry_host,
)
from service_kit.matching.whitelist import MiniProgramWhitelist, WebWhitelist

__all__ = [
    "Finders",
    "Folding",
    "FoldingKind",
    "FoundUrl",
    "MatchMode",
    "MiniProgramWhitelist",
    "Occurrence",
    "WebPage",
    "WebWhitelist",
    "at_boundary",
    "common_words",
    "contained",
    "contains",
    "explanation",
    "find_urls",
    "finding",
    "fold",
    "foldings",
    "is_blank",
    "parse_url",
    "parse_whitelist_entry",
    "patterns",
    "reread_whitelist_entry",
    "scan",
    "searching",
    "sound",
    "whitelist_entry_host",
    "why_unfit",
]
