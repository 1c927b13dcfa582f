"""The Python client of groupguard.

    from groupguard_client import GroupGuard

    with GroupGuard() as gg:
        gg.filter.CheckMessage(...)

`GroupGuard` is synchronous, `AsyncGroupGuard` for asyncio. Both hold the generated stubs `rules`, `filter` and
`blacklist`, and see to deadlines, retries, request ids, balancing and the bearer token.
"""

from groupguard_client.client import AsyncGroupGuard, GroupGuard
from groupguard_client.connection import Addresses
from groupguard_client.errors import Failure, failure

__all__ = ["Addresses", "AsyncGroupGuard", "Failure", "GroupGuard", "failure"]
