"""A primary, its replica and a Sentinel that watches them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from service_kit.embedded import ValkeyServer
from support.processes import wait_until
from support.valkey import LOOPBACK, free_ports, tcp_server

SERVICE = "groupguard"
_PATIENCE = 20.0
"""Seconds for the first synchronisation, and for the Sentinel to see the replica."""


@dataclass(frozen=True, slots=True)
class SentinelSetup:
    """A running set."""

    url: str
    primary: ValkeyServer
    replica: ValkeyServer


@contextmanager
def sentinel_setup() -> Iterator[SentinelSetup]:
    """Yields a set in which the replica is in step and known to the Sentinel."""
    primary_port, replica_port, sentinel_port = free_ports(3)
    replica_of = (("replicaof", LOOPBACK, str(primary_port)),)
    watch = (
        ("sentinel", "monitor", SERVICE, LOOPBACK, str(primary_port), "1"),
        ("sentinel", "down-after-milliseconds", SERVICE, "1000"),
        ("sentinel", "failover-timeout", SERVICE, "5000"),
    )
    with (
        tcp_server(primary_port, (("repl-diskless-sync-delay", "0"),)) as primary,
        tcp_server(replica_port, replica_of) as replica,
    ):
        with redis.Redis(LOOPBACK, replica_port, protocol=2) as client:
            _wait_for(lambda: client.info("replication")["master_link_status"] == "up")
        with tcp_server(sentinel_port, watch, arguments=("--sentinel",)):
            with redis.Redis(LOOPBACK, sentinel_port, protocol=2) as client:
                _wait_for(lambda: client.sentinel_master(SERVICE)["num-slaves"] == 1)
            yield SentinelSetup(f"redis+sentinel://{LOOPBACK}:{sentinel_port}/{SERVICE}", primary, replica)


def _wait_for(condition: Callable[[], bool]) -> None:
    if not wait_until(condition, _PATIENCE):
        raise TimeoutError(f"the Sentinel set is not complete after {_PATIENCE} s")
