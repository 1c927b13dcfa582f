"""Comparing keywords with texts: what RuleService validates by and FilterService judges by."""

from service_kit.matching.boundary import at_boundary
from service_kit.matching.find import contains
from service_kit.matching.fold import fold
from service_kit.matching.visible import is_blank
from service_kit.matching.web_page import (
    WebPage,
    parse_whitelist_entry,
    reread_whitelist_entry,
    whitelist_entry_host,
)

__all__ = [
    "WebPage",
    "at_boundary",
    "contains",
    "fold",
    "is_blank",
    "parse_whitelist_entry",
    "reread_whitelist_entry",
    "whitelist_entry_host",
]
