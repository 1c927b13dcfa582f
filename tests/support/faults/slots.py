"""Moves slots of a cluster between its nodes: some keys at a time, as `valkey-cli --cluster reshard` does, or all at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import redis
from redis.crc import key_slot

from service_kit.keys import corp_key
from support.processes import wait_until

_MIGRATE_MS = 5_000
_PATIENCE = 30.0
_AT_ONCE = 200
"""Keys."""


@dataclass
class _Node:
    host: str
    port: int
    client: redis.Redis
    id: str

    def tell(self, *command: str | int | bytes) -> Any:
        answer: Any = self.client.execute_command(*command)  # type: ignore[no-untyped-call]
        return answer


@dataclass
class SlotMover:
    """A cluster, and who serves its slots."""

    nodes: list[_Node] = field(default_factory=list)
    moved_keys: int = 0

    def move(self, slot: int, to: int, pause: float) -> None:
        """Moves a slot to a node, or the one behind it if it is there already.

        It rests for so many seconds before each step: meanwhile the slot is half moved.
        """
        source, target = self._ends(slot, to)
        target.tell("CLUSTER SETSLOT", slot, "IMPORTING", source.id)
        source.tell("CLUSTER SETSLOT", slot, "MIGRATING", target.id)
        while True:
            time.sleep(pause)
            keys = source.tell("CLUSTER GETKEYSINSLOT", slot, _AT_ONCE)
            if not keys:
                break
            source.tell("MIGRATE", target.host, target.port, "", 0, _MIGRATE_MS, "KEYS", *keys)
            self.moved_keys += len(keys)
        # The new owner first: else both would send callers to each other.
        for node in (target, *(node for node in self.nodes if node is not target)):
            node.tell("CLUSTER SETSLOT", slot, "NODE", target.id)

    def move_at_once(self, slot: int, to: int) -> None:
        """Moves a slot likewise, as Valkey does by itself from 9 on: all of it changes its owner in one moment."""
        source, target = self._ends(slot, to)
        source.tell("CLUSTER MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", target.id)
        assert wait_until(lambda: self._owner(slot) is target, _PATIENCE), source.tell(
            "CLUSTER GETSLOTMIGRATIONS"
        )

    def counted(self, *kinds: str) -> int:
        """How many errors of some kinds, as MOVED, the nodes have answered with."""
        return sum(
            int(node.client.info("errorstats").get(f"errorstat_{kind}", {"count": 0})["count"])
            for node in self.nodes
            for kind in kinds
        )

    def _ends(self, slot: int, to: int) -> tuple[_Node, _Node]:
        source = self._owner(slot)
        return source, next(it for it in self.nodes[to % len(self.nodes) :] + self.nodes if it is not source)

    def _owner(self, slot: int) -> _Node:
        for first, last, (_, _, id, *_), *_ in self.nodes[0].tell("CLUSTER SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.id == _text(id))
        raise LookupError(f"nobody serves slot {slot}")


@contextmanager
def slot_mover(url: str) -> Iterator[SlotMover]:
    """Moves slots of the cluster of a `redis+cluster://` URL; its other nodes come first."""
    known = url.removeprefix("redis+cluster://").split(",")
    mover = SlotMover()
    with ExitStack() as stack:
        asked = stack.enter_context(redis.Redis.from_url(f"redis://{known[0]}", protocol=2))
        nodes: Any = asked.execute_command("CLUSTER NODES")
        for address, found in sorted(nodes.items(), key=lambda item: item[0] in known):
            host, port = address.split(":")
            client = stack.enter_context(redis.Redis(host, int(port), protocol=2))
            mover.nodes.append(_Node(host, int(port), client, found["node_id"]))
        yield mover


def slot_of(corp_id: str) -> int:
    """The slot of everything that is kept of a corp."""
    return key_slot(corp_key("any", corp_id).encode())


def _text(answer: bytes | str) -> str:
    return answer.decode() if isinstance(answer, bytes) else answer
