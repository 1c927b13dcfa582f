"""Commands of many parts against a server that notes what arrives and fails where it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format

from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_service_pb2 import ConfigureGroupsRequest, ConfigureGroupsResponse
from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceServicer, add_RuleServiceServicer_to_server
from groupguard.rule.v1.transfer_pb2 import (
    CorpRecord,
    ExportCorpRequest,
    ExportCorpResponse,
    ImportCorpRequest,
    ImportCorpResponse,
)
from groupguard_client import Addresses, AsyncGroupGuard
from support.commands import GROUPGUARD, Caller, in_terminal
from support.valkey import LOOPBACK

RECORDS = [CorpRecord(group=Group(chat_id=f"wr{number}", display_name="群" * 100)) for number in range(2_500)]


@dataclass
class Noting(RuleServiceServicer):
    """Answers what it is told, and notes what arrives."""

    parts: list[ImportCorpRequest] = field(default_factory=list)
    calls: list[ConfigureGroupsRequest] = field(default_factory=list)
    tokens: list[Any] = field(default_factory=list)
    failing_part: int = -1
    """Which part of an import is refused, from 0."""
    unavailable: int = 0
    """How many of the next calls of ConfigureGroups fail."""
    cut_off: bool = False
    """Whether exports end early."""
    changed: bool = False
    """Whether something is written while an export runs."""
    waiting: threading.Event = field(default_factory=threading.Event)
    """Set when a call waits for its end: ConfigureGroups of the rule `slow`."""

    def ExportCorp(
        self, request: ExportCorpRequest, context: grpc.ServicerContext
    ) -> Iterator[ExportCorpResponse]:
        for start in range(0, len(RECORDS), 400):
            yield ExportCorpResponse(records=RECORDS[start : start + 400])
        if not self.cut_off:
            yield ExportCorpResponse(rules_revision="7-a", changed_meanwhile=self.changed)

    def ImportCorp(
        self, request_iterator: Iterator[ImportCorpRequest], context: grpc.ServicerContext
    ) -> Iterator[ImportCorpResponse]:
        metadata: Any = context.invocation_metadata()
        self.tokens += [value for key, value in metadata if key == "authorization"]
        count = 0
        for number, part in enumerate(request_iterator):
            if number == self.failing_part:
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no more")
            self.parts.append(part)
            count += len(part.records)
            yield ImportCorpResponse(record_count=count, changed_count=count - 1, rules_revision="8-a")

    def ConfigureGroups(
        self, request: ConfigureGroupsRequest, context: grpc.ServicerContext
    ) -> ConfigureGroupsResponse:
        self.calls.append(request)
        if request.rule_ids[0] == "slow":
            self.waiting.set()
            threading.Event().wait(context.time_remaining())
        if self.unavailable:
            self.unavailable -= 1
            context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "too slow")
        return ConfigureGroupsResponse(
            results=[ConfigureGroupsResponse.RuleResult(rule_id=rule_id) for rule_id in request.rule_ids]
        )


@pytest.fixture
def server() -> Iterator[tuple[Noting, str]]:
    """The server and where it is."""
    noting = Noting()  # type: ignore[abstract]  # methods left out answer UNIMPLEMENTED
    server = grpc.server(futures.ThreadPoolExecutor(4))
    add_RuleServiceServicer_to_server(noting, server)
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    server.start()
    yield noting, f"{LOOPBACK}:{port}"
    server.stop(None).wait()


@pytest.fixture
def noting(server: tuple[Noting, str]) -> Noting:
    """The server."""
    return server[0]


@pytest.fixture
def call(server: tuple[Noting, str]) -> Caller:
    """Calls commands of the server, with a token."""
    return Caller(
        {
            "PATH": os.environ["PATH"],
            "GROUPGUARD_RULE_ADDRESS": server[1],
            "GROUPGUARD_CORP": "ww1",
            "GROUPGUARD_TOKEN": "gg_secret",
        }
    )


def sent(noting: Noting) -> list[CorpRecord]:
    return [record for part in noting.parts for record in part.records]


def test_an_export_is_a_line_a_record_and_an_import_takes_it(
    noting: Noting, call: Caller, tmp_path: Path
) -> None:
    """The same records in the same order, in parts that a server takes, with the caller's token."""
    file = tmp_path / "corp.jsonl"
    done = call("corp", "export", file)
    assert (done.exit_code, done.stdout) == (0, ""), done.stderr
    assert "Records: 2,500, at revision 7-a." in done.stderr
    lines = file.read_text("utf-8").splitlines()
    assert [json_format.Parse(line, CorpRecord()) for line in lines] == RECORDS
    assert json.loads(lines[0])["group"]["chat_id"] == "wr0"
    assert call("corp", "export", "-").stdout == file.read_text("utf-8")
    assert call.json("corp", "export", file) == [{"rules_revision": "7-a"}]

    answers = call.json("corp", "import", file, "--yes", "--migrate", "--reason", "Umzug")
    assert answers[-1] == {"record_count": "2500", "changed_count": "2499", "rules_revision": "8-a"}
    assert sent(noting) == RECORDS
    assert {(part.corp_id, part.migrate, part.reason) for part in noting.parts} == {("ww1", True, "Umzug")}
    assert noting.tokens == ["Bearer gg_secret"]
    assert all(len(part.records) <= 1_000 for part in noting.parts)


