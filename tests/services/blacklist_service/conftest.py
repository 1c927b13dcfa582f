"""BlacklistService's store on real servers, and the whole service on a real port."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import grpc
import grpc.aio
import pytest

from blacklist_service.access import PERMISSIONS
from blacklist_service.publishing import Publisher
from blacklist_service.redis_store import RedisBlacklistStore, RedisPublications
from blacklist_service.servicer import BlacklistServicer
from groupguard.blacklist.v1.blacklist_service_pb2_grpc import (
    BlacklistServiceStub,
    add_BlacklistServiceServicer_to_server,
)
from service_kit.auth import Caller, Role, Tokens
from service_kit.interceptor import CallInterceptor, CallPolicy
from service_kit.redis_client import StoreClient, connect

if TYPE_CHECKING:  # the generated types alone know it
    from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceAsyncStub

    Serve: TypeAlias = Callable[..., Awaitable[BlacklistServiceAsyncStub]]

SERVICE = "groupguard.blacklist.v1.BlacklistService"


@pytest.fixture
async def client(store_url: str) -> AsyncIterator[StoreClient]:
    """A client of an empty store, once a single server and once a cluster."""
    client = connect(store_url)
    yield client
    await client.aclose()


@pytest.fixture
async def single_client(valkey_url: str) -> AsyncIterator[StoreClient]:
    """A client of an empty single server."""
    client = connect(valkey_url)
    yield client
    await client.aclose()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts servers: `serve(store, clock, {token: (name, [roles in ww1])})` gives a stub of a new one.

    Without tokens everybody may do everything.
    """
    async with AsyncExitStack() as stack:

        async def start(
            store: RedisBlacklistStore,
            clock: Callable[[], float] = lambda: 0.0,
            tokens: Mapping[str, tuple[str, list[str]]] | None = None,
        ) -> BlacklistServiceAsyncStub:
            publisher = Publisher(RedisPublications(store._client), clock)
            stack.push_async_callback(publisher.close)
            return await stack.enter_async_context(
                _served(BlacklistServicer(store, publisher, clock), tokens)
            )

        yield start


@asynccontextmanager
async def _served(
    servicer: BlacklistServicer, tokens: Mapping[str, tuple[str, list[str]]] | None
) -> AsyncIterator[BlacklistServiceAsyncStub]:
    permissions = {f"/{SERVICE}/{method}": roles for method, roles in PERMISSIONS.items()}
    policy = CallPolicy(permissions, _known(tokens) if tokens else None, longest_call=10, log_sample=0)
    server = grpc.aio.server(interceptors=[CallInterceptor(policy)], options=[("grpc.so_reuseport", 0)])
    add_BlacklistServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield BlacklistServiceStub(channel)
    finally:
        await server.stop(0)


def _known(tokens: Mapping[str, tuple[str, list[str]]]) -> Tokens:
    return Tokens(
        (
            hashlib.sha256(token.encode()).hexdigest(),
            Caller(name, {"ww1": frozenset(Role.parse(role) for role in roles)}),
        )
        for token, (name, roles) in tokens.items()
    )
