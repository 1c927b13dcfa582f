"""Web pages: their URLs in texts, and whitelists of them and of mini programs."""

from service_kit.web.parse import FoundUrl, parse_url
from service_kit.web.urls import find_urls
from service_kit.web.web_page import (
    WebPage,
    parse_whitelist_entry,
    reread_whitelist_entry,
    whitelist_entry_host,
)
from service_kit.web.whitelist import MiniProgramWhitelist, WebWhitelist

__all__ = [
    "FoundUrl",
    "MiniProgramWhitelist",
    "WebPage",
    "WebWhitelist",
    "find_urls",
    "parse_url",
    "parse_whitelist_entry",
    "reread_whitelist_entry",
    "whitelist_entry_host",
]
