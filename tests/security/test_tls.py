"""TLS on every gRPC port: who is let in, and certificates that are exchanged under load."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
import trustme
from grpc_health.v1 import health_pb2, health_pb2_grpc

from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import Addresses, AsyncGroupGuard, GroupGuard, Tls, failure, text_message
from service_kit.embedded import EmbeddedStore
from service_kit.server_settings import TlsSettings
from service_kit.settings import SettingsError, load
from service_kit.suite import Suite
from service_kit.tls import server_credentials
from support.certificates import Identity, issue
from support.commands import groupguard, grpcurl_binary, run
from support.services import ServiceProcess, eventually, launched, running
from support.valkey import LOOPBACK, short_folder


@pytest.fixture
def identity(folder: Path) -> Identity:
    return issue(folder)


@asynccontextmanager
async def calling(target: str, tls: Tls | None) -> AsyncIterator[AsyncGroupGuard]:
    async with AsyncGroupGuard(Addresses(rule=target), tls=tls, token="", timeout=10, attempts=2) as client:
        yield client


async def outcome(target: str, tls: Tls | None) -> str:
    async with calling(target, tls) as client:
        try:
            await client.rules.ListRules(pb.ListRulesRequest(corp_id="ww1"), timeout=2)
        except grpc.aio.AioRpcError as error:
            return failure(error).code
        return "OK"


@pytest.fixture(scope="module")
def mutual(session_store: EmbeddedStore) -> Iterator[tuple[ServiceProcess, Identity]]:
    """A RuleService that asks clients for certificates."""
    with short_folder() as folder:
        identity = issue(folder)
        environment = {
            "GROUPGUARD_DURABLE_URL": session_store.durable_url,
            **identity.server(ask_clients=True),
        }
        with running("rule_service", environment) as service:
            yield service, identity


async def test_who_shows_a_certificate_of_the_authority_is_let_in(
    mutual: tuple[ServiceProcess, Identity], tmp_path: Path
) -> None:
    service, identity = mutual
    stranger = issue(tmp_path)
    assert await outcome(service.target, identity.tls(shown=True)) == "OK"
    strange = Tls(
        identity.authority.read_bytes(), stranger.certificate.read_bytes(), stranger.key.read_bytes()
    )
    for other in (identity.tls(), strange, stranger.tls(shown=True), None):
        assert await outcome(service.target, other) in ("UNAVAILABLE", "DEADLINE_EXCEEDED")


async def test_the_health_port_speaks_plaintext_and_tells_nothing_else(
    mutual: tuple[ServiceProcess, Identity],
) -> None:
    """Kubelet can neither speak TLS nor show a certificate."""
    service, _ = mutual
    async with grpc.aio.insecure_channel(service.health_target) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest(service="process"))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    assert await outcome(service.health_target, None) == "UNIMPLEMENTED"


async def test_a_certificate_is_exchanged_without_a_call_that_fails(
    session_store: EmbeddedStore, folder: Path
) -> None:
    """Under load: open connections live on, new ones see the new certificate, and a half-written pair changes nothing."""
    identity = issue(folder)
    environment = {"GROUPGUARD_DURABLE_URL": session_store.durable_url, **identity.server()}
    with running("rule_service", environment) as service:
        done, stop = 0, asyncio.Event()

        async def load(client: AsyncGroupGuard) -> None:
            nonlocal done
            while not stop.is_set():
                await client.rules.ListRules(pb.ListRulesRequest(corp_id="ww1"))
                await asyncio.sleep(0.01)
                done += 1

        old = identity.tls()
        async with calling(service.target, old) as client:
            loading = asyncio.gather(*(load(client) for _ in range(4)))
            new_authority = trustme.CA()
            issue(folder, new_authority)
            new = identity.tls()

            async def new_is_shown() -> bool:
                return await outcome(service.target, new) == "OK"

            await eventually(new_is_shown)
            assert await outcome(service.target, old) != "OK"
            identity.key.write_bytes(b"half a key")
            before = done

            async def went_on() -> bool:
                return done > before + 40 and "the old ones hold" in service.log

            async def looked_at() -> bool:
                return await new_is_shown() and await went_on()

            await eventually(looked_at)
            stop.set()
            await loading
        assert "half a key" not in service.log


def test_all_three_services_speak_tls_to_each_other_and_to_every_client(tmp_path: Path) -> None:
    """Suite, client from the environment, command, and grpcurl, all with certificates on both sides."""
    identity = issue(tmp_path)
    both = {**identity.server(ask_clients=True), **identity.client(shown=True)}
    with (
        short_folder() as data,
        short_folder() as logs,
        Suite(
            EmbeddedStore(data), environment={**both, "GROUPGUARD_DRAIN_SECONDS": "0"}, log_folder=logs
        ) as suite,
    ):
        targets = {name: f"{LOOPBACK}:{service.port}" for name, service in suite.services.items()}
        with GroupGuard(Addresses(**targets), tls=identity.tls(shown=True), token="") as gg:
            message = text_message("wrShop", "wmCustomer", "加微信")
            # A verdict takes RuleService's rules and BlacklistService's lists.
            verdict = gg.filter.CheckMessage(CheckMessageRequest(corp_id="ww1", message=message)).verdict
            assert not verdict.not_evaluated
        environment = {
            "PATH": os.environ["PATH"],
            "GROUPGUARD_CORP": "ww1",
            "GROUPGUARD_RULE_ADDRESS": targets["rule"],
        }
        assert groupguard("rules", "list", env={**environment, **identity.client(shown=True)}).returncode == 0
        options = ("--ca", identity.authority, "--cert", identity.certificate, "--key", identity.key)
        assert groupguard(*options, "rules", "list", env=environment).returncode == 0
        refused = groupguard("--ca", identity.authority, "rules", "list", env=environment)
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
        shown = run(
            [
                grpcurl_binary(),
                *("-cacert", str(identity.authority)),
                *("-cert", str(identity.certificate), "-key", str(identity.key)),
                *(targets["filter"], "list"),
            ],
            env={"PATH": os.environ["PATH"]},
        )
        assert "groupguard.filter.v1.FilterService" in shown.stdout, shown.stderr


async def test_filter_service_shows_and_trusts_new_certificates_without_a_restart(
    session_store: EmbeddedStore, tmp_path: Path
) -> None:
    """Authorities first, then certificates, then the old authority goes; connections are made anew all the time.

    No check fails, and their corps' rules, which are new every time, always come.
    """
    first, second = trustme.CA(), trustme.CA()
    own, theirs = tmp_path / "own", tmp_path / "theirs"
    own.mkdir()
    theirs.mkdir()
    client, server = issue(own, first), issue(theirs, first)
    environment = {
        "GROUPGUARD_DURABLE_URL": session_store.durable_url,
        "GROUPGUARD_EPHEMERAL_URL": session_store.ephemeral_url,
        "GROUPGUARD_CONNECTION_AGE_SECONDS": "1",
        "GROUPGUARD_CONNECTION_GRACE_SECONDS": "1",
    }
    with (
        running("rule_service", environment | server.server(ask_clients=True)) as rule,
        running("blacklist_service", environment | server.server(ask_clients=True)) as blacklist,
        running(
            "filter_service",
            environment
            | client.client(shown=True)
            | {"GROUPGUARD_RULE_ADDRESS": rule.target, "GROUPGUARD_BLACKLIST_ADDRESS": blacklist.target},
        ) as filter_,
    ):
        async with AsyncGroupGuard(Addresses(filter=filter_.target), token="", timeout=10) as gg:
            stop, seen = asyncio.Event(), []

            async def load() -> None:
                while not stop.is_set():
                    request = CheckMessageRequest(
                        corp_id=f"ww{uuid.uuid4().hex}", message=text_message("wrShop", "wmCustomer", "你好")
                    )
                    answer = await gg.filter.CheckMessage(request)
                    seen.append(len(answer.verdict.not_evaluated))
                    await asyncio.sleep(0.02)

            async def taken_by_all(times: int) -> None:
                async def taken() -> bool:
                    counts = [it.log.count("changed files taken") for it in (rule, blacklist, filter_)]
                    return min(counts) >= times

                await eventually(taken, 20)

            loading = asyncio.create_task(load())
            both = first.cert_pem.bytes() + second.cert_pem.bytes()
            for identity in (client, server):
                identity.authority.write_bytes(both)
            await taken_by_all(1)
            for folder in (own, theirs):
                issue(folder, second)
            for identity in (client, server):
                identity.authority.write_bytes(both)
            await taken_by_all(2)
            for identity in (client, server):
                second.cert_pem.write_to_path(str(identity.authority))
            await taken_by_all(3)
            before = len(seen)
            await eventually(lambda: _is_more(seen, before + 10), 20)
            stop.set()
            await loading
        assert seen.count(0) > 0.9 * len(seen)  # a busy machine may be too late for a look at a list
        assert seen[-1] == 0


async def _is_more(seen: list[int], than: int) -> bool:
    return len(seen) > than


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"GROUPGUARD_TLS_KEY_FILE": "none"}, "TLS needs both"),
        ({"GROUPGUARD_TLS_CERT_FILE": "none"}, "TLS needs both"),
        ({"GROUPGUARD_TLS_KEY_FILE": "{certificate}"}, "are no certificate and its key"),
        ({"GROUPGUARD_TLS_CLIENT_CA_FILE": "{key}"}, "holds no certificates"),
    ],
)
def test_files_that_do_not_fit_are_refused(identity: Identity, change: dict[str, str], said: str) -> None:
    names = {"certificate": identity.certificate, "key": identity.key}
    environment = identity.server(ask_clients=True)
    environment |= {name: value.format(**names) for name, value in change.items()}
    with pytest.raises(SettingsError, match=said) as caught:
        server_credentials(load(TlsSettings, environment))
    assert "PRIVATE KEY" not in str(caught.value)


def test_a_certificate_asked_of_clients_does_not_stand_in_for_tokens(
    session_store: EmbeddedStore, identity: Identity
) -> None:
    """It says who connects, and nothing of what they may do."""
    environment = {
        "GROUPGUARD_DURABLE_URL": session_store.durable_url,
        "GROUPGUARD_LISTEN": "0.0.0.0:0",
        **identity.server(ask_clients=True),
    }
    with launched("rule_service", environment) as process:
        assert process.wait() == 2
        assert "is beyond loopback and no token would be asked for" in process.log


def test_a_clients_environment_that_does_not_fit_is_told(identity: Identity, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="GROUPGUARD_CA_FILE is needed"):
        Tls.from_environment({"GROUPGUARD_CLIENT_CERT_FILE": str(identity.certificate)})
    with pytest.raises(ValueError, match="needed together"):
        Tls.from_environment({**identity.client(), "GROUPGUARD_CLIENT_KEY_FILE": str(identity.key)})
    with pytest.raises(ValueError, match="No such file"):
        Tls.from_environment({"GROUPGUARD_CA_FILE": str(tmp_path / "nowhere")})
    assert Tls.from_environment({"GROUPGUARD_CA_FILE": "none"}) is None
    assert Tls.from_environment({"GROUPGUARD_CA_FILE": "system"}) == Tls()
