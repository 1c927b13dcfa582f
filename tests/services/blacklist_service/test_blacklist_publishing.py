"""Who publishes a filter holds a lease, and gives it back whatever happens."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing

from blacklist_service.publishing import Progress, Publisher
from blacklist_service.redis_store import RedisPublications
from blacklist_service.redis_store.keys import BlacklistKeys
from service_kit.ending import end
from service_kit.redis_client import StoreClient

CORP = "ww1"


async def rebuilt(publisher: Publisher) -> Progress:
    """How a rebuild ends."""
    async with aclosing(publisher.rebuild(CORP)) as rebuilding:
        return [progress async for progress in rebuilding][-1]


async def is_leased(client: StoreClient) -> bool:
    return bool(await client.exists(BlacklistKeys(CORP).lease))


async def test_a_caller_who_gives_up_keeps_nobody_from_publishing(client: StoreClient) -> None:
    """At whatever moment: while the lease is being taken, while the filter is built, while the lease is given back."""
    publisher = Publisher(RedisPublications(client))
    moments = random.Random(1)
    for _ in range(100):
        asking = asyncio.create_task(rebuilt(publisher))
        for _ in range(moments.randrange(150)):
            await asyncio.sleep(0)
        await end([asking])
        assert not await is_leased(client)
    assert (await rebuilt(publisher)).header is not None


async def test_a_publisher_that_is_closed_holds_no_lease(client: StoreClient) -> None:
    """Though a caller was just given up, as when a server stops."""
    publisher = Publisher(RedisPublications(client))
    for _ in range(20):
        asking = asyncio.create_task(rebuilt(publisher))
        while not publisher._leases:
            await asyncio.sleep(0)
        asking.cancel()
        await publisher.close()
        assert not await is_leased(client)
        await end([asking])
