"""Looking at the group registry: its groups, when they were active, what was released."""

from typing import TYPE_CHECKING, Annotated

import msgspec

from groupguard.rule.v1 import group_registry_pb2 as pb
from rule_service import access
from rule_service.convert.group import write_group
from rule_service.convert.registry import read_activities, write_released
from rule_service.domain import limits
from rule_service.domain.group import GroupSelection
from rule_service.domain.registry_validation import validate_filters
from rule_service.servicers.base import Servicer, require_corp
from service_kit import pages

if TYPE_CHECKING:
    from rule_service.servicers.base import Context

_Before = Annotated[int, msgspec.Meta(ge=0, lt=limits.ACTIVE_GROUPS)]
"""How many groups came on earlier pages."""


class RegistryMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def ListGroups(self, request: pb.ListGroupsRequest, context: "Context") -> pb.ListGroupsResponse:
        require_corp(request)
        validate_filters(owner_userid=request.owner_userid, strategy_id=request.strategy_id)
        selection = GroupSelection(
            request.owner_userid, request.strategy_id, access.group_sight(request.corp_id)
        )
        if request.recently_active:
            return await self._recently_active(request, selection)
        query, size = _query(request), pages.page_size(request.page_size, most=limits.GROUPS_PER_PAGE)
        after = pages.read_token(query, request.page_token, pages.Number, -1)
        seen = await self._store.list_groups(request.corp_id, selection, after, size + 1)
        page = pages.fitting(write_group(it.stored, it.active_ms) for it in seen.groups[:size])
        more = seen.reached if len(page) == len(seen.groups) else page[-1].ordinal
        return pb.ListGroupsResponse(
            groups=page, next_page_token="" if more is None else pages.write_token(query, more)
        )

    async def _recently_active(
        self, request: pb.ListGroupsRequest, selection: GroupSelection
    ) -> pb.ListGroupsResponse:
        """Lists the most recently active groups; the token tells how many came before, and the last one's moment.

        What is active meanwhile moves to the front: it is missing from later pages unless it came before, and no
        group comes twice.
        """
        query, size = _query(request), pages.page_size(request.page_size, most=limits.GROUPS_PER_PAGE)
        shown, after = pages.read_token(
            query, request.page_token, tuple[_Before, tuple[pages.Number, str]], (0, None)
        )
        size = min(size, limits.ACTIVE_GROUPS - shown)
        seen = await self._store.list_active_groups(request.corp_id, selection, after, size + 1)
        page = pages.fitting(write_group(it.stored, it.active_ms) for it in seen.groups[:size])
        reached = seen.reached if len(page) == len(seen.groups) else seen.groups[len(page) - 1].moment
        shown += len(page)
        if not isinstance(reached, tuple) or shown >= limits.ACTIVE_GROUPS:
            return pb.ListGroupsResponse(groups=page)
        token = pages.write_token(query, (shown, reached))
        return pb.ListGroupsResponse(groups=page, next_page_token=token)

    async def ReportActivity(
        self, request: pb.ReportActivityRequest, context: "Context"
    ) -> pb.ReportActivityResponse:
        require_corp(request)
        active_ms = read_activities(request.activities, self._clock())
        unknown = await self._store.report_activity(request.corp_id, active_ms)
        return pb.ReportActivityResponse(unknown_count=unknown)

    async def ListReleasedBindings(
        self, request: pb.ListReleasedBindingsRequest, context: "Context"
    ) -> pb.ListReleasedBindingsResponse:
        require_corp(request)
        validate_filters(rule_id=request.rule_id)
        query = repr(("released", request.corp_id, request.rule_id))
        size = pages.page_size(request.page_size)
        after = pages.read_token(query, request.page_token, tuple[pages.Number, pages.Number], None)
        found, reached = await self._store.list_released(
            request.corp_id,
            request.rule_id,
            access.seen_owners(request.corp_id),
            after,
            size + 1,
        )
        page = pages.fitting(map(write_released, found[:size]))
        if len(page) < len(found):
            reached = found[len(page) - 1].revision, found[len(page) - 1].index
        more = pages.write_token(query, reached) if reached else ""
        return pb.ListReleasedBindingsResponse(released_bindings=page, next_page_token=more)


def _query(request: pb.ListGroupsRequest) -> str:
    return repr(
        (
            "registry",
            request.corp_id,
            request.owner_userid,
            request.strategy_id,
            request.recently_active,
        )
    )
