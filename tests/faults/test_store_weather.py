"""The way to the stores is slow, silent, cut or closed, at random, under load: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from groupguard_client import GroupGuard
from service_kit.embedded import EmbeddedStore, socket_in
from service_kit.suite import StoreUrls, Suite
from support.faults.proof import check_everything, report, wait_for_progress
from support.faults.stormy_proxy import StormyProxy, stormy_proxy
from support.faults.suite import addresses, own_faults
from support.faults.writers import Writing
from support.valkey import short_folder

STORMS = int(os.environ.get("GROUPGUARD_TEST_STORMS", "3"))
"""How often the weather changes."""
SEED = int(os.environ.get("GROUPGUARD_TEST_SEED", "0")) or random.SystemRandom().randrange(1 << 30)
"""Of the weather; printed, and to be given to see the same again."""
_CALM_SECONDS = 0.3
_LONGER_THAN_A_TIMEOUT = 2.5
"""Seconds; the services give up a command after 2."""


@dataclass(frozen=True)
class Sea:
    """Services whose stores are behind proxies."""

    suite: Suite
    durable: StormyProxy
    ephemeral: StormyProxy
    logs: Path


@pytest.fixture
def sea() -> Iterator[Sea]:
    with ExitStack() as stack:
        folder, logs = stack.enter_context(short_folder()), stack.enter_context(short_folder())
        store = stack.enter_context(EmbeddedStore(folder))
        durable, ephemeral = (
            stack.enter_context(stormy_proxy(socket_in(folder / name))) for name in ("durable", "ephemeral")
        )
        assert str(socket_in(folder / "durable")) in store.durable_url
        suite = Suite(StoreUrls(durable.url, ephemeral.url), log_folder=logs)
        yield Sea(stack.enter_context(suite), durable, ephemeral, logs)


def storm(weather: random.Random, proxy: StormyProxy) -> str:
    """Makes bad weather for a while; returns which."""
    match weather.choice(("slow", "hang", "cut", "away", "cuts")):
        case "slow":
            proxy.slow(weather.uniform(0.02, 0.4))
            time.sleep(weather.uniform(0.3, 1.0))
            kind = "slow"
        case "hang":
            proxy.hang()
            time.sleep(weather.choice((0.5, _LONGER_THAN_A_TIMEOUT)))
            kind = "hang"
        case "cut":
            proxy.cut()
            kind = "cut"
        case "away":
            proxy.refuse()
            time.sleep(weather.uniform(0.3, 1.0))
            kind = "away"
        case _:
            for _ in range(10):
                proxy.cut()
                time.sleep(weather.uniform(0.0, 0.1))
            kind = "cuts"
    proxy.calm()
    return kind


def test_no_weather_loses_or_doubles_a_write(
    sea: Sea, record_property: Callable[[str, object], None]
) -> None:
    """Most answers that are cut off belong to writes that were made: their repetition must not make them again."""
    print(f"GROUPGUARD_TEST_SEED={SEED}")
    weather = random.Random(SEED)
    with GroupGuard(addresses(sea.suite.services)) as gg:
        writing = Writing(gg, f"wwWeather{SEED}")
        writing.start()
        kinds, recoveries = [], []
        for _ in range(STORMS):
            time.sleep(_CALM_SECONDS)
            name = weather.choice(("durable", "durable", "ephemeral"))
            kinds.append(f"{name} {storm(weather, getattr(sea, name))}")
            calm = time.monotonic()
            wait_for_progress(sea.suite, writing)
            recoveries.append(round(time.monotonic() - calm, 2))
        writing.stop()
        assert all(service.is_running() for service in sea.suite.services.values())
        assert own_faults(sea.logs) == []
        check_everything(gg, writing)
    cuts = sea.durable.cuts + sea.ephemeral.cuts
    report(writing, record_property, weather=kinds, seconds_to_recover=recoveries, connections_cut=cuts)