def test_large_records_go_in_smaller_parts(noting: Noting, call: Caller, tmp_path: Path) -> None:
    """A server takes 4 MiB at most; no part comes near it."""
    large = CorpRecord(group=Group(chat_id="wr", display_name="x" * 200_000))
    file = tmp_path / "corp.jsonl"
    file.write_text(f"{json_format.MessageToJson(large, indent=None)}\n" * 30, "utf-8")
    done = call("corp", "import", file, "--yes")
    assert done.exit_code == 0, done.stderr
    assert sent(noting) == [large] * 30
    assert max(part.ByteSize() for part in noting.parts) < 1.5 * 1024 * 1024


def test_an_export_that_is_cut_off_leaves_the_old_file(noting: Noting, call: Caller, tmp_path: Path) -> None:
    """Nothing half-written lies about either; a change meanwhile is a warning."""
    file = tmp_path / "corp.jsonl"
    file.write_text("old", "utf-8")
    noting.cut_off = True
    done = call("corp", "export", file)
    assert done.exit_code == 1
    assert "cut off" in done.stderr
    assert file.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]

    noting.cut_off, noting.changed = False, True
    done = call("corp", "export", file)
    assert done.exit_code == 0
    assert "written meanwhile" in done.stderr
    assert len(file.read_text("utf-8").splitlines()) == len(RECORDS)
    nowhere = call("corp", "export", tmp_path / "none" / "corp.jsonl")
    assert nowhere.exit_code == 1
    assert "can't be written: No such file or directory" in nowhere.stderr


def test_an_import_that_fails_says_where_to_go_on(noting: Noting, call: Caller, tmp_path: Path) -> None:
    """Lines are those of the file, whose blank ones are no records; what was written is not sent again."""
    file = tmp_path / "corp.jsonl"
    call("corp", "export", file)
    text = file.read_text("utf-8")
    file.write_text(f"\n\n{text}", "utf-8")
    noting.failing_part = 1
    done = call("corp", "import", file, "--yes")
    assert done.exit_code == 1
    written = len(sent(noting))
    assert 0 < written < len(RECORDS)
    assert f"{written:,} of 2,500 records are written. Go on with --from {written + 3}." in done.stderr
    assert "RESOURCE_EXHAUSTED" in done.stderr

    noting.failing_part = -1
    done = call("corp", "import", file, "--yes", "--from", str(written + 3))
    assert done.exit_code == 0, done.stderr
    assert sent(noting) == RECORDS
    done = call("corp", "import", file, "--yes", "--from", "9999")
    assert "no records from line 9999" in done.stderr


