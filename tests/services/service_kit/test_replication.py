"""Writes that have to reach replicas, on a single server and on a cluster; tests/faults promotes one."""

import pytest

from service_kit.redis_client import connect
from service_kit.scripts import Scripts
from service_kit.store_errors import StoreUnavailable

PACKAGE = "support.sample_scripts"


async def test_a_write_that_no_replica_takes_is_not_acknowledged(store_url: str) -> None:
    """It has happened all the same, and happens once when it is repeated; reading waits for nobody."""
    client = connect(store_url)
    alone, replicated = Scripts(client, PACKAGE), Scripts(client, PACKAGE, replicas=1)
    keys = ["gg:test:{ww1}:sum", "gg:test:{ww1}:seen"]
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="0 of 1 replicas"):
            await replicated.run("add_once", keys, ["request", 5], retry_once=True)
    answer = await alone.run("add_once", keys, ["request", 5], retry_once=True)
    assert answer == await replicated.run("add_once", keys, ["request", 5])
    assert await client.get(keys[0]) == b"5"
    await client.aclose()
