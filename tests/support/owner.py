"""A program that owns a store and writes into it until it is killed.

It prints the servers' process ids as JSON, then every number whose write was acknowledged.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import redis

from service_kit.embedded import EmbeddedStore


def main(folder: Path) -> None:
    """Writes the numbers 1, 2, 3, … to the list ``acknowledged``."""
    with EmbeddedStore(folder) as store, redis.Redis.from_url(store.durable_url) as client:
        print(json.dumps(store.pids), flush=True)
        for number in itertools.count(1):
            client.rpush("acknowledged", number)
            print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
