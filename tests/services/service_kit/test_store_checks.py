"""Start-up checks of the durable store."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio.cluster import RedisCluster

from service_kit.redis_client import StoreClient, connect
from service_kit.store_checks import UnsafeStore, check_durable
from service_kit.store_errors import StoreUnavailable
from support.valkey import free_ports


@contextlib.asynccontextmanager
async def configured(url: str, **settings: str) -> AsyncIterator[StoreClient]:
    """A client of a server with these settings, which are put back afterwards."""
    client = connect(url)
    names = [name.replace("_", "-") for name in settings]
    before: dict[Any, Any] = await client.config_get(*names) if names else {}
    for name, value in dict(zip(names, settings.values(), strict=True)).items():
        await client.config_set(name, value)
    try:
        yield client
    finally:
        for name, value in before.items():
            await client.config_set(name, value)
        await client.aclose()


async def test_embedded_durable_server_passes_without_warnings(valkey_url: str) -> None:
    """The default is what the check wants."""
    async with configured(valkey_url) as client:
        assert await check_durable(client) == []


async def test_evicting_server_is_refused_by_its_policy(valkey_url: str) -> None:
    """The text names the value and the one that is needed."""
    async with configured(valkey_url, maxmemory_policy="allkeys-lru") as client:
        with pytest.raises(UnsafeStore, match=r"maxmemory-policy is allkeys-lru.*must be noeviction"):
            await check_durable(client)


async def test_server_without_append_only_file_is_warned_about(ephemeral_url: str) -> None:
    """It may be wanted (a managed service with replicas), so it is no refusal."""
    async with configured(ephemeral_url) as client:
        (warning,) = await check_durable(client)
    assert "append-only file is off" in warning


async def test_relaxed_fsync_is_warned_about(valkey_url: str) -> None:
    """With its value."""
    async with configured(valkey_url, appendfsync="everysec") as client:
        (warning,) = await check_durable(client)
    assert "appendfsync is everysec" in warning


@pytest.mark.parametrize("policy", ["noeviction", "volatile-ttl"])
async def test_forbidden_config_falls_back_on_info(valkey_url: str, policy: str) -> None:
    """As on managed services: INFO shows the policy as well."""
    async with configured(valkey_url, maxmemory_policy=policy) as admin:
        await admin.acl_setuser(
            "managed", enabled=True, nopass=True, commands=["+@all", "-config"], keys=["*"]
        )
        client = connect(valkey_url.replace("unix://", "unix://managed:any@"))
        try:
            if policy == "noeviction":
                (warning,) = await check_durable(client)
                assert "CONFIG GET is forbidden" in warning
            else:
                with pytest.raises(UnsafeStore, match=policy):
                    await check_durable(client)
        finally:
            await client.aclose()
            await admin.acl_deluser("managed")


async def test_every_primary_of_a_cluster_is_checked(cluster_url: str) -> None:
    """One node that evicts is enough, and it is named."""
    client = connect(cluster_url)
    assert isinstance(client, RedisCluster)
    assert len(await check_durable(client)) == 3  # appendfsync no
    last = client.get_primaries()[-1]
    await last.execute_command("CONFIG SET", "maxmemory-policy", "allkeys-random")
    try:
        with pytest.raises(UnsafeStore, match=f"{last.name}.*allkeys-random"):
            await check_durable(client)
    finally:
        await last.execute_command("CONFIG SET", "maxmemory-policy", "noeviction")
        await client.aclose()


async def test_old_server_is_refused(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing that no server at hand can be: its answer is replaced."""
    async with configured(valkey_url) as client:
        execute = client.execute_command

        async def answer(*args: str) -> object:
            return (
                {**await execute(*args), "redis_version": "6.2.14"}
                if args == ("INFO",)
                else await execute(*args)
            )

        monkeypatch.setattr(client, "execute_command", answer)
        with pytest.raises(UnsafeStore, match=r"version 6\.2\.14 is too old; Redis >= 7"):
            await check_durable(client)


async def test_absent_server_is_unavailable() -> None:
    """Not unsafe: waiting may help."""
    (port,) = free_ports(1)
    client = connect(f"redis://127.0.0.1:{port}")
    with pytest.raises(StoreUnavailable):
        await check_durable(client)
    await client.aclose()
