"""The services as somebody sees them who has only grpcurl: reflection, health, errors with their details."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groupguard_client import Addresses
from service_kit.embedded import EmbeddedStore
from service_kit.suite import Suite
from support.commands import grpcurl_binary, run
from support.corp import CHAT, CUSTOMER, OWNER, Corp
from support.services import ServiceProcess, running
from support.valkey import LOOPBACK

SERVICES = {
    "rule": "groupguard.rule.v1.RuleService",
    "filter": "groupguard.filter.v1.FilterService",
    "blacklist": "groupguard.blacklist.v1.BlacklistService",
}
TOKEN = "gg_a-token-for-tests"


def grpcurl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs grpcurl over plaintext."""
    return run([grpcurl_binary(), "-plaintext", *arguments], env={"PATH": os.environ["PATH"]})


def call(target: str, method: str, request: dict[str, Any], *options: str) -> dict[str, Any]:
    """Calls a method and returns its one response."""
    done = grpcurl(*options, "-d", json.dumps(request), target, method)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def with_tokens(
    suite: Suite, suite_store: EmbeddedStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    """A RuleService that asks for tokens."""
    file: Path = tmp_path_factory.mktemp("tokens") / "tokens.json"
    entry = {
        "name": "tests",
        "sha256": hashlib.sha256(TOKEN.encode()).hexdigest(),
        "roles": {"ww1": ["viewer"]},
    }
    file.write_text(json.dumps({"tokens": [entry]}), "utf-8")
    environment = {
        "GROUPGUARD_DURABLE_URL": suite_store.durable_url,
        "GROUPGUARD_TOKENS_FILE": str(file),
    }
    with running("rule_service", environment) as service:
        yield service


@pytest.mark.parametrize("name", SERVICES)
def test_reflection_lists_and_describes_every_service(addresses: Addresses, name: str) -> None:
    """No proto file is needed to find a method, its messages and the comments' structure."""
    target, service = getattr(addresses, name), SERVICES[name]
    assert set(grpcurl(target, "list").stdout.split()) == {
        service,
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    methods = grpcurl(target, "list", service).stdout.split()
    assert methods
    described = grpcurl(target, "describe", service)
    assert described.returncode == 0
    for method in methods:
        assert f"rpc {method.rpartition('.')[2]} (" in described.stdout


def test_a_rule_can_be_made_and_tried_by_hand(addresses: Addresses, corp: Corp) -> None:
    """All three services are called; JSON in, JSON out."""
    rule = {
        "owner": {"kind": "OWNER_KIND_SUPER_ADMIN"},
        "display_name": "广告",
        "state": "RULE_STATE_ENABLED",
        "conditions": {"keywords": {"keywords": [{"text": "加微信"}]}},
        "action": {"kind": "ACTION_KIND_WARN", "warning_text": "请勿发广告。"},
    }
    rules, filters = SERVICES["rule"], SERVICES["filter"]
    made = call(addresses.rule, f"{rules}/CreateRule", {"corp_id": corp.id, "rule": rule})
    bound = call(
        addresses.rule,
        f"{rules}/ConfigureGroups",
        {
            "corp_id": corp.id,
            "operation": "OPERATION_BIND",
            "rule_ids": [made["rule"]["rule_id"]],
            "chat_ids": [CHAT],
        },
    )
    check = {
        "corp_id": corp.id,
        "message": {
            "chat_id": CHAT,
            "sender": {"kind": "SENDER_KIND_CUSTOMER", "external_userid": CUSTOMER},
            "text": {"content": "加微信"},
        },
        "min_rules_revision": bound["rules_revision"],
    }
    verdict = call(addresses.filter, f"{filters}/CheckMessage", check)["verdict"]
    assert verdict["decision"] == "DECISION_WARN"
    assert verdict["effects"]["warning_text"] == "请勿发广告。"

    added = call(
        addresses.blacklist,
        f"{SERVICES['blacklist']}/AddEntries",
        {
            "corp_id": corp.id,
            "list": {"kind": "BLACKLIST_KIND_PERSONAL", "owner_userid": OWNER},
            "external_userids": [CUSTOMER],
        },
    )
    assert added["outcomes"] == ["OUTCOME_ADDED"]
    verdict = call(addresses.filter, f"{filters}/CheckMessage", check)["verdict"]
    assert verdict["reason"] == "REASON_PERSONAL_BLACKLIST"


def test_a_stream_of_responses_is_shown(addresses: Addresses, corp: Corp) -> None:
    """FetchRules streams the corp's rules and ends with the token reached."""
    rule = corp.rule("刷单")
    done = grpcurl("-d", json.dumps({"corp_id": corp.id}), addresses.rule, f"{SERVICES['rule']}/FetchRules")
    assert done.returncode == 0, done.stderr
    assert '"kind": "KIND_RESET"' in done.stdout
    assert rule.rule_id in done.stdout
    assert corp.token in done.stdout


def test_an_error_shows_its_details(addresses: Addresses, corp: Corp) -> None:
    """grpcurl prints the reason and every violation: the detail types are among what reflection knows."""
    request = {"corp_id": corp.id, "rule": {"display_name": "x"}}
    done = grpcurl("-d", json.dumps(request), addresses.rule, f"{SERVICES['rule']}/CreateRule")
    assert done.returncode != 0
    assert "Code: InvalidArgument" in done.stderr
    assert '"reason":"INVALID_FIELD"' in done.stderr.replace(" ", "")
    assert "google.rpc.BadRequest" in done.stderr
    assert '"field":"rule.conditions"' in done.stderr.replace(" ", "")


def test_a_server_with_tokens_asks_for_one(with_tokens: ServiceProcess) -> None:
    """Without: Unauthenticated. With: what the token's roles allow, and nothing else."""
    rules = SERVICES["rule"]
    asked = ("-d", '{"corp_id": "ww1"}', with_tokens.target, f"{rules}/ListRules")
    bearer = ("-H", f"authorization: Bearer {TOKEN}")

    for nothing in ((), ("-H", "authorization: Bearer gg_wrong"), ("-H", f"authorization: Basic {TOKEN}")):
        refused = grpcurl(*nothing, *asked)
        assert refused.returncode != 0
        assert "Code: Unauthenticated" in refused.stderr
    assert grpcurl(*bearer, *asked).returncode == 0

    elsewhere = grpcurl(*bearer, "-d", '{"corp_id": "ww2"}', with_tokens.target, f"{rules}/ListRules")
    assert "Code: PermissionDenied" in elsewhere.stderr
    streamed = grpcurl(*bearer, "-d", '{"corp_id": "ww1"}', with_tokens.target, f"{rules}/FetchRules")
    assert "Code: PermissionDenied" in streamed.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_the_health_port_tells_health_and_nothing_else(suite: Suite, name: str) -> None:
    """It knows the server, the service and the process; it has no reflection and none of the service's methods."""
    target = f"{LOOPBACK}:{suite.services[name].health_port}"
    proto = ("-import-path", str(Path(__file__).parents[1] / "support"), "-proto", "health.proto")
    for asked in ("", SERVICES[name], "process"):
        done = grpcurl(*proto, "-d", json.dumps({"service": asked}), target, "grpc.health.v1.Health/Check")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"status": "SERVING"}
    unknown = grpcurl(*proto, "-d", '{"service": "nobody"}', target, "grpc.health.v1.Health/Check")
    assert "Code: NotFound" in unknown.stderr
    assert "does not support the reflection API" in grpcurl(target, "list").stderr
