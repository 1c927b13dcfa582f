"""With a replica of the durable store that has to have every write: a promoted one knows all that was acknowledged."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
import pytest
import redis

from groupguard.blacklist.v1 import blacklist_service_pb2 as pb
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE
from groupguard.rule.v1.rule_service_pb2 import CreateRuleRequest, ListRulesRequest
from groupguard_client import Addresses, GroupGuard, failure, keyword_rule
from service_kit.embedded import ValkeyServer
from support.processes import wait_until
from support.services import running
from support.valkey import LOOPBACK, free_ports, tcp_server

ENTERPRISE = pb.List(kind=BLACKLIST_KIND_ENTERPRISE)


@dataclass
class Pair:
    """A primary and its replica."""

    ports: list[int]
    primary: ValkeyServer
    replica: ValkeyServer

    def client(self, number: int) -> redis.Redis:
        return redis.Redis(LOOPBACK, self.ports[number])


@pytest.fixture
def pair() -> Iterator[Pair]:
    ports = free_ports(2)
    quick = (("repl-diskless-sync-delay", "0"), ("appendonly", "yes"))
    with (
        tcp_server(ports[0], quick) as primary,
        tcp_server(ports[1], (*quick, ("replicaof", f"{LOOPBACK} {ports[0]}"))) as replica,
    ):
        pair = Pair(ports, primary, replica)
        with pair.client(1) as client:
            assert wait_until(lambda: client.info("replication")["master_link_status"] == "up", 20)
        yield pair


def add(gg: GroupGuard, *ids: str, request_id: str = "") -> pb.AddEntriesResponse:
    request = pb.AddEntriesRequest(
        corp_id="ww1", list=ENTERPRISE, external_userids=ids, request_id=request_id
    )
    return gg.blacklist.AddEntries(request)


def known(gg: GroupGuard, ids: list[str]) -> set[str]:
    queries = [pb.CheckCustomersRequest.Query(external_userid=id) for id in ids]
    answer = gg.blacklist.CheckCustomers(pb.CheckCustomersRequest(corp_id="ww1", queries=queries))
    return {entry.external_userid for result in answer.results for entry in result.entries}


def test_a_promoted_replica_knows_every_acknowledged_write(pair: Pair) -> None:
    """Pitfall 21: entries of additions and of imports, rules, and the filter with its tail."""
    settings = [
        {"GROUPGUARD_DURABLE_URL": f"redis://{LOOPBACK}:{port}", "GROUPGUARD_DURABLE_REPLICAS": replicas}
        for port, replicas in zip(pair.ports, ("1", "0"), strict=True)
    ]
    ids = [f"wm{number}" for number in range(300)]
    with serving(settings[0]) as gg:
        for start in range(0, 100, 5):
            add(gg, *ids[start : start + 5])
        items = [pb.ImportEntriesRequest.Item(external_userid=id) for id in ids[100:]]
        sent = pb.ImportEntriesRequest(corp_id="ww1", import_id="i1", list=ENTERPRISE, items=items)
        [account] = gg.blacklist.ImportEntries(iter([sent]))
        rule = keyword_rule("No ads", ["加微信"], kick=True)
        created = gg.rules.CreateRule(CreateRuleRequest(corp_id="ww1", rule=rule))
        assert pair.primary.pid is not None
        os.kill(pair.primary.pid, signal.SIGKILL)
        with pair.client(1) as client:
            client.execute_command("REPLICAOF", "NO", "ONE")
    with serving(settings[1]) as gg:
        assert known(gg, ids) == set(ids)
        state = gg.blacklist.GetBlacklist(pb.GetBlacklistRequest(corp_id="ww1", list=ENTERPRISE))
        assert (state.count, state.blacklist_revision) == (300, account.blacklist_revision)
        rules = gg.rules.ListRules(ListRulesRequest(corp_id="ww1")).rules
        assert [it.rule_id for it in rules] == [created.rule.rule_id]


@contextmanager
def serving(settings: Mapping[str, str]) -> Iterator[GroupGuard]:
    """BlacklistService and RuleService as processes; yields a client."""
    with (
        running("blacklist_service", settings) as blacklist,
        running("rule_service", settings) as rule,
        GroupGuard(Addresses(rule=rule.target, blacklist=blacklist.target)) as gg,
    ):
        yield gg


def test_a_write_that_no_replica_has_is_not_acknowledged(pair: Pair) -> None:
    """UNAVAILABLE, to be repeated with the same request_id: once a replica is back it is answered, and happened once."""
    id = "5f0c7a1e-3d52-4a3c-9a57-0c1f6d6e2b11"
    settings = {
        "GROUPGUARD_DURABLE_URL": f"redis://{LOOPBACK}:{pair.ports[0]}",
        "GROUPGUARD_DURABLE_REPLICAS": "1",
    }
    with (
        running("blacklist_service", settings) as blacklist,
        GroupGuard(Addresses(blacklist=blacklist.target), attempts=2) as gg,
        pair.client(1) as replica,
    ):
        add(gg, "wm1")
        replica.execute_command("REPLICAOF", "NO", "ONE")
        for _ in range(2):
            with pytest.raises(grpc.RpcError) as refused:
                add(gg, "wm2", request_id=id)
            failed = failure(refused.value)
            assert (failed.code, failed.reason) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
            assert "0 of 1 replicas" in failed.message
        replica.execute_command("REPLICAOF", LOOPBACK, pair.ports[0])
        assert wait_until(lambda: replica.info("replication")["master_link_status"] == "up", 20)
        answer = add(gg, "wm2", request_id=id)
        assert (list(answer.outcomes), answer.count) == ([pb.AddEntriesResponse.OUTCOME_ADDED], 2)
