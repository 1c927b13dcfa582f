"""The installation that is asked for."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Plan:
    """What is assumed."""

    corps: int = 150_000
    messages: float = 50_000.0
    active: float = 0.2
    exponent: float = 1.0
    waits: tuple[float, ...] = (0.0, 0.005, 1.0)
    """Seconds for which a caller waits for more messages of a corp; 0 is a call for each message."""
    batch: int = 100
    pods: int = 0
    """FilterService's; 0 for as many as `busy` asks."""
    busy: float = 0.6
    """Of a pod's one core for calls, what may be in use on average."""
    large: float = 0.1
    """Cores that a corp needs for which it is spread over all pods where large ones are."""
    snapshots: int = 1024 * _MIB
    filters: int = 256 * _MIB
    """The default budgets of a pod."""
    entries: int = 1_000
    """On the blacklists of each corp."""
    phase: float = 300.0
    """Seconds after which other corps are active."""
    phases: int = 12
    """Of which the stores remember the messages."""
    shards: tuple[int, ...] = (3, 6, 12)
    day: float = 1 / 3
    """Messages of a whole day against as many as in its busiest second all the time."""
    outcome: int = 250
    """Bytes of an outcome in the ephemeral store, which remembers it for a day."""
    logged: int = 100
    """Bytes of a counted message in the ephemeral store, for `log_seconds`."""
    log_seconds: float = 4_500.0
    seed: int = 1
