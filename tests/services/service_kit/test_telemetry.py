"""The port that Prometheus scrapes, and what is counted for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from service_kit.settings import SettingsError
from service_kit.telemetry import CallTally, bind, counter, gauge, open_endpoint, port_of, registry_of
from support.valkey import LOOPBACK


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """An endpoint that tells two figures."""
    figures = [
        counter("things_total", "Things", lambda: {"red": 2, "blue": 3}, "colour"),
        gauge("heat", "Heat", lambda: 36.6),
    ]
    bound = bind(f"{LOOPBACK}:0")
    endpoint = await open_endpoint(bound, registry_of(figures, CallTally()))
    yield port_of(bound)
    endpoint.close()


async def asked(port: int, head: bytes) -> bytes:
    """What the endpoint answers to a request."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(head)
    answer = await reader.read()
    writer.close()
    return answer


async def test_metrics_are_told_as_text(port: int) -> None:
    answer = await asked(port, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain")
    assert f"Content-Length: {len(body)}".encode() in head
    told = {
        (it.name, *it.labels.values()): it.value
        for family in text_string_to_metric_families(body.decode())
        for it in family.samples
    }
    assert (told["things_total", "red"], told["things_total", "blue"], told["heat",]) == (2, 3, 36.6)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /metrics?debug=1 HTTP/1.1", b"200"),
        (b"GET / HTTP/1.1", b"404"),
        (b"GET /metricsx HTTP/1.1", b"404"),
        (b"POST /metrics HTTP/1.1", b"405"),
        (b"nonsense", b"404"),
        (b"", b"404"),
    ],
)
async def test_nothing_else_is_answered(port: int, request_line: bytes, status: bytes) -> None:
    assert (await asked(port, request_line + b"\r\n\r\n")).split(b" ")[1] == status


async def test_a_request_without_end_is_cut_off_and_the_next_one_answered(port: int) -> None:
    assert await asked(port, b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 10_000) == b""
    assert b"200 OK" in await asked(port, b"GET /metrics HTTP/1.1\r\n\r\n")


async def test_a_taken_port_is_told(port: int) -> None:
    with pytest.raises(SettingsError, match=f"GROUPGUARD_METRICS_LISTEN: can't listen on {LOOPBACK}:{port}"):
        bind(f"{LOOPBACK}:{port}")


@given(taken=st.lists(st.floats(0, 100, allow_nan=False), max_size=50))
@settings(deadline=None)
def test_a_call_counts_in_every_bucket_that_it_does_not_pass(taken: list[float]) -> None:
    tally = CallTally()
    for seconds in taken:
        tally.note("/a.B/C", "OK", seconds)
    _, times = tally.collect()
    for sample in times.samples:
        if sample.name.endswith("_bucket"):
            assert sample.value == sum(1 for it in taken if it <= float(sample.labels["le"]))


def test_calls_without_a_time_are_counted_by_method_and_code() -> None:
    tally = CallTally()
    for code in ("OK", "OK", "CANCELLED"):
        tally.note("/a.B/Watch", code, None)
    ended, times = tally.collect()
    assert [(it.labels, it.value) for it in ended.samples] == [
        ({"method": "a.B/Watch", "code": "OK"}, 2),
        ({"method": "a.B/Watch", "code": "CANCELLED"}, 1),
    ]
    assert not times.samples
