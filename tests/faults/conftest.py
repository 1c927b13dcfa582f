"""One suite for the tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from groupguard_client import GroupGuard
from service_kit.embedded import EmbeddedStore
from service_kit.suite import Suite
from support.faults.suite import addresses, make_whole
from support.valkey import short_folder


@pytest.fixture(scope="package")
def suite_folder() -> Iterator[Path]:
    """Holds the shared suite's data in `data` and its logs."""
    with short_folder() as folder:
        yield folder


@pytest.fixture(scope="package")
def shared_suite(suite_folder: Path) -> Iterator[Suite]:
    """The store and the three services."""
    with Suite(EmbeddedStore(suite_folder / "data"), log_folder=suite_folder) as suite:
        yield suite


@pytest.fixture
def suite(shared_suite: Suite) -> Suite:
    """The shared suite, with everything running, whatever the test before has done; each test has a corp of its own."""
    make_whole(shared_suite)
    return shared_suite


@pytest.fixture
def gg(suite: Suite) -> Iterator[GroupGuard]:
    """A client of the shared suite."""
    with GroupGuard(addresses(suite.services)) as client:
        yield client


@pytest.fixture
def impatient(suite: Suite) -> Iterator[GroupGuard]:
    """A client that tries only twice, for calls that have to fail."""
    with GroupGuard(addresses(suite.services), attempts=2) as client:
        yield client
