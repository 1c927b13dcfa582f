"""A real cluster of three primaries on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import redis

from support.processes import wait_until
from support.valkey import LOOPBACK, free_ports, tcp_server

_NODES = 3
_SLOTS = 16_384
_PATIENCE = 30.0
"""Seconds for the nodes to agree; about one is usual."""


@contextmanager
def cluster(spares: int = 0) -> Iterator[str]:
    """Yields the ``redis+cluster://`` URL of a cluster whose slots are all served.

    Args:
        spares: further nodes, which have no slots and are not in the URL.
    """
    size = _NODES + spares
    ports = free_ports(2 * size)
    clients, buses = ports[:size], ports[size:]
    with ExitStack() as stack:
        for port, bus in zip(clients, buses, strict=True):
            stack.enter_context(tcp_server(port, _directives(bus)))
        nodes = [
            stack.enter_context(redis.Redis(LOOPBACK, port, protocol=2, decode_responses=True))
            for port in clients
        ]
        for index, node in enumerate(nodes):
            if index < _NODES:
                first, last = index * _SLOTS // _NODES, (index + 1) * _SLOTS // _NODES - 1
                node.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
            node.execute_command("CLUSTER SET-CONFIG-EPOCH", index + 1)
        for port, bus in zip(clients[1:], buses[1:], strict=True):
            nodes[0].execute_command("CLUSTER MEET", LOOPBACK, port, bus)
        _wait(nodes)
        yield "redis+cluster://" + ",".join(f"{LOOPBACK}:{port}" for port in clients[:_NODES])


def flush_cluster(url: str) -> None:
    """Empties every node and forgets its scripts."""
    for address in url.removeprefix("redis+cluster://").split(","):
        host, port = address.split(":")
        with redis.Redis(host, int(port)) as node:
            node.flushall()
            node.script_flush()


def _directives(bus: int) -> tuple[tuple[str, ...], ...]:
    return (
        ("cluster-enabled", "yes"),
        ("cluster-port", str(bus)),
        ("cluster-node-timeout", "5000"),
        (
            "cluster-allow-replica-migration",
            "no",
        ),  # else a node that gives its last slot away becomes a replica
        ("appendonly", "yes"),
        ("appendfsync", "no"),
    )


def _wait(nodes: list[redis.Redis]) -> None:
    if not wait_until(lambda: all(_complete(node, len(nodes)) for node in nodes), _PATIENCE):
        raise TimeoutError(f"the test cluster is not complete after {_PATIENCE} s")


def _complete(node: redis.Redis, size: int) -> bool:
    info: dict[str, str] = node.execute_command("CLUSTER INFO")  # type: ignore[no-untyped-call]
    return info["cluster_state"] == "ok" and int(info["cluster_known_nodes"]) == size
