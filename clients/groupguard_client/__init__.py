"""The Python client of groupguard.

    from groupguard_client import GroupGuard

    with GroupGuard() as gg:
        gg.filter.CheckMessage(...)

`GroupGuard` is synchronous, `AsyncGroupGuard` for asyncio. Both hold the generated stubs `rules`, `filter` and
`blacklist`, and see to deadlines, retries, request ids, balancing and the bearer token. `keyword_rule` and
`text_message` write the commonest messages of the protos in one line.
"""

from groupguard_client.client import AsyncGroupGuard, GroupGuard
from groupguard_client.connection import Addresses
from groupguard_client.errors import Failure, failure
from groupguard_client.shorthand import keyword_rule, text_message

__all__ = [
    "Addresses",
    "AsyncGroupGuard",
    "Failure",
    "GroupGuard",
    "failure",
    "keyword_rule",
    "text_message",
]
