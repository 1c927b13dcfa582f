"""Where FilterService gets rules from: RuleService, over gRPC."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import grpc
import grpc.aio

from filter_service.aside import in_bulk
from filter_service.domain.compiled import Keyword
from filter_service.domain.exemptions import ExemptionChange
from filter_service.domain.message import MessageType
from filter_service.domain.message_types import TypeCondition
from filter_service.domain.rule import Action, ActionKind, Blacklist, Group, Rule, State
from filter_service.domain.snapshot import (
    BindingChange,
    Change,
    CorpSettings,
    DeletedRule,
    DismissedGroup,
    Operation,
)
from groupguard.common.v1 import blacklist_kind_pb2, message_type_pb2
from groupguard.rule.v1 import changes_pb2, rule_pb2, settings_pb2
from groupguard.rule.v1.rule_service_pb2 import FetchRulesRequest, FetchRulesResponse, WatchRevisionsRequest
from service_kit.matching import MatchMode, MiniProgramWhitelist, WebWhitelist
from service_kit.revision import Revision

if TYPE_CHECKING:
    from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceAsyncStub

_STATES = {
    rule_pb2.RULE_STATE_ENABLED: State.ENABLED,
    rule_pb2.RULE_STATE_SHADOW: State.SHADOW,
    rule_pb2.RULE_STATE_DISABLED: State.DISABLED,
}
_ACTIONS = {
    rule_pb2.ACTION_KIND_WARN: ActionKind.WARN,
    rule_pb2.ACTION_KIND_KICK: ActionKind.KICK,
    rule_pb2.ACTION_KIND_WARN_AND_KICK: ActionKind.WARN_AND_KICK,
    rule_pb2.ACTION_KIND_KICK_AFTER_WARNINGS: ActionKind.KICK_AFTER_WARNINGS,
}
_BLACKLISTS = {
    blacklist_kind_pb2.BLACKLIST_KIND_UNSPECIFIED: Blacklist.NONE,
    blacklist_kind_pb2.BLACKLIST_KIND_PERSONAL: Blacklist.PERSONAL,
    blacklist_kind_pb2.BLACKLIST_KIND_ENTERPRISE: Blacklist.ENTERPRISE,
}
_MODES = {
    rule_pb2.MATCH_MODE_EXACT: MatchMode.EXACT,
    rule_pb2.MATCH_MODE_FOLDED: MatchMode.FOLDED,
    rule_pb2.MATCH_MODE_HOMOPHONE: MatchMode.HOMOPHONE,
}
_JUDGED = ("keywords", "message_types")
"""Conditions that are judged here."""
_TYPES = {message_type_pb2.MessageType.Value(f"MESSAGE_TYPE_{type_.name}"): type_ for type_ in MessageType}
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
            SourceUnavailable: no complete answer within `seconds`.
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
        try:
            async for chunk in self._stub.FetchRules(request, timeout=seconds):
                reset = reset or chunk.kind == FetchRulesResponse.KIND_RESET
                changes += await _read_changes(chunk)
                reached = chunk.rules_revision
        except grpc.aio.AioRpcError as error:
            raise SourceUnavailable(f"RuleService: {error.code().name}") from error
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
            return _read_rule(change.rule)
        case "deleted_rule_id":
            return DeletedRule(change.deleted_rule_id)
        case "group":
            if change.group.HasField("dismiss_time"):
                return DismissedGroup(change.group.chat_id)
            return Group(change.group.chat_id, change.group.owner_userid, change.group.ordinal)
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
            return CorpSettings(
                change.settings.share_exemptions,
                change.settings.check_failure == settings_pb2.CHECK_FAILURE_ERROR,
            )
    raise SourceUnavailable("RuleService: sent a change that this version does not know")


def _read_rule(rule: rule_pb2.Rule) -> Rule:
    return Rule(
        rule_id=rule.rule_id,
        revision=rule.revision,
        state=_STATES[rule.state],
        keywords=tuple(
            Keyword(keyword.text, _MODES.get(keyword.match_mode, MatchMode.EXACT))
            for keyword in rule.conditions.keywords.keywords
        ),
        allow_phrases=tuple(rule.conditions.keywords.allow_phrases),
        message_types=_read_types(rule.conditions.message_types)
        if rule.conditions.HasField("message_types")
        else None,
        has_other_conditions=any(field.name not in _JUDGED for field, _ in rule.conditions.ListFields())
        or any(type_ not in _TYPES for type_ in rule.conditions.message_types.types),
        action=Action(
            _ACTIONS[rule.action.kind],
            rule.action.warnings_before_kick,
            rule.action.warning_text,
            _BLACKLISTS[rule.action.add_to_blacklist],
        ),
    )


def _read_types(condition: rule_pb2.MessageTypeCondition) -> TypeCondition:
    return TypeCondition(
        frozenset(_TYPES[type_] for type_ in condition.types if type_ in _TYPES),
        WebWhitelist(condition.web_whitelist),
        MiniProgramWhitelist(condition.mini_program_whitelist),
    )
