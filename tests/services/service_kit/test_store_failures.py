"""Which commands count as failures of the store."""

from __future__ import annotations

import pytest

from service_kit.redis_client import connect
from service_kit.scripts import Scripts
from service_kit.store_errors import ScriptRefused, StoreUnavailable, store_errors
from service_kit.store_failures import StoreFailures
from service_kit.store_figures import store_figures
from support.valkey import LOOPBACK, free_ports


async def test_a_store_that_is_not_there_counts_by_attempt() -> None:
    [port] = free_ports(1)
    failures = StoreFailures()
    client = connect(f"redis://{LOOPBACK}:{port}", failures=failures)
    for _ in range(2):
        with pytest.raises(StoreUnavailable), store_errors():
            await client.ping()
    await client.aclose()
    assert failures.counts == {"unavailable": 2, "full": 0, "fault": 0}


async def test_what_works_and_what_a_script_refuses_is_no_failure(store_url: str) -> None:
    """Nor is a script that the server does not know yet."""
    failures = StoreFailures()
    client = connect(store_url, failures=failures)
    await client.set("a", "1")
    with pytest.raises(ScriptRefused):
        await Scripts(client, "support.sample_scripts").run("refuse", ["a"])
    assert failures.counts == {"unavailable": 0, "full": 0, "fault": 0}
    with pytest.raises(Exception, match="WRONGTYPE"):
        await client.lpush("a", "1")
    [figure] = store_figures({"durable": failures})
    told = {it.labels["kind"]: it.value for it in figure.measure().samples if it.labels["store"] == "durable"}
    assert told == {"unavailable": 0, "full": 0, "fault": 1}
    await client.aclose()
