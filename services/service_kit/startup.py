"""Opening the durable store when a service starts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.exceptions import ResponseError

from service_kit.redis_client import StoreClient, connect
from service_kit.redis_url import redacted
from service_kit.request_log import log
from service_kit.settings import SettingsError
from service_kit.store_checks import UnsafeStore, check_durable
from service_kit.store_errors import StoreUnavailable
from service_kit.store_failures import StoreFailures

_PAUSE_SECONDS = 1.0


@asynccontextmanager
async def open_durable(url: str, failures: StoreFailures) -> AsyncIterator[StoreClient]:
    """Connects to the durable store; waits, and says so, until it is there and has loaded its data.

    Args:
        url: the store.
        failures: where commands that fail are counted.

    Raises:
        SettingsError: the store would lose rules: it evicts, or is too old.
    """
    client = connect(url, failures=failures)
    try:
        await _check(client, redacted(url))
        yield client
    finally:
        await client.aclose()


async def look(client: StoreClient) -> None:
    """Returns if the store can be read: for health, which then leaves it to writes to tell why they are refused.

    A store that can't write to its disk refuses PING as well, and goes on answering whoever reads.

    Raises:
        RedisError: it can't.
    """
    try:
        await client.ping()
    except ResponseError as error:
        if not str(error).startswith("MISCONF "):
            raise


async def _check(client: StoreClient, shown: str) -> None:
    waiting = ""
    while True:
        try:
            for warning in await check_durable(client):
                log().warning("durable store", warning=warning)
            return
        except UnsafeStore as error:
            raise SettingsError(f"GROUPGUARD_DURABLE_URL: {error}") from None
        except StoreUnavailable as error:
            if str(error) != waiting:
                waiting = str(error)
                log().warning("waiting for the durable store", store=shown, why=waiting)
        await asyncio.sleep(_PAUSE_SECONDS)
