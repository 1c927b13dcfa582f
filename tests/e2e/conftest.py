"""All of groupguard as one running suite, which the tests of this folder share."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from groupguard_client import Addresses, GroupGuard
from service_kit.embedded import EmbeddedStore
from service_kit.suite import Suite
from support.commands import Caller
from support.corp import Corp
from support.services import running
from support.valkey import LOOPBACK, short_folder


@pytest.fixture(scope="session")
def suite_store() -> Iterator[EmbeddedStore]:
    """The suite's store; the suite starts it."""
    with short_folder() as folder:
        yield EmbeddedStore(folder / "store")


@pytest.fixture(scope="session")
def suite(suite_store: EmbeddedStore) -> Iterator[Suite]:
    """The three services, on free ports."""
    for name in [name for name in os.environ if name.startswith("GROUPGUARD_")]:
        del os.environ[name]  # of whoever runs the tests
    environment = {
        "GROUPGUARD_DRAIN_SECONDS": "0",  # no balancer is there to look elsewhere
        "GROUPGUARD_METRICS_LISTEN": f"{LOOPBACK}:0",
    }
    with short_folder() as logs, Suite(suite_store, environment=environment, log_folder=logs) as suite:
        yield suite


@pytest.fixture(scope="session")
def addresses(suite: Suite) -> Addresses:
    """Where the suite's services are."""
    return Addresses(**{name: f"{LOOPBACK}:{service.port}" for name, service in suite.services.items()})


@pytest.fixture(scope="session")
def gg(addresses: Addresses) -> Iterator[GroupGuard]:
    """A client of the suite."""
    with GroupGuard(addresses) as gg:
        yield gg


@pytest.fixture(scope="session")
def named(
    addresses: Addresses, suite_store: EmbeddedStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, GroupGuard]]:
    """Clients whose tokens tell who they are, at a second RuleService beside the suite's."""
    roles = {"boss": "super_admin", "zhangmin": "member:zhangmin", "liqiang": "member:liqiang"}
    known = [
        {"name": name, "sha256": sha256(name.encode()).hexdigest(), "roles": {"*": [role]}}
        for name, role in roles.items()
    ]
    file = tmp_path_factory.mktemp("tokens") / "tokens.json"
    file.write_text(json.dumps({"tokens": known}), "utf-8")
    environment = {
        "GROUPGUARD_DURABLE_URL": suite_store.durable_url,
        "GROUPGUARD_TOKENS_FILE": str(file),
    }
    with running("rule_service", environment) as replica, ExitStack() as stack:
        there = Addresses(replica.target, addresses.filter, addresses.blacklist)
        yield {name: stack.enter_context(GroupGuard(there, token=name)) for name in roles}


@pytest.fixture
def corp(gg: GroupGuard) -> Corp:
    """A corp of the test's own, with one group."""
    return Corp(gg)


@pytest.fixture
def environment(addresses: Addresses) -> dict[str, str]:
    """The environment of a command that finds the suite."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(Path.home()),
        "GROUPGUARD_RULE_ADDRESS": addresses.rule,
        "GROUPGUARD_FILTER_ADDRESS": addresses.filter,
        "GROUPGUARD_BLACKLIST_ADDRESS": addresses.blacklist,
    }


@pytest.fixture
def call(environment: dict[str, str], corp: Corp) -> Caller:
    """Calls commands on the test's corp."""
    return Caller({**environment, "GROUPGUARD_CORP": corp.id})
