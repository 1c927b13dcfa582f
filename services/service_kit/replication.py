"""Waiting until replicas have what was written, so that a failover loses nothing that was acknowledged."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio.cluster import PipelineCommand, RedisCluster

from service_kit.redis_client import StoreClient
from service_kit.store_errors import StoreUnavailable

_WAIT_MS: Final = 1_000
_MARK_MS: Final = 1_000
"""How long the write stays that is waited for."""


async def wait_for_replicas(client: StoreClient, key: str, replicas: int) -> None:
    """Waits until this many replicas have everything that was written to the key's server up to now.

    WAIT knows only of its own connection's writes. Replicas take writes in order, so a small one that goes before it, beside the
    key, stands for all before.

    Raises:
        StoreUnavailable: fewer have it after a second.
    """
    commands: tuple[tuple[Any, ...], ...] = (
        ("SET", f"{key}:wait", "", "PX", _MARK_MS),
        ("WAIT", replicas, _WAIT_MS),
    )
    written, reached = await _on_one_connection(client, key, commands)
    for answer in (written, reached):
        if isinstance(answer, Exception):
            raise answer
    if reached < replicas:
        raise StoreUnavailable(f"the write has reached {reached} of {replicas} replicas")


async def _on_one_connection(
    client: StoreClient, key: str, commands: tuple[tuple[Any, ...], ...]
) -> list[Any]:
    if isinstance(client, RedisCluster):
        await client.initialize()
        sent = [PipelineCommand(place, *command) for place, command in enumerate(commands)]
        await client.get_node_from_key(key).execute_pipeline(sent)  # type: ignore[union-attr]  # no key is without a node
        return [command.result for command in sent]
    pipeline = client.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command)
    return await pipeline.execute(raise_on_error=False)
