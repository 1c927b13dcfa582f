"""Two replicas of RuleService under concurrent writes do what one did that took the writes one by one."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, ClassVar

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from groupguard.rule.v1 import history_pb2, rule_pb2
from groupguard_client import AsyncGroupGuard
from rule_service.domain import limits
from rule_service.redis_store import RedisRuleStore
from service_kit.redis_client import connect
from service_kit.revision import Revision
from support.explaining import explanations
from support.follower import Follower
from support.rule_calls import Answer, Call, told_settings
from support.rule_model import Limits, Model, ModelChange
from support.rule_operations import FURNITURE, KEPT_CHANGES, Operation, batches
from support.rules import client_of, rule_service

LIMITS = Limits(
    rules_per_owner=2, groups_per_rule=3, exempt_customers_per_owner=2, revisions_per_rule=KEPT_CHANGES
)
"""So small that a few writes reach them."""


class Replicas(RuleBasedStateMachine):
    """Batches of concurrent calls, each to one of two replicas that share a store."""

    run: ClassVar[Callable[[Any], Any]]
    stores: ClassVar[list[RedisRuleStore]]
    clients: ClassVar[list[AsyncGroupGuard]]

    @initialize()
    def begin(self) -> None:
        """Begins with a corp of its own."""
        self.corp_id = f"ww{uuid.uuid4().hex[:16]}"
        self.model = Model(LIMITS)
        self.follower = Follower(self.corp_id)
        self.sent: list[tuple[Call, Answer]] = []
        self._call_at_once(FURNITURE)

    # A single rule, since Hypothesis leaves rules out at random: without writes a run would show nothing.
    @rule(batch=batches, again=st.none() | st.integers(0, 1000))
    def write(self, batch: list[Operation], again: int | None) -> None:
        """Makes some calls concurrently, and an earlier one again."""
        self._call_at_once(batch)
        if again is not None:
            self._repeat(again)

    def _call_at_once(self, batch: Sequence[Operation]) -> None:
        """Makes some calls; then a follower of either replica has what the model has."""
        calls = [call for it in batch if (call := Call(it, self.corp_id, self.model)).is_possible]
        done = list(zip(calls, type(self).run(self._send(calls)), strict=True))
        models = explanations(self.model, done)
        if len(models) > 1:  # calls that ask for the same: histories tell which of them did it
            histories = self._histories(models[0])
            models = [model for model in models if kept_histories(model) == histories]
            assert models, f"no order of {done} leads to {histories}"
        self.model = models[0]
        self.sent += done
        self._compare(self.follower)

    async def _send(self, calls: Sequence[Call]) -> list[Answer]:
        clients = [self.clients[index % 2] for index in range(len(calls))]
        return await asyncio.gather(*map(Call.send, calls, clients))

    def _repeat(self, place: int) -> None:
        """A call that went well, sent again with its request_id: the same answer, and nothing happens."""
        if done := [pair for pair in self.sent if not pair[1].refusal]:
            call, answer = done[place % len(done)]
            assert type(self).run(call.send(self.clients[place % 2])) == answer
            self._compare(self.follower)

    def teardown(self) -> None:
        """A follower that begins now has the same, and histories tell all that happened."""
        if hasattr(self, "follower"):
            self._compare(Follower(self.corp_id))
            assert self._histories(self.model) == kept_histories(self.model)

    def _compare(self, follower: Follower) -> None:
        model = self.model
        type(self).run(follower.follow(self.stores[model.revision % 2]))
        assert Revision.parse(follower.since).number == model.revision
        rules, groups, bound = follower.state()
        assert rules == {id: (it.name, it.revision) for id, it in model.rules.items()}
        assert groups == {id: (model.ordinals[id], it.owner) for id, it in model.groups.items()}
        strategies = {id: frozenset(it.strategy_ids) for id, it in follower.groups.items()}
        assert strategies == {id: it.strategies for id, it in model.groups.items()}
        ordinals = {id: {model.ordinals[chat] for chat in model.groups_of(id)} for id in model.rules}
        assert bound == {id: bits for id, bits in ordinals.items() if bits}
        exempt, settings = follower.decisions()
        assert exempt == model.exempt
        now = model.settings
        wanted = (now.share_exemptions, now.limits, now.revision) if now.revision else None
        assert (told_settings(settings) if settings else None) == wanted

    def _histories(self, model: Model) -> dict[str, list[ModelChange]]:
        histories: dict[str, list[ModelChange]] = type(self).run(self._read_histories(list(model.histories)))
        return histories

    async def _read_histories(self, rule_ids: Sequence[str]) -> dict[str, list[ModelChange]]:
        asked = [history_pb2.ListRuleRevisionsRequest(corp_id=self.corp_id, rule_id=id) for id in rule_ids]
        pages = await asyncio.gather(*(self.clients[0].rules.ListRuleRevisions(it) for it in asked))
        return {id: list(map(told, page.revisions)) for id, page in zip(rule_ids, pages, strict=True)}


def kept_histories(model: Model) -> dict[str, list[ModelChange]]:
    """Returns what histories must tell."""
    return {rule_id: model.kept_history(rule_id) for rule_id in model.histories}


def told(change: history_pb2.RuleRevision) -> ModelChange:
    """Returns what the model knows of a change."""

    def state(of: rule_pb2.Rule) -> tuple[str, int] | None:
        return (of.display_name, of.revision) if of.rule_id else None

    kind = history_pb2.RuleRevision.Kind.Name(change.kind).removeprefix("KIND_").lower()
    return ModelChange(change.revision, kind, change.reason, state(change.before), state(change.after))


@pytest.fixture
def replicas(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Replicas]]:
    """The machine, with two replicas running."""
    for name in LIMITS.__dataclass_fields__:
        monkeypatch.setattr(limits, name.upper(), getattr(LIMITS, name))
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def start() -> tuple[list[RedisRuleStore], list[AsyncGroupGuard]]:
            stores, clients = [], []
            for _ in range(2):
                redis = connect(store_url)
                stack.push_async_callback(redis.aclose)
                stores.append(RedisRuleStore(redis))
                target = await stack.enter_async_context(rule_service(stores[-1]))
                clients.append(await stack.enter_async_context(client_of(target)))
            return stores, clients

        stores, clients = runner.run(start())
        yield type("Replicas", (Replicas,), {"run": runner.run, "stores": stores, "clients": clients})
        runner.run(stack.aclose())


def test_two_replicas_agree_with_a_sequential_model(replicas: type[Replicas]) -> None:
    """Every kind of write, some at once, at small limits; GROUPGUARD_TEST_EXAMPLES runs more."""
    run_state_machine_as_test(
        replicas,
        settings=hypothesis.settings(
            max_examples=int(os.environ.get("GROUPGUARD_TEST_EXAMPLES", "15")),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
