"""Real services over one store, which the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from groupguard_client import Addresses
from service_kit.embedded import EmbeddedStore
from support.oracle.suite import suite

REPLICAS = 3


@pytest.fixture(scope="session")
def targets(session_store: EmbeddedStore) -> Iterator[list[Addresses]]:
    """RuleService, BlacklistService, and replicas of FilterService."""
    with suite(session_store, REPLICAS) as replicas:
        yield replicas
