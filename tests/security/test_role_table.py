"""Who may call what: every method of every service with every role, both ways, over real gRPC."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor

from groupguard_client import failure
from service_kit.auth import OWNING_ROLES, PLAIN_ROLES
from support.secured import ELSEWHERE, EVERYWHERE, HERE, ROLES, RPCS, SERVICES, Rpc, Secured
from support.services import ROOT


def refused(services: Secured, rpc: Rpc, token: str, corp_id: str) -> bool:
    """Whether the method as such is not for a caller; what else it says of an empty request does not matter."""
    for patience in (0.3, 2.0):  # a busy server takes longer to refuse; streams that never end use up both
        error = rpc.error(
            services.channels[rpc.service], [rpc.request(corp_id).SerializeToString()], token, patience
        )
        if error is None:
            return False
        told = failure(error)
        if told.code != "DEADLINE_EXCEEDED":
            break
    assert told.code not in ("UNAUTHENTICATED", "INTERNAL", "UNKNOWN", "UNIMPLEMENTED"), (rpc.name, told)
    return told.code == "PERMISSION_DENIED" and told.metadata == rpc.refusal


def is_corp_wide(rpc: Rpc) -> bool:
    return "corp_id" not in rpc.descriptor.input_type.fields_by_name


def test_every_method_has_a_row_and_every_row_a_method() -> None:
    for service, permissions in SERVICES.values():
        assert set(permissions) == {method.name for method in service.methods}
        assert all(permissions.values())


def test_comments_of_methods_name_the_roles_of_their_rows() -> None:
    role = re.compile(rf"\b(?:{'|'.join(PLAIN_ROLES | OWNING_ROLES)})\b")
    said = {}
    for path in (ROOT / "protos").rglob("*_service.proto"):
        text = path.read_text("utf-8")
        for comment, method in re.findall(r"// Roles: ((?:[^\n]|\n *// )*)\n  rpc (\w+)", text):
            said[method] = frozenset(role.findall(comment))
    assert said == {rpc.name: rpc.roles for rpc in RPCS}


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.name)
def test_a_method_is_for_the_roles_of_its_row_and_no_other(services: Secured, rpc: Rpc) -> None:
    prefix = EVERYWHERE if is_corp_wide(rpc) else ""
    passed = {role.partition(":")[0] for role in ROLES if not refused(services, rpc, f"{prefix}{role}", HERE)}
    assert passed == rpc.roles


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.name)
def test_no_role_reaches_into_another_corp(services: Secured, rpc: Rpc) -> None:
    """What names no corp is about all of them, and for those who have their role in all of them."""
    assert all(refused(services, rpc, role, ELSEWHERE) for role in ROLES)


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.name)
@pytest.mark.parametrize("token", ["", "nobody", "Super_admin", "a.b.c"])
def test_without_a_known_token_there_is_nothing(services: Secured, rpc: Rpc, token: str) -> None:
    """Not even a look at the request: what is no message at all gets the same answer."""
    for request in (rpc.request(HERE).SerializeToString(), b"\xff"):
        error = rpc.error(services.channels[rpc.service], [request], token)
        assert error is not None
        assert failure(error).reason == "UNAUTHENTICATED"


def fields_below(kind: Descriptor, seen: set[str]) -> Iterator[str]:
    if kind.full_name in seen:
        return
    seen.add(kind.full_name)
    for field in kind.fields:
        if field.message_type:
            yield field.message_type.full_name + "." + ",".join(it.name for it in field.message_type.fields)
            yield from fields_below(field.message_type, seen)


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.name)
def test_a_request_names_one_corp_and_nothing_in_it_another(rpc: Rpc) -> None:
    """Items of a batch have no corp of their own, so the check of the request's corp covers them all."""
    names = [field.name for field in rpc.descriptor.input_type.fields]
    assert "corp_id" in names or rpc.roles == {"service"}
    assert not [below for below in fields_below(rpc.descriptor.input_type, set()) if "corp_id" in below]
