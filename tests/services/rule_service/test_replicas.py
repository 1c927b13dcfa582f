"""Two replicas of RuleService under concurrent writes do what one did that took the writes one by one."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import grpc
import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from groupguard.rule.v1 import group_pb2, rule_pb2
from groupguard.rule.v1 import group_registry_pb2 as registry_pb
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import AsyncGroupGuard, failure
from rule_service.redis_store import RedisRuleStore
from service_kit.redis_client import connect
from service_kit.revision import Revision
from support.follower import Follower
from support.rule_model import Model, ModelGroup, Pool, Refused
from support.rules import asked, client_of, member, rule_service, strategy

POOLS: list[Pool] = [("super_admin", ""), ("strategy", "s1"), ("member", "zhang"), ("member", "li")]
CHATS = [f"wr{number}" for number in range(7)]
RULES_PER_OWNER = 3
GROUPS_PER_RULE = 4
"""Limits so small that a few writes reach them."""
MOST_RULES = 12
"""Rules that operations choose among, the newest."""


@dataclass(frozen=True)
class Answer:
    """What a call brought: what the model must return, and the revision; or why it was refused."""

    result: Any = None
    revision: int = -1
    refusal: str = ""


@dataclass(frozen=True)
class Operation:
    """A call as drawn: ids of rules are places among the rules known when its batch begins."""

    kind: str
    pool: Pool = POOLS[0]
    name: str = ""
    rules: tuple[int, ...] = ()
    chats: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    owner: str = ""
    strategies: tuple[str, ...] = ()
    with_etag: bool = False


names = st.sampled_from(["one", "two", "three"])
places = st.integers(0, MOST_RULES - 1)
rule_places = st.lists(places, min_size=1, max_size=3, unique=True).map(tuple)
chat_ids = st.lists(st.sampled_from(CHATS), min_size=1, max_size=5, unique=True).map(tuple)
operations = st.one_of(
    st.builds(Operation, st.just("create"), pool=st.sampled_from(POOLS), name=names),
    st.builds(Operation, st.just("update"), rules=st.tuples(places), name=names, with_etag=st.booleans()),
    st.builds(Operation, st.just("delete"), rules=st.tuples(places), with_etag=st.booleans()),
    st.builds(
        Operation,
        st.sampled_from(["bind", "bind", "bind", "unbind", "swap"]),
        rules=rule_places,
        chats=chat_ids,
        others=chat_ids,
    ),
    st.builds(
        Operation, st.just("set_group_rules"), rules=rule_places, chats=st.tuples(st.sampled_from(CHATS))
    ),
    st.builds(
        Operation,
        st.just("upsert"),
        chats=chat_ids,
        owner=st.sampled_from(["zhang", "li"]),
        strategies=st.sampled_from([(), ("s1",)]),
    ),
    st.builds(Operation, st.just("dismiss"), chats=chat_ids),
)


class Call:
    """An operation on rules that are there: how to make the call, and what the model says of it."""

    def __init__(self, operation: Operation, corp_id: str, known: Sequence[tuple[str, str]]) -> None:
        self.operation = operation
        self.corp_id = corp_id
        self.request_id = str(uuid.uuid4())
        chosen = [known[place % len(known)] for place in operation.rules] if known else []
        self.rule_ids = list(dict.fromkeys(rule_id for rule_id, _ in chosen))
        self.etag = chosen[0][1] if chosen and operation.with_etag else ""
        self.others = [chat_id for chat_id in operation.others if chat_id not in operation.chats]
        self.created = ""

    @property
    def is_possible(self) -> bool:
        """Whether there are the rules that it needs."""
        return bool(self.rule_ids) or not self.operation.rules

    async def send(self, client: AsyncGroupGuard) -> Answer:
        """Makes the call."""
        try:
            result, token = await getattr(self, f"_send_{self.operation.kind}")(client)
        except grpc.RpcError as error:
            return Answer(refusal=failure(error).reason)
        return Answer(result, Revision.parse(token).number)

    def apply(self, model: Model) -> Any:
        """Does to a model what the call shall do; returns what it shall answer."""
        operation = self.operation
        match operation.kind:
            case "create":
                return model.create(self.created, operation.pool, operation.name)
            case "update":
                return model.update(self.rule_ids[0], operation.name, self.etag)
            case "delete":
                return model.delete(self.rule_ids[0], self.etag)
            case "bind":
                return model.configure(self.rule_ids, operation.chats, ())
            case "unbind":
                return model.configure(self.rule_ids, (), operation.chats)
            case "swap":
                return model.configure(self.rule_ids, operation.chats, self.others)
            case "set_group_rules":
                return model.set_group_rules(operation.chats[0], self.rule_ids)
            case "upsert":
                group = ModelGroup(operation.owner, frozenset(operation.strategies))
                return model.upsert({chat_id: replace(group) for chat_id in operation.chats})
            case "dismiss":
                return model.dismiss(operation.chats)
        raise AssertionError(operation.kind)

    async def _send_create(self, client: AsyncGroupGuard) -> tuple[None, str]:
        kind, id = self.operation.pool
        owner = {"strategy": strategy, "member": member}.get(kind)
        wanted = asked(display_name=self.operation.name)
        if owner is not None:
            wanted.owner.CopyFrom(owner(id))
        request = pb.CreateRuleRequest(corp_id=self.corp_id, rule=wanted, request_id=self.request_id)
        done = await client.rules.CreateRule(request)
        self.created = done.rule.rule_id
        return None, done.rules_revision

    async def _send_update(self, client: AsyncGroupGuard) -> tuple[None, str]:
        wanted = rule_pb2.Rule(rule_id=self.rule_ids[0], display_name=self.operation.name, etag=self.etag)
        request = pb.UpdateRuleRequest(corp_id=self.corp_id, rule=wanted, request_id=self.request_id)
        return None, (await client.rules.UpdateRule(request)).rules_revision

    async def _send_delete(self, client: AsyncGroupGuard) -> tuple[None, str]:
        request = pb.DeleteRuleRequest(
            corp_id=self.corp_id, rule_id=self.rule_ids[0], etag=self.etag, request_id=self.request_id
        )
        return None, (await client.rules.DeleteRule(request)).rules_revision

    async def _send_bind(
        self,
        client: AsyncGroupGuard,
        operation: pb.ConfigureGroupsRequest.Operation.ValueType = pb.ConfigureGroupsRequest.OPERATION_BIND,
        unbind: Sequence[str] = (),
    ) -> tuple[list[tuple[int, int]], str]:
        request = pb.ConfigureGroupsRequest(
            corp_id=self.corp_id,
            operation=operation,
            rule_ids=self.rule_ids,
            chat_ids=self.operation.chats,
            unbind_chat_ids=unbind,
            request_id=self.request_id,
        )
        done = await client.rules.ConfigureGroups(request)
        return [(it.groups_before, it.groups_after) for it in done.results], done.rules_revision

    async def _send_unbind(self, client: AsyncGroupGuard) -> tuple[list[tuple[int, int]], str]:
        return await self._send_bind(client, pb.ConfigureGroupsRequest.OPERATION_UNBIND)

    async def _send_swap(self, client: AsyncGroupGuard) -> tuple[list[tuple[int, int]], str]:
        return await self._send_bind(client, unbind=self.others)

    async def _send_set_group_rules(self, client: AsyncGroupGuard) -> tuple[tuple[list[str], list[str]], str]:
        request = pb.SetGroupRulesRequest(
            corp_id=self.corp_id,
            chat_id=self.operation.chats[0],
            rule_ids=self.rule_ids,
            request_id=self.request_id,
        )
        done = await client.rules.SetGroupRules(request)
        return (list(done.bound_rule_ids), list(done.unbound_rule_ids)), done.rules_revision

    async def _send_upsert(self, client: AsyncGroupGuard) -> tuple[tuple[int, int], str]:
        groups = [
            group_pb2.Group(
                chat_id=chat_id,
                owner_userid=self.operation.owner,
                strategy_ids=self.operation.strategies,
            )
            for chat_id in self.operation.chats
        ]
        request = pb.UpsertGroupsRequest(corp_id=self.corp_id, groups=groups, request_id=self.request_id)
        done = await client.rules.UpsertGroups(request)
        return (done.created_count, done.released_binding_count), done.rules_revision

    async def _send_dismiss(self, client: AsyncGroupGuard) -> tuple[tuple[int, int], str]:
        request = registry_pb.DismissGroupsRequest(
            corp_id=self.corp_id, chat_ids=self.operation.chats, request_id=self.request_id
        )
        done = await client.rules.DismissGroups(request)
        return (done.dismissed_count, done.released_binding_count), done.rules_revision


def explain(model: Model, calls: Sequence[tuple[Call, Answer]]) -> Model:
    """Returns the model after some concurrent calls, which must be what some order of them leads to.

    The revisions that they answered give the order. A call that changed nothing belongs to the state it names; a refusal to any
    state that there was meanwhile.

    Raises:
        AssertionError: no order explains the answers.
    """
    states = [model]
    open_ = [(call, answer) for call, answer in calls if not answer.refusal]
    assert all(answer.revision >= model.revision for _, answer in open_), "an answer from before the call"
    while True:
        model = states[-1]
        now = [pair for pair in open_ if pair[1].revision == model.revision]
        assert all(keeps(model, *pair) for pair in now), f"at {model.revision}: {now}"
        open_ = [pair for pair in open_ if pair not in now]
        if not open_:
            break
        candidates = [pair for pair in open_ if pair[1].revision == model.revision + 1]
        movers = [(pair, after) for pair in candidates if (after := moved(model, *pair)) is not None]
        chosen = [
            (pair, after)
            for pair, after in movers
            if all(keeps(after, *other) for other in candidates if other is not pair)
        ]
        assert chosen, f"nothing explains revision {model.revision + 1}: {candidates}"
        states.append(chosen[0][1])
        open_.remove(chosen[0][0])
    for call, answer in calls:
        if answer.refusal:
            reasons = frozenset().union(*(refusals(state, call) for state in states))
            assert answer.refusal in reasons, f"{call.operation}: {answer.refusal}, not one of {set(reasons)}"
    return states[-1]


def moved(model: Model, call: Call, answer: Answer) -> Model | None:
    """Returns the model after a call; None if it changes nothing, or answers something else."""
    after = model.copy()
    try:
        result = call.apply(after)
    except Refused:
        return None
    if result != answer.result or after.state == model.state:
        return None
    after.revision += 1
    return after


def keeps(model: Model, call: Call, answer: Answer) -> bool:
    """Whether a call changes nothing in the model and answers what it did."""
    after = model.copy()
    try:
        return call.apply(after) == answer.result and after.state == model.state
    except Refused:
        return False


def refusals(model: Model, call: Call) -> frozenset[str]:
    """Returns the reasons for which a model refuses a call."""
    try:
        call.apply(model.copy())
    except Refused as refused:
        return refused.reasons
    return frozenset()


class Replicas(RuleBasedStateMachine):
    """Batches of concurrent calls, each to one of two replicas that share a store."""

    run: ClassVar[Callable[[Any], Any]]
    stores: ClassVar[list[RedisRuleStore]]
    clients: ClassVar[list[AsyncGroupGuard]]

    @initialize()
    def begin(self) -> None:
        """Begins with a corp of its own."""
        self.corp_id = f"ww{uuid.uuid4().hex[:16]}"
        self.model = Model(RULES_PER_OWNER, GROUPS_PER_RULE)
        self.follower = Follower(self.corp_id)
        self.sent: list[tuple[Call, Answer]] = []

    @rule(batch=st.lists(operations, min_size=1, max_size=6))
    def call_at_once(self, batch: list[Operation]) -> None:
        """Makes some calls concurrently; then a follower of either replica has what the model has."""
        known = [(rule_id, str(it.revision)) for rule_id, it in self.model.rules.items()]
        gone = [(rule_id, "") for rule_id in self.model.pools if rule_id not in self.model.rules]
        chosen = (known + gone)[:MOST_RULES]
        calls = [call for it in batch if (call := Call(it, self.corp_id, chosen)).is_possible]
        answers = type(self).run(self._send(calls))
        done = list(zip(calls, answers, strict=True))
        self.model = explain(self.model, done)
        self.sent += done
        self._compare(self.follower)

    async def _send(self, calls: Sequence[Call]) -> list[Answer]:
        clients = [self.clients[index % 2] for index in range(len(calls))]
        return await asyncio.gather(*map(Call.send, calls, clients))

    @rule(place=st.integers(0, 1000))
    def repeat(self, place: int) -> None:
        """A call that went well, sent again with its request_id: the same answer, and nothing happens."""
        if done := [pair for pair in self.sent if not pair[1].refusal]:
            call, answer = done[place % len(done)]
            assert type(self).run(call.send(self.clients[place % 2])) == answer
            self._compare(self.follower)

    def teardown(self) -> None:
        """A follower that begins now has the same."""
        if hasattr(self, "follower"):
            self._compare(Follower(self.corp_id))

    def _compare(self, follower: Follower) -> None:
        type(self).run(follower.follow(self.stores[self.model.revision % 2]))
        assert Revision.parse(follower.since).number == self.model.revision
        names = {id: (it.display_name, it.revision) for id, it in follower.rules.items()}
        assert names == {id: (it.name, it.revision) for id, it in self.model.rules.items()}
        owners = {id: owner for id, (_, owner) in follower.groups.items()}
        assert owners == {id: group.owner for id, group in self.model.groups.items()}
        chats = {ordinal: id for id, (ordinal, _) in follower.groups.items()}
        bound = {(id, chats[it]) for id, ordinals in follower.bound.items() for it in ordinals}
        assert bound == self.model.bound


@pytest.fixture
def replicas(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Replicas]]:
    """The machine, with two replicas running."""
    monkeypatch.setattr("rule_service.domain.limits.RULES_PER_OWNER", RULES_PER_OWNER)
    monkeypatch.setattr("rule_service.domain.limits.GROUPS_PER_RULE", GROUPS_PER_RULE)
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
    """Creates, updates, deletes, bindings, handovers and dismissals, some at once; GROUPGUARD_TEST_EXAMPLES runs more."""
    run_state_machine_as_test(
        replicas,
        settings=hypothesis.settings(
            max_examples=int(os.environ.get("GROUPGUARD_TEST_EXAMPLES", "20")),
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
