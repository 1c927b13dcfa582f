"""Notices of changes, told by the scripts on a channel of the store."""

from collections.abc import AsyncIterator

from rule_service.redis_store.keys import NOTICES
from service_kit.redis_client import StoreClient
from service_kit.revision import Revision
from service_kit.store_errors import store_errors

_WAIT_SECONDS = 1.0
"""How long to wait for one notice before looking at the connection again."""


async def listen(client: StoreClient) -> AsyncIterator[tuple[str, Revision]]:
    """Yields (corp_id, revision) for every notice heard, until the connection fails.

    Raises:
        StoreUnavailable: the connection failed; what was told meanwhile is lost.
    """
    with store_errors():
        if hasattr(client, "initialize"):
            await client.initialize()
        async with client.pubsub() as channel:
            await channel.subscribe(NOTICES)
            while True:
                notice = await channel.get_message(ignore_subscribe_messages=True, timeout=_WAIT_SECONDS)
                if notice is not None:
                    token, _, corp_id = notice["data"].decode().partition(" ")
                    yield corp_id, Revision.parse(token)
