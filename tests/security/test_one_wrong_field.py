"""Requests that are taken, with one field changed at a time: every field of every method, at any depth.

So it gets further in than requests that are wrong all over.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.json_format import ParseDict

from groupguard.filter.v1.verdict_pb2 import Decision
from groupguard_client import GroupGuard, failure
from support.answers import assert_documented, what_went_wrong_inside
from support.mutants import mutants
from support.real_requests import Ground
from support.secured import ROOT, RPCS, Rpc, Secured

ITEMS = ("messages[1]", "items[1]")
_PATIENCE, _GLANCE = 20.0, 0.05
"""Seconds that a call may take, and that one without end is looked at."""


class Method:
    """A method that is called with requests, of which one counts."""

    def __init__(self, rpc: Rpc, channel: grpc.Channel) -> None:
        self._rpc = rpc
        self._channel = channel
        self.request: Any = message_factory.GetMessageClass(rpc.descriptor.input_type)
        self._answer: Any = message_factory.GetMessageClass(rpc.descriptor.output_type)

    def call(self, request: Any) -> tuple[list[Any], grpc.RpcError | None]:
        """Returns all that is answered, of a method without end what comes at once, and how it failed."""
        seconds = _GLANCE if self._rpc.is_endless else _PATIENCE
        found = []
        try:
            call = self._rpc.call(self._channel, [request.SerializeToString()], ROOT, seconds)
            for answer in call if self._rpc.descriptor.server_streaming else [call]:
                found.append(self._answer.FromString(answer))
        except grpc.RpcError as error:
            if not self._rpc.is_endless or failure(error).code != "DEADLINE_EXCEEDED":
                return found, error
        return found, None


ITEM_METHODS: dict[str, Callable[[Any], set[int]]] = {
    "BatchCheckMessages": lambda it: _refused(it.results),
    "StreamCheckMessages": lambda it: _refused(it.results.results),
    "Backtest": lambda it: {1} if it.invalid_count == 1 else set(range(it.invalid_count)),
    "ImportEntries": lambda it: {refusal.index for refusal in it.refusals} | set(range(it.next_index, 3)),
}
"""Of methods with three items that are refused one by one: tells which were not taken."""


def _refused(results: Any) -> set[int]:
    return {place for place in range(3) if not results[place].HasField("verdict")}


def renewed(mutant: Any, real: Any) -> Any:
    """Returns the mutant with ids of its own, where it has the real request's: else it would be known already."""
    for name in {"request_id", "import_id"} & set(real.DESCRIPTOR.fields_by_name):
        if getattr(mutant, name) == getattr(real, name):
            setattr(mutant, name, str(uuid.uuid4()))
    return mutant


@pytest.mark.parametrize(
    "rpc", [it for it in RPCS if it.descriptor.input_type.fields], ids=lambda rpc: rpc.name
)
def test_every_field_in_turn(services: Secured, gg: GroupGuard, rpc: Rpc) -> None:
    """The real request is taken; a mutant is, too, or is refused as documented; afterwards the corp is judged as before."""
    ground = Ground(gg)
    method = Method(rpc, services.channels[rpc.service])
    real = ParseDict(ground.request(rpc.service, rpc.name), method.request())
    refused = ITEM_METHODS.get(rpc.name)
    answers, refusal = method.call(real)
    assert refusal is None
    assert refused is None or not refused(answers[0])
    for path, mutant in mutants(real):
        answers, refusal = method.call(renewed(mutant, real))
        if refusal is not None:
            assert_documented(refusal, path)
        if refused is not None and path.startswith(ITEMS):
            assert refusal is None, path
            assert refused(answers[0]) <= {1}, (path, answers)
    assert services.suite.ensure_running() == []
    assert ground.corp.say("加微信", by="wmOther").decision == Decision.DECISION_WARN
    assert what_went_wrong_inside(services.log) == []
