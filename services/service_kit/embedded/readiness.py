"""Asks a starting Valkey server over its unix socket how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_TIMEOUT: Final = 1.0
"""Seconds; a loading server answers between two chunks of its append-only file only."""


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How much of its append-only file a server has read."""

    server: str
    """Name of the server, ``durable`` or ``ephemeral``."""
    loaded_bytes: int
    total_bytes: int
    percent: float
    """0.0–100.0."""
    eta_seconds: int
    """The server's own estimate of the seconds left."""


def probe(server: str, socket: Path) -> LoadProgress | bool:
    """Returns True when the server serves, its progress while it loads, False when it does not answer."""
    client = redis.Redis(
        unix_socket_path=str(socket),
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    try:
        try:
            return bool(client.ping())
        except redis.BusyLoadingError:
            return _progress(server, client.info("persistence"))
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def _progress(server: str, info: Mapping[str, Any]) -> LoadProgress | bool:
    if not info["loading"]:
        return False  # it has just finished: the next probe will find it ready
    return LoadProgress(
        server=server,
        loaded_bytes=int(info["loading_loaded_bytes"]),
        total_bytes=int(info["loading_total_bytes"]),
        percent=float(info["loading_loaded_perc"]),
        eta_seconds=int(info["loading_eta_seconds"]),
    )
