"""Comparing keywords with texts: what RuleService validates by and FilterService judges by."""

from service_kit.matching.boundary import at_boundary
from service_kit.matching.find import contains
from service_kit.matching.fold import fold
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
    "FoundUrl",
    "MiniProgramWhitelist",
    "WebPage",
    "WebWhitelist",
    "at_boundary",
    "contains",
    "find_urls",
    "fold",
    "is_blank",
    "parse_url",
    "parse_whitelist_entry",
    "reread_whitelist_entry",
    "whitelist_entry_host",
]
