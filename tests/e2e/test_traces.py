"""Traces through the three services, as a collector gets them, and the log lines that belong to them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.rule.v1.rule_pb2 import ACTION_KIND_WARN
from groupguard.rule.v1.rule_service_pb2 import ListRulesRequest
from groupguard_client import Addresses, GroupGuard, text_message
from service_kit.embedded import EmbeddedStore
from service_kit.suite import StoreUrls, Suite
from support.collector import Collector, collecting
from support.corp import CHAT, CUSTOMER, Corp
from support.processes import wait_until
from support.services import ROOT, running
from support.valkey import LOOPBACK, free_ports

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
_COMMON = frozenset({"timestamp", "level", "service", "event"})
CHECK = "groupguard.filter.v1.FilterService/CheckMessage"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Takes what the services of this module send."""
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where they log."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def traced(suite: Suite, suite_store: EmbeddedStore, collector: Collector, logs: Path) -> Iterator[Addresses]:
    """Three more services on the suite's store, that trace what callers want traced, and nothing else."""
    environment = {
        "GROUPGUARD_DRAIN_SECONDS": "0",
        "GROUPGUARD_OTLP_ENDPOINT": collector.endpoint,
        "GROUPGUARD_TRACE_SAMPLE": "0",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    stores = StoreUrls(suite_store.durable_url, suite_store.ephemeral_url)
    with Suite(stores, environment=environment, log_folder=logs) as traced:
        yield Addresses(**{name: f"{LOOPBACK}:{it.port}" for name, it in traced.services.items()})


def documented(table: str) -> frozenset[str]:
    """The names of a table of docs/traces.md: all that is written as code, but for the last column."""
    page = (ROOT / "docs/traces.md").read_text("utf-8")
    rows = page.partition(f"<!-- {table}: ")[2].partition("<!-- end of ")[0].splitlines()[3:]
    return frozenset(name for row in rows for name in re.findall(r"`([^`]+)`", row.rsplit(" | ", 1)[0])) - {
        "store"
    }


def within(trace: str, sampled: bool = True) -> tuple[tuple[str, str]]:
    """The metadata of a call that is part of a trace."""
    return (("traceparent", f"00-{trace}-{CALLER}-0{int(sampled)}"),)


def test_a_check_is_one_trace_through_all_three_services(
    traced: Addresses, collector: Collector, logs: Path, corp: Corp
) -> None:
    """From the caller's span down to the scripts of the stores; the log's lines name the trace."""
    corp.rule("微商", kind=ACTION_KIND_WARN)
    corp.blacklist(CUSTOMER)
    with GroupGuard(traced, headers=lambda: within(TRACE)) as gg:
        Corp.judge(Corp(gg, corp.id), text_message(CHAT, CUSTOMER, "微商加我", message_id="m1"))

    lookup = "groupguard.blacklist.v1.BlacklistService/CheckCustomers"
    fetch = "groupguard.rule.v1.RuleService/FetchRules"
    below = {lookup, "store find_entries", "store count", fetch}
    wait_until(lambda: {it.name for it in collector.of(TRACE)} >= {CHECK, *below}, 10)
    spans = {span.id: span for span in collector.of(TRACE)}
    [check] = [span for span in spans.values() if span.name == CHECK]
    assert check.parent == CALLER
    assert check.attributes["rpc.method"] == "CheckMessage"
    assert check.attributes["rpc.response.status_code"] == "OK"

    def path(name: str) -> list[str]:
        """The services and names from the top down to a span."""
        [found, *_] = [span for span in spans.values() if span.name == name and span.parent in spans]
        names = [name]
        while (above := spans.get(found.parent)) is not None:
            found = above
            names.insert(0, found.name)
        return names

    assert path(lookup) == [CHECK, lookup]
    assert path("store find_entries") == [CHECK, lookup, "store find_entries"]
    assert path("store count") == [CHECK, "store count"]
    assert path(fetch) == [CHECK, fetch]
    lines = [json.loads(line) for line in (logs / "filter.log").read_text("utf-8").splitlines()]
    told = [line for line in lines if line.get("trace_id") == TRACE and line["event"] == "call"]
    assert {line["span_id"] for line in told} >= {check.id}
    assert {frozenset(line) for line in told} == {_COMMON | documented("fields of a call")}
    sent = {attribute for span in spans.values() for attribute in span.attributes}
    assert sent == documented("spans") - {"store count", CHECK}
    assert not [it for it in spans.values() if it.failed]


def test_no_span_tells_of_a_customer_or_a_text(traced: Addresses, collector: Collector, corp: Corp) -> None:
    trace = "1" * 32
    with GroupGuard(traced, headers=lambda: within(trace)) as gg:
        Corp(gg, corp.id).say("天机不可泄露")
    wait_until(lambda: any(it.name == CHECK for it in collector.of(trace)), 10)
    for span in collector.of(trace):
        for secret in ("天机", CUSTOMER, corp.id):
            assert secret not in f"{span.name} {span.attributes}"


def test_what_callers_do_not_want_traced_is_not(traced: Addresses, collector: Collector, corp: Corp) -> None:
    """Nor is a call whose caller says nothing, where the share is 0; a later trace shows that all were sent."""
    unwanted, wanted = "2" * 32, "3" * 32
    request = CheckMessageRequest(corp_id=corp.id, message=text_message(CHAT, CUSTOMER, "你好"))
    with GroupGuard(traced) as gg:
        gg.filter.CheckMessage(request)
        gg.filter.CheckMessage(request, metadata=within(unwanted, sampled=False))
        gg.filter.CheckMessage(request, metadata=within(wanted))
    wait_until(lambda: any(it.name == CHECK for it in collector.of(wanted)), 10)
    assert not collector.of(unwanted)
    assert {it.trace for it in collector.spans if it.name == CHECK and not it.parent} == set()


def test_a_call_that_fails_is_marked_where_it_is_the_servers_fault(
    traced: Addresses, collector: Collector
) -> None:
    """A caller's mistake has its code, and is no failure."""
    trace = "4" * 32
    with GroupGuard(traced) as gg, pytest.raises(grpc.RpcError):
        gg.rules.ListRules(ListRulesRequest(), metadata=within(trace))
    wait_until(lambda: bool(collector.of(trace)), 10)
    [span] = collector.of(trace)
    assert (span.attributes["rpc.response.status_code"], span.failed) == ("INVALID_ARGUMENT", False)


def test_a_collector_that_is_away_holds_up_nothing(
    suite: Suite, suite_store: EmbeddedStore, logs: Path
) -> None:
    """Neither calls nor the end; spans are lost, and the log says so in its own form."""
    [port] = free_ports(1)
    environment = {
        "GROUPGUARD_DURABLE_URL": suite_store.durable_url,
        "GROUPGUARD_DRAIN_SECONDS": "0",
        "GROUPGUARD_OTLP_ENDPOINT": f"http://{LOOPBACK}:{port}",
        "GROUPGUARD_TRACE_SAMPLE": "1",
    }
    with running("rule_service", environment) as service:
        with GroupGuard(Addresses(rule=service.target)) as gg:
            gg.rules.ListRules(ListRulesRequest(corp_id="ww1"))
        service.terminate()
        assert service.wait(10) == 0
        lines = [json.loads(line) for line in service.log.splitlines()]
    assert "stopped" in {line["event"] for line in lines}
    assert next(line for line in lines if line["event"] == "call")["trace_id"]
