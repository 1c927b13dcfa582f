"""Services that ask who calls, and what everybody may do at them, taken from the protos and the services' own tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.rpc import status_pb2

import blacklist_service.access
import filter_service.access
import rule_service.access
from groupguard.blacklist.v1 import blacklist_service_pb2
from groupguard.filter.v1 import filter_service_pb2
from groupguard.rule.v1 import rule_service_pb2
from groupguard_client.exceptions import CallError
from service_kit.auth import OWNING_ROLES, PLAIN_ROLES
from service_kit.embedded import EmbeddedStore
from service_kit.suite import Suite
from support.valkey import LOOPBACK, short_folder

ROLES = (*sorted(PLAIN_ROLES), *(f"{kind}:own" for kind in sorted(OWNING_ROLES)))
"""Every role there is."""
HERE, ELSEWHERE = "wwSecured", "wwOther"
"""The corp in which callers have their roles, and one in which they have none."""
EVERYWHERE = "everywhere "
"""Before a role in the name of a caller who has it in every corp."""
ROOT = "root"
"""A caller with every role in every corp."""
OWN = "filter's own"
"""FilterService's token."""


@dataclass(frozen=True, slots=True)
class Rpc:
    """A method, and what its service says of who may call it."""

    service: str
    """Short name, as `rule`."""
    descriptor: MethodDescriptor
    roles: frozenset[str]

    @property
    def path(self) -> str:
        """As gRPC calls it."""
        return f"/{self.descriptor.containing_service.full_name}/{self.descriptor.name}"

    @property
    def name(self) -> str:
        """The method's own name."""
        return str(self.descriptor.name)

    @property
    def is_endless(self) -> bool:
        """Whether it answers until the caller goes."""
        return self.descriptor.server_streaming and self.name.startswith("Watch")

    @property
    def refusal(self) -> dict[str, str]:
        """The metadata of the error that a caller gets whose roles do not suffice for the method at all."""
        return {"method": self.name, "any_of": ", ".join(sorted(self.roles))}

    def request(self, corp_id: str) -> Any:
        """A request that says nothing but the corp, if it can say that."""
        kind: Any = message_factory.GetMessageClass(self.descriptor.input_type)
        return kind(corp_id=corp_id) if "corp_id" in self.descriptor.input_type.fields_by_name else kind()

    def call(self, channel: grpc.Channel, requests: Any, token: str = "", seconds: float = 10.0) -> Any:
        """Calls the method with requests that are bytes; returns what its kind of method returns."""
        streams = (
            f"{'stream' if self.descriptor.client_streaming else 'unary'}_"
            f"{'stream' if self.descriptor.server_streaming else 'unary'}"
        )
        method = getattr(channel, streams)(self.path)
        metadata = [("authorization", f"Bearer {token}")] if token else []
        given = iter(requests) if self.descriptor.client_streaming else requests[0]
        return method(given, metadata=metadata, timeout=seconds)

    def error(
        self, channel: grpc.Channel, requests: Any, token: str = "", seconds: float = 10.0
    ) -> grpc.RpcError | None:
        """Calls the method and reads one answer; None if it is none of an error, or the stream ends without one.

        An error may be the call's, or stand in the answer to one request of a stream.
        """
        try:
            answer = self.call(channel, requests, token, seconds)
            if self.descriptor.server_streaming:
                answers, answer = answer, next(answer, b"")
                answers.cancel()
        except grpc.RpcError as error:
            return error
        kind: Any = message_factory.GetMessageClass(self.descriptor.output_type)
        field = self.descriptor.output_type.fields_by_name.get("error")
        if field is None or field.message_type is not status_pb2.Status.DESCRIPTOR:
            return None
        read = kind.FromString(answer)
        return CallError.of_status(read.error) if read.HasField("error") else None


def _services() -> Mapping[str, tuple[ServiceDescriptor, Mapping[str, frozenset[str]]]]:
    return {
        "rule": (
            rule_service_pb2.DESCRIPTOR.services_by_name["RuleService"],
            rule_service.access.PERMISSIONS,
        ),
        "filter": (
            filter_service_pb2.DESCRIPTOR.services_by_name["FilterService"],
            filter_service.access.PERMISSIONS,
        ),
        "blacklist": (
            blacklist_service_pb2.DESCRIPTOR.services_by_name["BlacklistService"],
            blacklist_service.access.PERMISSIONS,
        ),
    }


SERVICES = _services()
RPCS = [
    Rpc(name, method, permissions.get(method.name, frozenset()))
    for name, (service, permissions) in SERVICES.items()
    for method in service.methods
]
"""Every method of every service."""


def tokens_document(callers: Mapping[str, Mapping[str, list[str]]]) -> str:
    """A tokens file whose tokens are the callers' names."""
    entries = [
        {"name": name, "sha256": sha256(name.encode()).hexdigest(), "roles": roles}
        for name, roles in callers.items()
    ]
    return json.dumps({"tokens": entries})


@dataclass(frozen=True, slots=True)
class Secured:
    """All three services, and a channel to each."""

    suite: Suite
    channels: Mapping[str, grpc.Channel]
    folder: Path
    """Where their logs and their files are."""

    @property
    def log(self) -> str:
        """All that the services have logged."""
        return "".join(path.read_text("utf-8") for path in sorted(self.folder.glob("*.log")))


@contextmanager
def secured(
    callers: Mapping[str, Mapping[str, list[str]]], environment: Mapping[str, str] | None = None
) -> Iterator[Secured]:
    """Runs all three services, which know these callers by tokens that are their names."""
    with short_folder() as folder, short_folder() as data, ExitStack() as stack:
        (folder / "tokens.json").write_text(tokens_document({**callers, OWN: {"*": ["service"]}}), "utf-8")
        (folder / "own").write_text(OWN, "utf-8")
        settings = {
            "GROUPGUARD_TOKENS_FILE": str(folder / "tokens.json"),
            "GROUPGUARD_TOKEN_FILE": str(folder / "own"),
            "GROUPGUARD_DRAIN_SECONDS": "0",
            **(environment or {}),
        }
        suite = stack.enter_context(Suite(EmbeddedStore(data), environment=settings, log_folder=folder))
        channels = {
            name: stack.enter_context(grpc.insecure_channel(f"{LOOPBACK}:{service.port}"))
            for name, service in suite.services.items()
        }
        yield Secured(suite, channels, folder)
