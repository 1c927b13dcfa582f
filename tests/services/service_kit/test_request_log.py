"""Logs tell what happened, and nothing of what was said in a message."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from service_kit.request_log import configure_logging, log


@pytest.fixture(autouse=True)
def unconfigured() -> Iterator[None]:
    yield
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def fail(message_text: str) -> None:
    log().debug("judging")
    raise RuntimeError("the cause")


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_traceback_shows_places_and_no_variables(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A frame's variables hold message texts, customers' ids and passwords."""
    configure_logging("info", "rule", form)
    written_by_a_customer = "what a customer wrote"
    try:
        fail(written_by_a_customer)
    except RuntimeError as error:
        log().error("call", exc_info=error)
    written = capsys.readouterr().err
    assert "the cause" in written
    assert "fail" in written
    assert "what a customer wrote" not in written


def test_a_line_is_json_with_level_time_and_service(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "rule")
    log().debug("too little to tell")
    log().info("ready", port=1, name="群")
    streams = capsys.readouterr()
    assert streams.out == ""
    [line] = streams.err.splitlines()
    told = json.loads(line)
    assert told.pop("timestamp").endswith("Z")
    assert told == {"event": "ready", "level": "info", "service": "rule", "port": 1, "name": "群"}
    assert "群" in line