def test_a_bad_line_is_named_and_nothing_is_sent(noting: Noting, call: Caller, tmp_path: Path) -> None:
    """The whole file is read first, whatever --yes says."""
    file = tmp_path / "corp.jsonl"
    good = '{"group": {"chat_id": "a", "owner_userid": "b"}}'
    file.write_text(f'{good}\n{good}\n{{"group": \n{good}\n{{}}\n{{"grup": {{}}}}\n', "utf-8")
    done = call("corp", "import", file, "--yes")
    assert (done.exit_code, done.stdout) == (2, "")
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [
        f"{file}:{n}" for n in (3, 5, 6)
    ]
    assert noting.parts == []
    assert call("corp", "import", tmp_path / "none", "--yes").exit_code == 2


def test_an_import_asks_first(noting: Noting, call: Caller, tmp_path: Path) -> None:
    """Without a terminal it needs --yes."""
    file = tmp_path / "corp.jsonl"
    call("corp", "export", file)
    assert call("corp", "import", file).exit_code == 2
    code, shown = in_terminal("corp", "import", file, env=call.environment, answer="n\n")
    assert code == 1
    assert "Import 2,500 records into ww1?" in shown
    assert noting.parts == []
    code, shown = in_terminal("corp", "import", file, env=call.environment, answer="y\n")
    assert code == 0, shown
    assert sent(noting) == RECORDS


def test_each_call_of_a_batch_is_repeated_under_its_own_request_id(
    noting: Noting, call: Caller, tmp_path: Path
) -> None:
    """A call without answer may have been made, so it is repeated as the same; other calls are other ones."""
    rules = [f"r{number}" for number in range(150)]
    file = tmp_path / "chats"
    file.write_text("\n".join(f"wr{number}" for number in range(4_500)), "utf-8")
    noting.unavailable = 2
    done = call("rules", "bind", ",".join(rules), "--chats-file", file)
    assert done.exit_code == 0, done.stderr
    sizes = [(len(request.rule_ids), len(request.chat_ids)) for request in noting.calls]
    assert sizes == [(100, 2_000)] * 4 + [(100, 500)] + [(50, 2_000)] * 2 + [(50, 500)]
    ids = [request.request_id for request in noting.calls]
    assert all(ids)
    assert len(set(ids[:3])) == 1
    assert len(set(ids)) == 6

    noting.calls.clear()
    noting.unavailable = 3
    done = call("rules", "bind", "r1", "--chats-file", file)
    assert done.exit_code == 1
    assert "0 of 4,500 bindings are done" in done.stderr
    assert "DEADLINE_EXCEEDED" in done.stderr
    assert len(noting.calls) == 3


_HEEDING_INTERRUPTIONS = (
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])",
)
"""Begins a command: a shell that runs the tests in the background has all that they start ignore Ctrl-C."""


def test_an_interruption_ends_at_once_without_a_trace_of_python(noting: Noting, call: Caller) -> None:
    """Ctrl-C in the middle of a call: exit code 130."""
    with subprocess.Popen(
        [*_HEEDING_INTERRUPTIONS, GROUPGUARD, "rules", "bind", "slow", "wr1"],
        env=call.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert noting.waiting.wait(20)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert out == b""


async def test_the_asyncio_client_sends_its_token_with_streams_both_ways(server: tuple[Noting, str]) -> None:
    """As the other one does for `corp import`."""
    noting, target = server
    async with AsyncGroupGuard(Addresses(rule=target), token="gg_other") as gg:
        part = ImportCorpRequest(corp_id="ww1", records=RECORDS[:1])
        answers = [answer.record_count async for answer in gg.rules.ImportCorp(iter([part]))]
    assert answers == [1]
    assert noting.tokens == ["Bearer gg_other"]
