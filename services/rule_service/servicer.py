"""RuleService's methods: protos in, the store's answers out."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any

from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard.rule.v1 import rule_service_pb2_grpc as grpc_pb
from groupguard.rule.v1.rule_pb2 import RULE_STATE_DISABLED, Rule
from rule_service import access, convert, pages
from rule_service.domain.rule import StoredRule
from rule_service.domain.validation import (
    validate_configuration,
    validate_group_rules,
    validate_groups,
    validate_rule,
)
from rule_service.editing import configure_groups, delete_rule, update_rule
from rule_service.fetch import fetch
from rule_service.group_rules import preview_configuration, set_group_rules
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
        found = await self._store.list_rules(request.corp_id, owner, after, size + 1)
        rules, more = _page(request.corp_id, query, found, size)
        return pb.ListRulesResponse(rules=rules, next_page_token=more)

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
        operation, touched = _OPERATIONS[request.operation], None
        if request.validate_only:
            counts, touched, revision = await preview_configuration(
                self._store, request.corp_id, operation, request.rule_ids, request.chat_ids
            )
        else:
            counts, revision = await configure_groups(
                self._store, write, operation, request.rule_ids, request.chat_ids
            )
        results = [
            pb.ConfigureGroupsResponse.RuleResult(
                rule_id=it.rule_id, groups_before=it.before, groups_after=it.after
            )
            for it in counts
        ]
        return pb.ConfigureGroupsResponse(
            results=results, rules_revision=str(revision), blast_radius=convert.write_blast_radius(touched)
        )

    async def SetGroupRules(
        self, request: pb.SetGroupRulesRequest, context: "Context"
    ) -> pb.SetGroupRulesResponse:
        write = _begin(request)
        validate_group_rules(request.chat_id, request.rule_ids)
        done, touched = await set_group_rules(
            self._store, write, request.chat_id, request.rule_ids, request.validate_only
        )
        return pb.SetGroupRulesResponse(
            bound_rule_ids=done.bound,
            unbound_rule_ids=done.unbound,
            rules_revision=str(done.revision),
            blast_radius=convert.write_blast_radius(touched),
        )

    async def ListRuleGroups(
        self, request: pb.ListRuleGroupsRequest, context: "Context"
    ) -> pb.ListRuleGroupsResponse:
        _require(request)
        [stored] = await self._store.get_rules(request.corp_id, [request.rule_id])
        access.require_see(request.corp_id, stored.rule.owner)
        query, size = repr(("groups", request.corp_id, request.rule_id)), pages.page_size(request.page_size)
        after = int(pages.read_token(query, request.page_token) or "-1")
        groups = await self._store.list_rule_groups(request.corp_id, request.rule_id, after, size + 1)
        more = pages.write_token(query, str(groups[size - 1].ordinal)) if len(groups) > size else ""
        return pb.ListRuleGroupsResponse(groups=map(convert.write_group, groups[:size]), next_page_token=more)

    async def ListGroupRules(
        self, request: pb.ListGroupRulesRequest, context: "Context"
    ) -> pb.ListGroupRulesResponse:
        _require(request)
        [group] = await self._store.get_groups(request.corp_id, [request.chat_id])
        query, size = repr(("rules", request.corp_id, request.chat_id)), pages.page_size(request.page_size)
        after = pages.read_token(query, request.page_token)
        bound = [it for it in await self._store.rules_of_group(request.corp_id, group.ordinal) if it > after]
        found = await self._store.get_rules(request.corp_id, bound[: size + 1])
        rules, more = _page(request.corp_id, query, found, size)
        return pb.ListGroupRulesResponse(rules=rules, next_page_token=more)

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


def _page(corp_id: str, query: str, found: Sequence[StoredRule], size: int) -> tuple[list[Rule], str]:
    """Returns a page of what was found that the caller may see, and the token for what follows.

    Args:
        corp_id: whose rules.
        query: what the token is good for.
        found: one rule more than the page holds, if there are more.
        size: how many rules the page is made from; large ones end it early.
    """
    page: list[Rule] = []
    room, last = _PAGE_BYTES, ""
    for stored in found[:size]:
        last = stored.rule.rule_id
        if access.may_see(corp_id, stored.rule.owner):
            page.append(convert.write_rule(stored))
            room -= page[-1].ByteSize()
        if room < 0:
            break
    more = bool(found) and found[-1].rule.rule_id != last
    return page, pages.write_token(query, last) if more else ""


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
