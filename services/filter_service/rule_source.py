"""Where FilterService gets rules from: RuleService, over gRPC."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import grpc
import grpc.aio

from filter_service.aside import in_bulk
from filter_service.convert.rule import read_rule
from filter_service.convert.settings import read_settings
from filter_service.domain.exemptions import ExemptionChange
from filter_service.domain.rule import Group
from filter_service.domain.snapshot import (
    BindingChange,
    Change,
    DeletedRule,
    DismissedGroup,
    Operation,
)
from groupguard.rule.v1 import changes_pb2
from groupguard.rule.v1.rule_service_pb2 import FetchRulesRequest, FetchRulesResponse, WatchRevisionsRequest
from service_kit.revision import Revision

if TYPE_CHECKING:
    from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceAsyncStub

_OPERATIONS = {
    changes_pb2.BindingChange.OPERATION_SET: Operation.SET,
    changes_pb2.BindingChange.OPERATION_BIND: Operation.BIND,
    changes_pb2.BindingChange.OPERATION_UNBIND: Operation.UNBIND,
}


MOST_READ_IN_LOOP = 30
"""Changes that are read without a thread: one may be a rule with 100 keywords and as many allow phrases, 0.3 ms."""
_WATCHING = "groupguard-watching"
"""In the initial metadata of WatchRevisions once RuleService listens for this call."""


class SourceUnavailable(Exception):
    """The source did not answer, or not to the end."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch brought."""

    reset: bool
    """Whether the changes start from nothing, and not from the revision asked."""
    changes: list[Change]
    revision: Revision


class RuleSource(Protocol):
    """Tells what a corp's rules are and when they change."""

    async def fetch(self, corp_id: str, since: Revision | None, seconds: float) -> Fetched:
        """Returns what changed since a revision, or everything.

        Raises:
            SourceUnavailable: no complete answer, or no part of it for so many `seconds`: all of a large corp takes
                longer.
        """

    def notices(self) -> AsyncIterator[tuple[str, Revision] | None]:
        """Yields None once listening, then (corp_id, revision) for every change heard of.

        Raises:
            SourceUnavailable: the connection ended.
        """


class GrpcRuleSource:
    """See `RuleSource`."""

    def __init__(self, stub: "RuleServiceAsyncStub") -> None:
        self._stub = stub

    async def fetch(self, corp_id: str, since: Revision | None, seconds: float) -> Fetched:
        request = FetchRulesRequest(corp_id=corp_id, since=str(since) if since else "")
        changes: list[Change] = []
        reset, reached = False, ""
        call = self._stub.FetchRules(request)
        try:
            async with asyncio.timeout(seconds) as silence:
                async for chunk in call:
                    reset = reset or chunk.kind == FetchRulesResponse.KIND_RESET
                    changes += await _read_changes(chunk)
                    reached = chunk.rules_revision
                    silence.reschedule(asyncio.get_running_loop().time() + seconds)
        except grpc.aio.AioRpcError as error:
            raise SourceUnavailable(f"RuleService: {error.code().name}") from error
        except TimeoutError:
            raise SourceUnavailable(f"RuleService: silent for {seconds:g} s") from None
        finally:
            call.cancel()
        if not reached:
            raise SourceUnavailable("RuleService: the answer was cut off")
        return Fetched(reset, changes, Revision.parse(reached))

    async def notices(self) -> AsyncIterator[tuple[str, Revision] | None]:
        call = self._stub.WatchRevisions(WatchRevisionsRequest())
        try:
            if _WATCHING in (
                await call.initial_metadata() or ()
            ):  # a call that fails has metadata too, without it
                yield None
            async for notice in call:
                yield notice.corp_id, Revision.parse(notice.rules_revision)
        except grpc.aio.AioRpcError as error:
            raise SourceUnavailable(f"RuleService: {error.code().name}") from error
        finally:
            call.cancel()


async def _read_changes(chunk: FetchRulesResponse) -> list[Change]:
    def read() -> list[Change]:
        return [_read_change(change) for change in chunk.changes]

    return await in_bulk(read) if len(chunk.changes) > MOST_READ_IN_LOOP else read()


def _read_change(change: changes_pb2.Change) -> Change:
    match change.WhichOneof("change"):
        case "rule":
            return read_rule(change.rule)
        case "deleted_rule_id":
            return DeletedRule(change.deleted_rule_id)
        case "group":
            if change.group.HasField("dismiss_time"):
                return DismissedGroup(change.group.chat_id)
            # Owners have many groups: one string for all of them.
            return Group(change.group.chat_id, sys.intern(change.group.owner_userid), change.group.ordinal)
        case "binding":
            binding = change.binding
            return BindingChange(
                _OPERATIONS[binding.operation], tuple(binding.rule_ids), binding.chunk, binding.bitmap
            )
        case "exemption":
            exemption = change.exemption
            return ExemptionChange(
                exemption.owner_userid,
                tuple(exemption.added_external_userids),
                tuple(exemption.removed_external_userids),
            )
        case "settings":
            return read_settings(change.settings)
    raise SourceUnavailable("RuleService: sent a change that this version does not know")
