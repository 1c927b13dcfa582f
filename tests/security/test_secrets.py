"""Secrets stay where they belong: not in logs, errors, the ready line, the command line, or any help."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
import redis
from typer.testing import CliRunner

from groupguard.blacklist.v1.blacklist_service_pb2 import CheckCustomersRequest
from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.rule.v1.rule_service_pb2 import ListRulesRequest
from groupguard_cli import main
from groupguard_cli.lazy import COMMANDS
from groupguard_client import Addresses, GroupGuard, Tls, failure, text_message
from support import issuer
from support.certificates import issue
from support.secured import OWN, tokens_document
from support.services import ServiceProcess, launched, running
from support.valkey import LOOPBACK, free_ports, short_folder, tcp_server

PASSWORD = "s3cr3t-of-the-store"
TOKEN = "s3cr3t-of-a-caller"
OWN_SECRET = f"s3cr3t-{OWN.replace(' ', '-')}"
TEXT = "what a customer wrote s3cr3t"


class Leaks:
    """Everything that came out of services that had secrets."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}
        self.secrets = [PASSWORD, TOKEN, OWN_SECRET, TEXT]


@pytest.fixture(scope="module")
def leaks() -> Iterator[Leaks]:
    """Three services with a store that asks for a password, used well and badly; then the store goes away."""
    leaks = Leaks()
    [port] = free_ports(1)
    with short_folder() as folder, ExitStack() as stack:
        identity = issue(folder)
        (folder / "tokens.json").write_text(
            tokens_document({TOKEN: {"*": ["checker", "super_admin"]}, OWN_SECRET: {"*": ["service"]}})
            .replace(f'"name": "{TOKEN}"', '"name": "crm"')
            .replace(f'"name": "{OWN_SECRET}"', '"name": "filter"'),
            "utf-8",
        )
        (folder / "own").write_text(OWN_SECRET, "utf-8")
        jwt = issuer.sign(sub="auditor", roles={"ww1": ["viewer"]})
        leaks.secrets += [jwt, jwt.split(".")[2], "".join(identity.key.read_text("utf-8").split()[4:8])]
        url = f"redis://:{PASSWORD}@{LOOPBACK}:{port}"
        environment = {
            "GROUPGUARD_DURABLE_URL": url,
            "GROUPGUARD_EPHEMERAL_URL": url,
            "GROUPGUARD_TOKENS_FILE": str(folder / "tokens.json"),
            "GROUPGUARD_JWKS_FILE": str(issuer.write_key_set(folder / "jwks.json")),
            "GROUPGUARD_JWT_ISSUER": issuer.NAME,
            "GROUPGUARD_TOKEN_FILE": str(folder / "own"),
            "GROUPGUARD_LOG_LEVEL": "debug",
            **identity.server(),
            **identity.client(),
        }
        with tcp_server(port):
            with redis.Redis(LOOPBACK, port) as admin:
                admin.config_set("requirepass", PASSWORD)
            rule = stack.enter_context(running("rule_service", environment))
            blacklist = stack.enter_context(running("blacklist_service", environment))
            peers = {
                "GROUPGUARD_RULE_ADDRESS": rule.target,
                "GROUPGUARD_BLACKLIST_ADDRESS": blacklist.target,
            }
            filter_ = stack.enter_context(running("filter_service", environment | peers))
            addresses = Addresses(rule.target, filter_.target, blacklist.target)
            for token in (TOKEN, jwt, f"{TOKEN}x", f"{jwt}x", issuer.sign(which=1)):
                _use(leaks, addresses, token, identity.client())
        for token in (TOKEN, jwt):  # without the store
            _use(leaks, addresses, token, identity.client())
        wrong = environment | {
            "GROUPGUARD_DURABLE_URL": f"redis://:{PASSWORD}@{LOOPBACK}:{port}/x?nonsense=1"
        }
        with launched("rule_service", wrong) as broken:
            assert broken.wait() == 2
            for process in (rule, blacklist, filter_, broken):
                _read(leaks, process)
        yield leaks


def _use(leaks: Leaks, addresses: Addresses, token: str, tls: dict[str, str]) -> None:
    with GroupGuard(addresses, token=token, tls=Tls.from_environment(tls), timeout=5, attempts=2) as gg:
        message = text_message("wrShop", "wmCustomer", TEXT)
        calls: list[Callable[[], object]] = [
            lambda: gg.rules.ListRules(ListRulesRequest(corp_id="ww1")),
            lambda: gg.filter.CheckMessage(CheckMessageRequest(corp_id="ww1", message=message)),
            lambda: gg.blacklist.CheckCustomers(CheckCustomersRequest(corp_id="ww1")),
        ]
        for number, call in enumerate(calls):
            try:
                leaks.told[f"answer {len(leaks.told)} {number}"] = str(call())
            except grpc.RpcError as error:
                leaks.told[f"error {len(leaks.told)} {number}"] = repr(failure(error)) + repr(error)


def _read(leaks: Leaks, process: ServiceProcess) -> None:
    number = len(leaks.told)
    leaks.told[f"log {number}"] = process.log
    leaks.told[f"output {number}"] = process.output
    command = Path(f"/proc/{process.popen.pid}/cmdline")
    leaks.told[f"command {number}"] = command.read_text("utf-8") if command.exists() else ""


def test_no_secret_comes_out_of_a_service(leaks: Leaks) -> None:
    for where, told in leaks.told.items():
        assert [secret for secret in leaks.secrets if secret in told] == [], where


def test_all_of_that_was_provoked(leaks: Leaks) -> None:
    """Else the test above would prove nothing."""
    everything = json.dumps(leaks.told)
    for word in (
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "UNAVAILABLE",
        "crm",
        "auditor",
        "GROUPGUARD_DURABLE_URL",
    ):
        assert word in everything, word


def test_no_help_shows_what_the_environment_holds() -> None:
    environment = dict.fromkeys(
        ("GROUPGUARD_DURABLE_URL", "GROUPGUARD_EPHEMERAL_URL", "GROUPGUARD_TOKEN"),
        f"redis://:{PASSWORD}@store",
    )
    commands = [[], *([name] for name in COMMANDS), ["serve", "all"], ["serve", "rule"], ["serve", "filter"]]
    for command in commands:
        shown = CliRunner().invoke(main.app, [*command, "--help"], env={**environment, "COLUMNS": "300"})
        assert shown.exit_code == 0
        assert PASSWORD not in shown.output
