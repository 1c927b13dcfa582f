"""What a Redis or Valkey tells of itself while it is measured: memory, slow commands, causes of stalls."""

from __future__ import annotations

from typing import Any

import redis

_ALL = 100_000
"""Entries of the slow log to keep: more than a row makes."""


class StoreWatch:
    """Asks one server; it changes the server's logging, so it is for servers of the bench only."""

    def __init__(self, url: str) -> None:
        self._client: Any = redis.Redis.from_url(url, protocol=2)
        self._client.config_set("slowlog-log-slower-than", 500)
        self._client.config_set("slowlog-max-len", _ALL)
        self._client.config_set("latency-monitor-threshold", 1)
        self.longest_command()

    def longest_command(self) -> float:
        """Returns the ms that the longest command took since the last call."""
        entries = self._client.slowlog_get(_ALL)
        self._client.slowlog_reset()
        return max((entry["duration"] / 1000 for entry in entries), default=0.0)

    def longest_event(self, event: str) -> float:
        """Returns the ms of the longest event of a kind, as LATENCY names them; 0 if none took 1 ms."""
        worst = {name.decode(): float(most) for name, _, _, most, *_ in self._client.latency_latest()}
        return worst.get(event, 0.0)

    def used_memory(self) -> int:
        """Returns the bytes that the server has allocated."""
        return int(self._client.info("memory")["used_memory"])

    def cpu_seconds(self) -> float:
        """Returns the CPU time that the thread which runs commands has taken; other programs do not change it much."""
        told = self._client.info("cpu")
        return float(told["used_cpu_user_main_thread"]) + float(told["used_cpu_sys_main_thread"])

    def memory_of(self, pattern: str) -> int:
        """Returns the bytes that all keys of a pattern take, as MEMORY USAGE says."""
        keys = list(self._client.scan_iter(pattern, count=1000))
        asking = self._client.pipeline(transaction=False)
        for key in keys:
            asking.memory_usage(key, samples=0)
        return sum(asking.execute())

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()
