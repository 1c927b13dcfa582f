"""Looks at start-up whether a server can be trusted with data that must not be lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeAlias

from redis.asyncio.cluster import RedisCluster
from redis.exceptions import NoPermissionError, ResponseError

from service_kit.redis_client import StoreClient
from service_kit.store_errors import store_errors

_MINIMUM_VERSION: Final = 7
"""Major version: the scripts rely on Redis 7. Valkey reports the version of Redis it is compatible with."""

_Command: TypeAlias = Callable[..., Awaitable[Any]]


class UnsafeStore(Exception):
    """The server would lose or refuse data; the text says what to change."""


async def check_durable(client: StoreClient) -> list[str]:
    """Checks a server, or every primary of a cluster, that is to hold the durable data.

    Returns:
        Warnings for the operator, empty when all is well.

    Raises:
        UnsafeStore: the server may evict data, or is older than Redis 7.
        StoreUnavailable: the server does not answer.
    """
    warnings = []
    with store_errors():
        async for where, command in _primaries(client):
            warnings += [f"{where}: {warning}" for warning in await _check(where, command)]
    return warnings


async def _check(where: str, command: _Command) -> list[str]:
    info = {name: str(value) for name, value in (await command("INFO")).items()}
    config = await _config(command)
    warnings = [] if config else ["CONFIG GET is forbidden; only INFO was looked at"]

    version = info.get("redis_version", "0")
    if int(version.partition(".")[0]) < _MINIMUM_VERSION:
        raise UnsafeStore(
            f"{where}: version {version} is too old; Redis >= {_MINIMUM_VERSION} or Valkey is needed"
        )

    policy = config.get("maxmemory-policy") or info.get("maxmemory_policy")
    if policy is None:
        warnings.append("maxmemory-policy is not visible; it must be noeviction")
    elif policy != "noeviction":
        raise UnsafeStore(
            f"{where}: maxmemory-policy is {policy}, which deletes rules and lists when memory is short; "
            "it must be noeviction"
        )

    if info.get("aof_enabled") != "1":
        warnings.append("the append-only file is off (appendonly no): a restart loses acknowledged writes")
    elif config.get("appendfsync", "always") != "always":
        warnings.append(
            f"appendfsync is {config['appendfsync']}: a power cut loses the last acknowledged writes"
        )
    return warnings


async def _primaries(client: StoreClient) -> AsyncIterator[tuple[str, _Command]]:
    if not isinstance(client, RedisCluster):
        yield "the durable store", client.execute_command
        return
    await client.initialize()
    for node in client.get_primaries():
        yield f"the cluster node {node.name}", node.execute_command


async def _config(command: _Command) -> dict[str, str]:
    try:
        answer = await command("CONFIG GET", "maxmemory-policy", "appendfsync")
    except (NoPermissionError, ResponseError):  # managed services forbid, rename or remove CONFIG
        return {}
    return dict(answer)
