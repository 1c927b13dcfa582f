"""The README's blocks that start servers: each serves. Only ports, hosts and stores are this suite's."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from service_kit.embedded import EmbeddedStore
from service_kit.suite import Suite
from support.certificates import issue
from support.checkout import checkout
from support.commands import GROUPGUARD, grpcurl_binary, run
from support.issuer import sign, write_key_set
from support.pages import blocks
from support.processes import wait_until
from support.services import ROOT, running
from support.valkey import LOOPBACK

PAGE = ROOT / "README.md"


def lines(heading: str, number: int = 0) -> list[str]:
    """The lines of the shell's blocks under a heading, of which there may be several."""
    return [it for it in blocks(PAGE) if (it.heading, it.language) == (heading, "sh")][
        number
    ].code.splitlines()


@pytest.fixture
def home(tmp_path: Path, folder: Path) -> dict[str, str]:
    """An environment of a newcomer, with the command and grpcurl on the path."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "grpcurl").symlink_to(grpcurl_binary())
    return {
        "PATH": f"{tmp_path / 'bin'}:{GROUPGUARD.parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "GROUPGUARD_DRAIN_SECONDS": "0",
    }


@contextmanager
def typed(command: str, folder: Path, environment: Mapping[str, str], promise: str) -> Iterator[str]:
    """Runs a command that serves, in a folder, until the end; yields what it printed when it had kept the promise."""
    printed = folder / "printed"
    with (
        printed.open("wb") as out,
        subprocess.Popen(
            ["sh", "-euc", f"exec env {command}"], cwd=folder, env=environment, stdout=out, stderr=out
        ) as process,
    ):
        try:
            wait_until(lambda: promise in printed.read_text("utf-8") or process.poll() is not None, 60)
            assert promise in printed.read_text("utf-8"), printed.read_text("utf-8")
            yield printed.read_text("utf-8")
        finally:
            process.terminate()
            process.wait(30)


def test_make_demo_makes_what_serves(home: dict[str, str], folder: Path, tmp_path: Path) -> None:
    """In a checkout with a virtual environment in place, so that nothing is installed."""
    checkout(tmp_path)
    demo, serve = lines("A first rule in five lines of Python")

    shown = run(["sh", "-euc", demo], env=home, cwd=tmp_path, patience=240)

    assert shown.returncode == 0, shown.stderr
    assert "Everything stopped; nothing is left behind." in shown.stdout
    with typed(f"{serve} --free-ports", tmp_path, home, "filter  ") as told:
        assert str(folder / ".local" / "share" / "groupguard") in told.replace("\n", "")


def test_another_redis_is_used(home: dict[str, str], folder: Path, tmp_path: Path, valkey_url: str) -> None:
    """And no embedded store is made."""
    [command] = lines("Another Redis")
    command = command.replace("redis://redis.example.com:6379/0", valkey_url)
    with typed(f"{command} --free-ports", tmp_path, home, "filter  ") as told:
        assert "the store named by --redis-url" in told
    assert not (folder / ".local").exists()


@pytest.fixture
def beside(home: dict[str, str], suite: Suite, suite_store: EmbeddedStore) -> dict[str, str]:
    """The same for a FilterService beside the suite's, on a port of its own."""
    return {
        **home,
        "GROUPGUARD_LISTEN": f"{LOOPBACK}:0",
        "GROUPGUARD_EPHEMERAL_URL": suite_store.ephemeral_url,
        "GROUPGUARD_RULE_ADDRESS": f"{LOOPBACK}:{suite.services['rule'].port}",
        "GROUPGUARD_BLACKLIST_ADDRESS": f"{LOOPBACK}:{suite.services['blacklist'].port}",
    }


def target(told: str) -> str:
    """Where a server serves, by the line with which it says that it is ready."""
    ready = re.search(r"^ready (.*)$", told, re.MULTILINE)
    assert ready
    return f"{LOOPBACK}:{json.loads(ready[1])['port']}"


PROGRAM = """
import sys
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard_client import GroupGuard, failure, text_message
import grpc

try:
    with GroupGuard() as gg:
        asked = CheckMessageRequest(corp_id="ww1", message=text_message("wrShop", "wmA", "早"))
        print(gg.filter.CheckMessage(asked).verdict.decision)
except grpc.RpcError as error:
    sys.exit(failure(error).reason)
"""


def test_a_made_token_opens_the_server_that_knows_it(
    home: dict[str, str], beside: dict[str, str], tmp_path: Path
) -> None:
    """A program that shows it has its verdict, one that does not is told why."""
    make, serve, call = lines("Tokens")
    (tmp_path / "your_program.py").write_text(PROGRAM, "utf-8")
    made = run(["sh", "-euc", f"cd {shlex.quote(str(tmp_path))}\n{make}"], env=home)
    assert made.returncode == 0, made.stderr
    with typed(serve.removesuffix(" …"), tmp_path, beside, "ready ") as told:
        there = {**home, "GROUPGUARD_FILTER_ADDRESS": target(told)}
        known = run(["sh", "-euc", f"cd {shlex.quote(str(tmp_path))}\n{call}"], env=there)
        nobody = run([sys.executable, str(tmp_path / "your_program.py")], env=there)
    assert known.returncode == 0, known.stderr
    assert nobody.stderr.strip() == "UNAUTHENTICATED"


def test_an_issuers_tokens_open_the_server_that_has_its_keys(
    home: dict[str, str], beside: dict[str, str], tmp_path: Path
) -> None:
    """The issuer is the one that the README names."""
    [serve] = lines("Tokens", 1)
    write_key_set(tmp_path / "jwks.json")
    (tmp_path / "your_program.py").write_text(PROGRAM, "utf-8")
    with typed(serve.removesuffix(" …"), tmp_path, beside, "ready ") as told:
        there = {
            **home,
            "GROUPGUARD_FILTER_ADDRESS": target(told),
            "GROUPGUARD_TOKEN": sign(roles={"ww1": ["checker", "member:zhangmin"]}),
        }
        known = run([sys.executable, str(tmp_path / "your_program.py")], env=there)
    assert known.returncode == 0, known.stderr


def test_commands_and_grpcurl_speak_tls(home: dict[str, str], tmp_path: Path, valkey_url: str) -> None:
    """To a server that asks for a certificate."""
    commands = "\n".join(lines("TLS"))
    identity = issue(tmp_path, host="localhost")
    for name in ("crt", "key"):
        (tmp_path / f"client.{name}").symlink_to(tmp_path / f"tls.{name}")
    settings = {"GROUPGUARD_DURABLE_URL": valkey_url, **identity.server(ask_clients=True)}
    with running("rule_service", settings) as server:
        there = f"localhost:{server.ready['port']}"
        script = f"cd {shlex.quote(str(tmp_path))}\n" + commands.replace("groupguard.example:7301", there)
        done = run(["sh", "-euc", script], env={**home, "GROUPGUARD_RULE_ADDRESS": there})
        refused = run(
            ["groupguard", "rules", "list", "--corp", "ww1"], env={**home, "GROUPGUARD_RULE_ADDRESS": there}
        )
    assert done.returncode == 0, done.stderr
    assert "groupguard.rule.v1.RuleService" in done.stdout
    assert refused.returncode == 1
