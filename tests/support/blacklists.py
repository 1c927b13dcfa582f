"""BlacklistService in this process, and the blacklists of FilterService replicas that use it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from blacklist_service.access import PERMISSIONS
from blacklist_service.domain.limits import WECOM_LIMITS, Limits
from blacklist_service.publishing import Publisher
from blacklist_service.redis_store import RedisBlacklistStore, RedisPublications
from blacklist_service.servicer import BlacklistServicer
from filter_service.blacklists import Copies, FilteredBlacklists, GrpcBlacklists, Lookup, RedisFilterSource
from filter_service.domain.rule import Blacklist
from groupguard.blacklist.v1.blacklist_service_pb2_grpc import add_BlacklistServiceServicer_to_server
from groupguard_client import Addresses, AsyncGroupGuard
from service_kit.redis_client import connect
from service_kit.revision import Revision
from support.services import in_process

MIB = 1024 * 1024
_PATIENCE = 30.0
"""Seconds for what takes moments on a machine with nothing else to do."""


@asynccontextmanager
async def served_blacklists(
    url: str, limits: Limits = WECOM_LIMITS, clock: Callable[[], float] = time.time
) -> AsyncIterator[AsyncGroupGuard]:
    """Serves the lists of a store; yields a client."""
    async with AsyncExitStack() as stack:
        client = connect(url, timeout=_PATIENCE)
        stack.push_async_callback(client.aclose)
        publisher = Publisher(RedisPublications(client), clock)
        stack.push_async_callback(publisher.close)
        servicer = BlacklistServicer(RedisBlacklistStore(client, limits, clock), publisher, clock)
        serving = in_process(
            "groupguard.blacklist.v1.BlacklistService",
            lambda server: add_BlacklistServiceServicer_to_server(servicer, server),
            PERMISSIONS,
        )
        target = await stack.enter_async_context(serving)
        yield await stack.enter_async_context(AsyncGroupGuard(Addresses(blacklist=target), timeout=_PATIENCE))


class CountingBlacklists(GrpcBlacklists):
    """Counts the customers that BlacklistService is asked about."""

    asked = 0

    async def find(
        self, corp_id: str, lookups: Iterable[Lookup], at_least: Revision | None = None
    ) -> dict[Lookup, tuple[Blacklist, float]]:
        asked = list(lookups)
        self.asked += len(asked)
        return await super().find(corp_id, asked, at_least)


class Replica:
    """The blacklists of one FilterService process, whose own clock can be set forward."""

    def __init__(self, client: Any, gg: AsyncGroupGuard, clock: Callable[[], float], budget: int) -> None:
        self.ahead = 0.0
        self.exact = CountingBlacklists(gg.blacklist, _PATIENCE)
        self.copies = Copies(
            RedisFilterSource(client),
            lambda: time.monotonic() + self.ahead,
            budget,
            self.exact.ask_for_filter,
        )
        self.lists = FilteredBlacklists(self.exact, self.copies, clock)

    async def ready(self, corp_id: str, at_least: Revision | None = None) -> None:
        """Waits until the corp's filter can be trusted; does not wait out its own pauses after failures."""
        until = time.monotonic() + _PATIENCE
        while self.copies.usable(corp_id, at_least) is None:
            assert time.monotonic() < until, "the filter did not become usable"
            await asyncio.sleep(0.003)
            self.ahead += 0.02

    async def heard(self) -> None:
        """Waits until it hears of writes."""
        while self.copies._listening_since is None:
            await asyncio.sleep(0.003)


@asynccontextmanager
async def replica(
    url: str,
    gg: AsyncGroupGuard,
    clock: Callable[[], float] = time.time,
    budget: int = 64 * MIB,
    *,
    listens: bool = True,
) -> AsyncIterator[Replica]:
    """Yields a replica that follows the filters of a store."""
    client = connect(url, timeout=_PATIENCE)
    made = Replica(client, gg, clock, budget)
    listening = asyncio.create_task(made.copies.listen()) if listens else None
    try:
        yield made
    finally:
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        await made.copies.close()
        await client.aclose()
