"""Whatever is sent to a method, the answer is a documented one, tells nothing of the inside, and the process lives on.

GROUPGUARD_FUZZ_EXAMPLES says how many requests of each sort every method gets (`make fuzz`: many).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupguard.filter.v1.verdict_pb2 import Decision
from groupguard_client import GroupGuard, failure
from support.answers import assert_documented, what_went_wrong_inside
from support.corp import Corp
from support.fuzzing import garbage, requests
from support.secured import HERE, ROOT, RPCS, Rpc, Secured

EXAMPLES = int(os.environ.get("GROUPGUARD_FUZZ_EXAMPLES", "6"))
_PATIENCE, _GLANCE = 10.0, 0.05
"""Seconds that a call may take, and that one without end is looked at."""


@dataclass(frozen=True)
class Target:
    """Services with something in them."""

    services: Secured
    corp: Corp
    rule_ids: Sequence[str]

    def check_whole(self) -> None:
        """Checks that no process was lost and that a message is judged as before."""
        assert self.services.suite.ensure_running() == []
        assert self.corp.say("加微信", by="wmOther").decision == Decision.DECISION_WARN


@pytest.fixture(scope="module")
def target(services: Secured, gg: GroupGuard) -> Target:
    here = Corp(gg, HERE)
    here.group("wrShop", "zhangmin")
    rules = [here.rule("加微信", chats=["wrShop"]).rule_id]
    corp = Corp(gg)
    corp.rule("加微信")
    return Target(services, corp, rules)


def check(target: Target, rpc: Rpc, sent: Sequence[bytes]) -> None:
    """Sends requests and checks the answer."""
    seconds = _GLANCE if rpc.is_endless else _PATIENCE
    error = rpc.error(target.services.channels[rpc.service], sent, ROOT, seconds)
    if error is None:
        return
    if rpc.is_endless and failure(error).code == "DEADLINE_EXCEEDED":
        return
    assert_documented(error)


def some(rpc: Rpc) -> settings:
    """How often a method is tried; where each time takes time, less often."""
    return settings(
        max_examples=max(3, EXAMPLES // 4) if rpc.is_endless else EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def many(rpc: Rpc, one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One request, or for a stream several."""
    return st.lists(one, max_size=4) if rpc.descriptor.client_streaming else one.map(lambda it: [it])


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.name)
@pytest.mark.parametrize("sort", ["valid", "nearly valid"])
def test_messages(target: Target, rpc: Rpc, sort: str) -> None:
    one = requests(rpc.descriptor.input_type, nearly=sort != "valid", ids=target.rule_ids)

    @some(rpc)
    @given(many(rpc, one))
    def try_it(sent: list[Any]) -> None:
        check(target, rpc, [it.SerializeToString() for it in sent])

    try_it()
    target.check_whole()


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.name)
def test_bytes(target: Target, rpc: Rpc) -> None:
    @some(rpc)
    @given(many(rpc, garbage(rpc.descriptor.input_type, target.rule_ids)))
    def try_it(sent: list[bytes]) -> None:
        check(target, rpc, sent)

    try_it()
    target.check_whole()


def test_nothing_went_wrong_inside(target: Target) -> None:
    """After all of the above: no error that was only hidden, no traceback, nothing that a customer wrote."""
    log = target.services.log
    assert what_went_wrong_inside(log) == []
    assert "fruit888" not in log


def test_a_header_can_be_garbage_too(target: Target) -> None:
    for token in ("x" * 4000, "a.b.c", "ey" + "J" * 3000 + ".e30.e30", "%00", "Bearer", ".." * 1000):
        for rpc in RPCS:
            error = rpc.error(target.services.channels[rpc.service], [b""], token)
            assert error is not None
            assert failure(error).reason == "UNAUTHENTICATED"
    target.check_whole()
