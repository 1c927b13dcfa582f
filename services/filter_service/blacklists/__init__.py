"""Who is listed: BlacklistService's answer, asked for only where the corp's filter does not know better."""

from filter_service.blacklists.copies import Copies
from filter_service.blacklists.exact import GrpcBlacklists
from filter_service.blacklists.filtered import FilteredBlacklists
from filter_service.blacklists.lists import Blacklists, BlacklistsUnavailable, ListFull, Lookup
from filter_service.blacklists.source import RedisFilterSource

__all__ = [
    "Blacklists",
    "BlacklistsUnavailable",
    "Copies",
    "FilteredBlacklists",
    "GrpcBlacklists",
    "ListFull",
    "Lookup",
    "RedisFilterSource",
]
