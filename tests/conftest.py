"""Real servers as fixtures; every server dies with the test process."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from service_kit.embedded import EmbeddedStore
from support.cluster import cluster, flush_cluster
from support.valkey import embedded_store, flush, short_folder

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in a shell's background: all that tests start would inherit it, and not be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def session_store() -> Iterator[EmbeddedStore]:
    """The store that a whole session shares."""
    with embedded_store() as store:
        yield store


@pytest.fixture
def valkey_url(session_store: EmbeddedStore) -> str:
    """URL of the durable server, empty."""
    flush(session_store.durable_url)
    return session_store.durable_url


@pytest.fixture
def ephemeral_url(session_store: EmbeddedStore) -> str:
    """URL of the ephemeral server, empty."""
    flush(session_store.ephemeral_url)
    return session_store.ephemeral_url


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """URL of a cluster of three primaries; not emptied."""
    with cluster() as url:
        yield url


@pytest.fixture(params=["standalone", "cluster"])
def store_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty store, once a single server and once a cluster: for contract suites."""
    if request.param == "standalone":
        return str(request.getfixturevalue("valkey_url"))
    url = str(request.getfixturevalue("cluster_url"))
    flush_cluster(url)
    return url


@pytest.fixture
def folder() -> Iterator[Path]:
    """A temporary folder with a path short enough for sockets."""
    with short_folder() as path:
        yield path
