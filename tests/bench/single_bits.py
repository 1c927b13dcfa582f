"""What bindings would cost bit by bit, against whole masks: the store serves nobody else meanwhile."""

from __future__ import annotations

import time
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from rule_service.domain.bindings import masks
from support.valkey import free_ports, tcp_server

_BIT_BY_BIT = """
for rule = 1, #KEYS do
  for place = 1, #ARGV do redis.call('SETBIT', KEYS[rule], ARGV[place], 1) end
end
"""
_BY_MASKS = """
redis.call('SET', KEYS[1], ARGV[1])
for rule = 2, #KEYS do
  redis.call('BITOP', 'OR', KEYS[rule], KEYS[rule], KEYS[1])
  redis.call('BITCOUNT', KEYS[rule])
end
"""


def block_times(rules: int, groups: int) -> tuple[float, float]:
    """Returns the ms that a scratch store is blocked by binding all rules to all groups: bit by bit, by masks."""
    [port] = free_ports(1)
    bitmaps = [f"bits:{rule}" for rule in range(rules)]
    # Every other one of a chunk: groups that are chosen for something do not stand in a row.
    chosen = list(range(0, 2 * groups, 2))
    [mask] = masks(chosen).values()
    with tcp_server(port, [("busy-reply-threshold", "0")]) as server:
        # However long it takes: a repeat would measure something else.
        client: Any = redis.Redis(
            unix_socket_path=str(server.socket), protocol=2, socket_timeout=None, retry=Retry(NoBackoff(), 0)
        )
        with client:
            times = []
            for script, keys, arguments in (
                (_BIT_BY_BIT, bitmaps, chosen),
                (_BY_MASKS, ["mask", *bitmaps], [mask]),
            ):
                client.flushall()
                begun = time.perf_counter()
                client.eval(script, len(keys), *keys, *arguments)
                times.append((time.perf_counter() - begun) * 1000)
                assert client.bitcount(bitmaps[-1]) == groups
    return times[0], times[1]
