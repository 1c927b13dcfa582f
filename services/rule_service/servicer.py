"""RuleService's methods: protos in, the store's answers out."""

import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1 import rule_service_pb2_grpc as grpc_pb
from groupguard.rule.v1.rule_pb2 import RULE_STATE_DISABLED, Rule
from rule_service import access, convert, pages
from rule_service.domain.validation import validate_configuration, validate_groups, validate_rule
from rule_service.editing import configure_groups, delete_rule, update_rule
from rule_service.fetch import fetch
from rule_service.store import Operation, RuleStore
from rule_service.watch import Watch
from service_kit.errors import invalid
from service_kit.ids import new_rule_id, require_id
from service_kit.required import require
from service_kit.revision import Revision
from service_kit.writes import Write, begin_write

if TYPE_CHECKING:
    import grpc.aio

    Context = grpc.aio.ServicerContext[Any, Any]

WATCHING = "groupguard-watching"
"""In the initial metadata of WatchRevisions: from here on the caller hears of every change."""
_PAGE_BYTES = 2 * 1024 * 1024
"""A page of rules ends early at this size, to stay under gRPC's 4 MiB."""
_OPERATIONS = {
    pb.ConfigureGroupsRequest.OPERATION_BIND: Operation.BIND,
    pb.ConfigureGroupsRequest.OPERATION_UNBIND: Operation.UNBIND,
}


class RuleServicer(grpc_pb.RuleServiceServicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    def __init__(self, store: RuleStore, watch: Watch, clock: Callable[[], float] = time.time) -> None:
        """Serves from a store; `clock` gives seconds since 1970."""
        self._store = store
        self._watch = watch
        self._clock = clock

    async def CreateRule(self, request: pb.CreateRuleRequest, context: "Context") -> pb.CreateRuleResponse:
        write, now = _begin(request), self._clock()
        request.rule.state = request.rule.state or RULE_STATE_DISABLED
        rule = convert.read_rule(request.rule, new_rule_id(now), now, now)
        access.require_edit(request.corp_id, rule.owner)
        validate_rule(rule)
        stored, revision = await self._store.create_rule(write, rule)
        return pb.CreateRuleResponse(rule=convert.write_rule(stored), rules_revision=str(revision))

    async def GetRule(self, request: pb.GetRuleRequest, context: "Context") -> Rule:
        _require(request)
        [stored] = await self._store.get_rules(request.corp_id, [request.rule_id])
        access.require_see(request.corp_id, stored.rule.owner)
        return convert.write_rule(stored)

    async def ListRules(self, request: pb.ListRulesRequest, context: "Context") -> pb.ListRulesResponse:
        _require(request)
        owner = convert.read_owner(request.owner, "owner") if request.HasField("owner") else None
        access.require_see(request.corp_id, owner)
        query = repr((request.corp_id, owner))
        after, size = pages.read_token(query, request.page_token), pages.page_size(request.page_size)
        page, room = pb.ListRulesResponse(), _PAGE_BYTES
        found = await self._store.list_rules(request.corp_id, owner, after, size + 1)
        for stored in found[:size]:
            after = stored.rule.rule_id
            if access.may_see(request.corp_id, stored.rule.owner):
                page.rules.append(convert.write_rule(stored))
                room -= page.rules[-1].ByteSize()
            if room < 0:
                break
        if found and found[-1].rule.rule_id != after:
            page.next_page_token = pages.write_token(query, after)
        return page

    async def UpdateRule(self, request: pb.UpdateRuleRequest, context: "Context") -> pb.UpdateRuleResponse:
        write, now = _begin(request, whole=False), self._clock()
        require_id("rule.rule_id", request.rule.rule_id)
        stored, revision = await update_rule(
            self._store,
            write,
            request.rule.rule_id,
            request.rule.etag,
            lambda old: convert.read_rule(
                convert.merged(old, request.rule, request.update_mask),
                old.rule.rule_id,
                old.rule.created_at,
                now,
            ),
        )
        return pb.UpdateRuleResponse(rule=convert.write_rule(stored), rules_revision=str(revision))

    async def DeleteRule(self, request: pb.DeleteRuleRequest, context: "Context") -> pb.DeleteRuleResponse:
        revision = await delete_rule(self._store, _begin(request), request.rule_id, request.etag)
        return pb.DeleteRuleResponse(rules_revision=str(revision))

    async def ConfigureGroups(
        self, request: pb.ConfigureGroupsRequest, context: "Context"
    ) -> pb.ConfigureGroupsResponse:
        write = _begin(request)
        if request.operation not in _OPERATIONS:
            raise invalid("operation", f"not a value this server knows: {request.operation}")
        validate_configuration(request.rule_ids, request.chat_ids)
        counts, revision = await configure_groups(
            self._store, write, _OPERATIONS[request.operation], request.rule_ids, request.chat_ids
        )
        results = [
            pb.ConfigureGroupsResponse.RuleResult(
                rule_id=it.rule_id, groups_before=it.before, groups_after=it.after
            )
            for it in counts
        ]
        return pb.ConfigureGroupsResponse(results=results, rules_revision=str(revision))

    async def UpsertGroups(
        self, request: pb.UpsertGroupsRequest, context: "Context"
    ) -> pb.UpsertGroupsResponse:
        write = _begin(request)
        groups = [convert.read_group(group) for group in request.groups]
        validate_groups(groups)
        done = await self._store.upsert_groups(write, groups)
        return pb.UpsertGroupsResponse(
            groups=map(convert.write_group, done.groups),
            created_count=done.created,
            released_binding_count=done.released,
            rules_revision=str(done.revision),
        )

    async def WatchRevisions(
        self, request: pb.WatchRevisionsRequest, context: "Context"
    ) -> AsyncIterator[pb.WatchRevisionsResponse]:
        with self._watch.watcher() as watcher:
            await context.send_initial_metadata(((WATCHING, "yes"),))
            async for corp_id, revision in watcher:
                yield pb.WatchRevisionsResponse(corp_id=corp_id, rules_revision=str(revision))

    async def FetchRules(
        self, request: pb.FetchRulesRequest, context: "Context"
    ) -> AsyncIterator[pb.FetchRulesResponse]:
        _require(request)
        try:
            since = Revision.parse(request.since) if request.since else None
        except ValueError as error:
            raise invalid("since", str(error)) from None
        async for chunk in fetch(self._store, request.corp_id, since):
            yield chunk


def _require(request: Any) -> None:
    require(request)
    require_id("corp_id", request.corp_id)


def _begin(request: Any, whole: bool = True) -> Write:
    """Checks what every write needs, and notes what makes it safe to repeat.

    Args:
        request: the write.
        whole: whether it holds everything that is required; an update holds part of a rule only.
    """
    write = begin_write(request)
    if whole:
        require(request)
    require_id("corp_id", request.corp_id)
    return write
