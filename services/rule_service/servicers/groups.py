"""The group registry: what is in it."""

from typing import TYPE_CHECKING

from groupguard.rule.v1 import group_registry_pb2 as registry_pb
from groupguard.rule.v1 import rule_service_pb2 as pb
from rule_service.convert.group import read_group, write_group
from rule_service.domain.registry_validation import validate_dismissal
from rule_service.domain.validation import validate_groups
from rule_service.servicers.base import Servicer, begin
from service_kit.auth import caller

if TYPE_CHECKING:
    from rule_service.servicers.base import Context


class GroupMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def UpsertGroups(
        self, request: pb.UpsertGroupsRequest, context: "Context"
    ) -> pb.UpsertGroupsResponse:
        write = begin(request)
        groups = [read_group(group) for group in request.groups]
        validate_groups(groups)
        done = await self._store.upsert_groups(write, groups, self._clock(), caller().name)
        return pb.UpsertGroupsResponse(
            groups=map(write_group, done.groups),
            created_count=done.created,
            released_binding_count=done.released,
            rules_revision=str(done.revision),
        )

    async def DismissGroups(
        self, request: registry_pb.DismissGroupsRequest, context: "Context"
    ) -> registry_pb.DismissGroupsResponse:
        write = begin(request)
        validate_dismissal(request.chat_ids)
        done = await self._store.dismiss_groups(write, request.chat_ids, self._clock(), caller().name)
        return registry_pb.DismissGroupsResponse(
            dismissed_count=done.count,
            released_binding_count=done.released,
            rules_revision=str(done.revision),
        )
