"""RuleService's store, and the service in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from groupguard_client import AsyncGroupGuard
from rule_service.redis_store import RedisRuleStore
from service_kit.redis_client import StoreClient, connect
from support.limited_corp import LimitedCorp
from support.rules import client_of, rule_service


@pytest.fixture
async def redis(store_url: str) -> AsyncIterator[StoreClient]:
    """A plain client of the store, once a single server and once a cluster."""
    client = connect(store_url)
    yield client
    await client.aclose()


@pytest.fixture
def store(redis: StoreClient) -> RedisRuleStore:
    """The store under test."""
    return RedisRuleStore(redis)


@pytest.fixture
async def one_store(valkey_url: str) -> AsyncIterator[RedisRuleStore]:
    """The store on a single server, for what does not depend on where it is."""
    client = connect(valkey_url)
    yield RedisRuleStore(client)
    await client.aclose()


@pytest.fixture
async def gg(one_store: RedisRuleStore) -> AsyncIterator[AsyncGroupGuard]:
    """A client of a service that asks for no token."""
    async with rule_service(one_store) as target, client_of(target) as client:
        yield client


@pytest.fixture
def corp(gg: AsyncGroupGuard, one_store: RedisRuleStore) -> LimitedCorp:
    """An empty corp of that service."""
    return LimitedCorp(gg, one_store)
