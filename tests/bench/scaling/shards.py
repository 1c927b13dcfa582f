"""What the shards of a Redis Cluster have to do and to hold; all keys of a corp are on one of them."""

from __future__ import annotations

from binascii import crc_hqx

import numpy as np

from bench.scaling.costs import Costs
from bench.scaling.routing import Places
from bench.scaling.traffic import Numbers

SLOTS = 16_384


def shards_of(corps: int, shards: int) -> Places:
    """Returns each corp's shard: the slot by CRC16 of its hash tag, equally many neighbouring slots to a shard."""
    slots = (crc_hqx(f"ww{corp:016x}".encode(), 0) % SLOTS for corp in range(corps))
    return np.fromiter((slot * shards // SLOTS for slot in slots), np.int64, corps)


def counting(costs: Costs, rates: Numbers, requests: Numbers) -> tuple[Numbers, Numbers]:
    """Returns scripts a second by corp, and the cores that the ephemeral store needs for them.

    A request takes a script if it has any message to ask about; a batch of up to 200 takes one.
    """
    size = np.divide(rates, requests, out=np.ones_like(rates), where=requests > 0)
    scripts = requests * (1 - (1 - costs.asked) ** size)
    return scripts, scripts * costs.script + rates * costs.asked * costs.counted
