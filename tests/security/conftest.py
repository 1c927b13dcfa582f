"""All three services with callers of every role, which the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from groupguard_client import Addresses, GroupGuard
from support.secured import EVERYWHERE, HERE, ROLES, ROOT, Secured, secured
from support.valkey import LOOPBACK


@pytest.fixture(scope="session")
def services() -> Iterator[Secured]:
    """Callers are named after what they are, and that is their token."""
    everywhere = {f"{EVERYWHERE}{role}": {"*": [role]} for role in ROLES}
    with secured(
        {**{role: {HERE: [role]} for role in ROLES}, **everywhere, ROOT: {"*": list(ROLES)}}
    ) as running:
        yield running


@pytest.fixture(scope="session")
def gg(services: Secured) -> Iterator[GroupGuard]:
    """A client with every role in every corp."""
    targets = {name: f"{LOOPBACK}:{it.port}" for name, it in services.suite.services.items()}
    with GroupGuard(Addresses(**targets), token=ROOT, timeout=20) as client:
        yield client
