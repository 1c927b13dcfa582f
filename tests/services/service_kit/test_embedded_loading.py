"""A big append-only file takes long: the start waits and tells how far it is."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import redis

from service_kit.embedded import EmbeddedStore, LoadProgress, server
from service_kit.redis_client import connect
from service_kit.store_errors import StoreUnavailable, store_errors

ENTRIES = int(os.environ.get("GROUPGUARD_TEST_AOF_ENTRIES", "400000"))
"""About two seconds of loading."""


@pytest.fixture
def big_folder(folder: Path) -> Path:
    """A folder whose durable server has ``ENTRIES`` writes to read again."""
    with EmbeddedStore(folder):
        pass
    log = next((folder / "durable" / "appendonlydir").glob("*.incr.aof"))
    with log.open("ab") as file:
        file.writelines(
            _command(b"ZADD", b"big", b"%d" % (n * 7919 % ENTRIES), b"member:%d" % n) for n in range(ENTRIES)
        )
    return folder


async def test_loading_is_waited_for_with_progress_and_seen_as_unavailable(
    big_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Progress rises and every write is there; until then a client is told that the store is loading."""
    monkeypatch.setattr(server, "_REPORT_INTERVAL", 0.1)  # a fast machine has loaded all within a second
    seen: list[LoadProgress] = []
    store = EmbeddedStore(big_folder)
    try:
        store.start(seen.append)
        assert len(seen) >= 2
        assert [p.loaded_bytes for p in seen] == sorted({p.loaded_bytes for p in seen})
        assert all(p.server == "durable" and 0 <= p.percent <= 100 and p.eta_seconds >= 0 for p in seen)
        assert all(0 < p.loaded_bytes < p.total_bytes for p in seen)

        os.kill(store.pids["durable"], signal.SIGKILL)
        while not store.poll():
            pass
        store.ensure_running()
        client = connect(store.durable_url)
        loading = 0
        while store.poll() == ():
            try:
                with store_errors():
                    assert await client.zcard("big") == ENTRIES
                break
            except StoreUnavailable as error:
                loading += "still loading" in str(error)
        assert loading
        await client.aclose()
    finally:
        store.stop()


def test_interrupted_start_stops_the_servers(big_folder: Path) -> None:
    """Ctrl-C while it loads: nothing is left behind, and the folder is free."""

    def interrupt(_: LoadProgress) -> None:
        raise KeyboardInterrupt

    store = EmbeddedStore(big_folder)
    with pytest.raises(KeyboardInterrupt):
        store.start(interrupt)
    assert store.pids == {}
    with EmbeddedStore(big_folder) as again, redis.Redis.from_url(again.durable_url) as client:
        assert client.zcard("big") == ENTRIES


def _command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
