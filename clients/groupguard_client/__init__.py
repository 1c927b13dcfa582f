"""The Python client of groupguard.

    from groupguard_client import GroupGuard

    with GroupGuard() as gg:
        gg.filter.CheckMessage(...)

`GroupGuard` is synchronous, `AsyncGroupGuard` for asyncio. Both hold the generated stubs `rules`, `filter` and
`blacklist`, and see to deadlines, retries, request ids, balancing, TLS and the bearer token. What fails raises a
`CallError`, and of it the class of the reason, of those in `groupguard_client.exceptions`. `Batcher` sends single checks
together. `keyword_rule` and `text_message` write the commonest messages of the protos in one line.
`groupguard_client.wecom` reads WeCom's own records and events.
"""

from groupguard_client.batcher import Batcher
from groupguard_client.client import AsyncGroupGuard, GroupGuard
from groupguard_client.connection import Addresses
from groupguard_client.errors import Failure, failure
from groupguard_client.exceptions import CallError
from groupguard_client.shorthand import keyword_rule, text_message
from groupguard_client.tls import Tls

__all__ = [
    "Addresses",
    "AsyncGroupGuard",
    "Batcher",
    "CallError",
    "Failure",
    "GroupGuard",
    "Tls",
    "failure",
    "keyword_rule",
    "text_message",
]
