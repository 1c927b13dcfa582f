"""The services that the reference is compared with, as processes over one store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from groupguard_client import Addresses
from service_kit.embedded import EmbeddedStore
from support.services import running


@contextmanager
def suite(store: EmbeddedStore, replicas: int) -> Iterator[list[Addresses]]:
    """RuleService, BlacklistService, and so many of FilterService; yields the addresses by replica."""
    durable = {"GROUPGUARD_DURABLE_URL": store.durable_url, "GROUPGUARD_LOG_SAMPLE": "0"}
    with ExitStack() as stack:
        rules = stack.enter_context(running("rule_service", durable))
        lists = stack.enter_context(running("blacklist_service", durable))
        environment = {
            **durable,
            "GROUPGUARD_EPHEMERAL_URL": store.ephemeral_url,
            "GROUPGUARD_RULE_ADDRESS": rules.target,
            "GROUPGUARD_BLACKLIST_ADDRESS": lists.target,
        }
        filters = [stack.enter_context(running("filter_service", environment)) for _ in range(replicas)]
        yield [Addresses(rules.target, it.target, lists.target) for it in filters]
