"""Comparing keywords with texts: what RuleService validates by and FilterService judges by."""

from service_kit.matching.boundary import at_boundary
from service_kit.matching.modes import MatchMode
from service_kit.matching.standin import common_words, contains, contains_any, fold, sound, why_unfit
from service_kit.matching.visible import is_blank
from service_kit.matching.web_page import (
    WebPage,
    parse_whitelist_entry,
    reread_whitelist_entry,
    whitelist_entry_host,
)

__all__ = [
    "MatchMode",
    "WebPage",
    "at_boundary",
    "common_words",
    "contains",
    "contains_any",
    "fold",
    "is_blank",
    "parse_whitelist_entry",
    "reread_whitelist_entry",
    "sound",
    "whitelist_entry_host",
    "why_unfit",
]
