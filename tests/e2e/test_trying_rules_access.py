"""Who may try a rule, and what FilterService may ask RuleService for it: services that know their callers by tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256

import grpc
import pytest

from groupguard.filter.v1 import filter_service_pb2 as pb
from groupguard.filter.v1.message_pb2 import Content, TextContent
from groupguard_client import Addresses, Failure, GroupGuard, failure
from service_kit.embedded import EmbeddedStore
from support.rules import asked, member
from support.services import ServiceProcess, running
from support.valkey import LOOPBACK, free_ports, short_folder

CORP = "wwTrialAccess"
ALLOWED = ("super_admin", "strategy_admin:7", "member:zhangmin", "viewer", "checker")
DENIED = ("registry", "migrator", "service")
OWN = "filter's own"


class Services:
    """RuleService and FilterService, and clients that are known by their roles."""

    def __init__(self, rule: ServiceProcess, filter_: ServiceProcess, stack: ExitStack) -> None:
        self.rule = rule
        self._addresses = Addresses(rule=rule.target, filter=filter_.target)
        self._stack = stack

    def client(self, role: str) -> GroupGuard:
        """A client whose token has one role."""
        return self._stack.enter_context(GroupGuard(self._addresses, token=role))


def services(store: EmbeddedStore, *, own_role: str) -> Iterator[Services]:
    """Starts both; FilterService's own token has `own_role` in every corp."""
    known = [
        {"name": role, "sha256": sha256(role.encode()).hexdigest(), "roles": {"*": [role]}}
        for role in (*ALLOWED, *DENIED)
    ]
    known.append({"name": OWN, "sha256": sha256(OWN.encode()).hexdigest(), "roles": {"*": [own_role]}})
    with short_folder() as folder, ExitStack() as stack:
        tokens, own = folder / "tokens.json", folder / "token"
        tokens.write_text(json.dumps({"tokens": known}), "utf-8")
        own.write_text(OWN, "utf-8")
        asking = {"GROUPGUARD_TOKENS_FILE": str(tokens)}
        rule = stack.enter_context(
            running("rule_service", {"GROUPGUARD_DURABLE_URL": store.durable_url, **asking})
        )
        [nobody] = free_ports(1)
        environment = {
            "GROUPGUARD_EPHEMERAL_URL": store.ephemeral_url,
            "GROUPGUARD_RULE_ADDRESS": rule.target,
            "GROUPGUARD_BLACKLIST_ADDRESS": f"{LOOPBACK}:{nobody}",
            "GROUPGUARD_TOKEN_FILE": str(own),
            **asking,
        }
        filter_ = stack.enter_context(running("filter_service", environment))
        yield Services(rule, filter_, stack)


@pytest.fixture(scope="module")
def trusted(session_store: EmbeddedStore) -> Iterator[Services]:
    """FilterService has the role that its token is meant to have."""
    yield from services(session_store, own_role="service")


@pytest.fixture
def distrusted(session_store: EmbeddedStore) -> Iterator[Services]:
    """FilterService's token says something else; the fixture is the test's own."""
    yield from services(session_store, own_role="checker")


def request(**fields: object) -> pb.TestRuleRequest:
    return pb.TestRuleRequest(
        corp_id=CORP, rule=asked("刷单", **fields), samples=[Content(text=TextContent(content="刷单"))]
    )


def refused(client: GroupGuard, asked_for: pb.TestRuleRequest) -> Failure:
    with pytest.raises(grpc.RpcError) as caught:
        client.filter.TestRule(asked_for)
    return failure(caught.value)


@pytest.mark.parametrize("role", ALLOWED)
def test_whoever_reads_rules_or_checks_messages_may_try_one(trusted: Services, role: str) -> None:
    """A rule of any owner: FilterService asks RuleService with a token of its own, and nothing is kept."""
    client = trusted.client(role)
    for owner in (asked().owner, member("liqiang")):
        asked_for = request()
        asked_for.rule.owner.CopyFrom(owner)
        answer = client.filter.TestRule(asked_for)
        assert answer.results[0].hit_count == 1
        assert answer.rule.owner == owner


@pytest.mark.parametrize("role", DENIED)
def test_others_may_not(trusted: Services, role: str) -> None:
    """They are told which roles would do, even when the rule is wrong."""
    told = refused(trusted.client(role), request(display_name="n" * 65))
    assert (told.code, told.reason) == ("PERMISSION_DENIED", "PERMISSION_DENIED")
    assert set(told.metadata["any_of"].split(", ")) == {role.partition(":")[0] for role in ALLOWED}


def test_nobody_unknown_may(trusted: Services) -> None:
    """A token that is on no list is no caller."""
    assert refused(trusted.client("stranger"), request()).code == "UNAUTHENTICATED"


def test_a_filter_service_without_its_role_says_why_it_cannot_tell(distrusted: Services) -> None:
    """Not the caller's permission is lacking; once RuleService is gone, that is said. A bad sample is told all the same."""
    client = distrusted.client("super_admin")
    told = refused(client, request())
    assert (told.code, told.reason) == ("UNAVAILABLE", "RULES_UNAVAILABLE")
    assert "PERMISSION_DENIED" in told.message
    distrusted.rule.kill()
    distrusted.rule.wait()
    told = refused(client, request())
    assert (told.code, told.reason) == ("UNAVAILABLE", "RULES_UNAVAILABLE")
    assert "RuleService: UNAVAILABLE" in told.message
    bad = request()
    bad.samples.add()
    told = refused(client, bad)
    assert told.violations == (("samples[1].text", "a content is needed; none is set"),)
