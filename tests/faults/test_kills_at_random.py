"""Any process of a deployment is stopped or killed, again and again, while everybody writes and checks."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.machine import machine
from service_kit.embedded import EmbeddedStore
from support.faults import results
from support.faults.kills import play
from support.faults.replicas import replicas

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="death signals and /proc are Linux's")

KILLS = int(os.environ.get("GROUPGUARD_TEST_RANDOM_KILLS", "0"))
"""How many there are; a few unless told."""
SEED = int(os.environ.get("GROUPGUARD_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
"""Of the first round; each further one has the next number. To play a round again, give its number and its kills."""
_FEW = 2
_ENOUGH = 100
"""For a page of results."""
_PER_ROUND = 5


def test_kills_at_random_lose_nothing_and_falsify_nothing(
    folder: Path, record_property: Callable[[str, object], None]
) -> None:
    """With two replicas of each service, SIGTERM costs no call and SIGKILL at most those in flight.

    Whoever dies, store or service: each acknowledged write is there, once, and each verdict is what the revision that it
    names asks for, or says what it left out.
    """
    kills = KILLS or _FEW
    begun, ran_on = datetime.now(UTC), machine()
    print(f"GROUPGUARD_TEST_SEED={SEED}")
    with EmbeddedStore(folder / "data") as store, replicas(store, folder) as parts:
        rounds = []
        for number in range(-(-kills // _PER_ROUND)):
            rounds.append(play(parts, SEED + number, min(_PER_ROUND, kills - number * _PER_ROUND)))
            print(results.line(rounds[-1]))
            # After each round: the page tells of those that there were, however the run ends.
            if KILLS >= _ENOUGH:
                results.write(rounds, begun, ran_on)
    record_property("figures", results.summary(rounds))
    assert [it for it in rounds if not it.is_clean] == []
