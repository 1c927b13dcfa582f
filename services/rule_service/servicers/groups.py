"""The group registry."""

from typing import TYPE_CHECKING

from groupguard.rule.v1 import rule_service_pb2 as pb
from rule_service.convert.group import read_group, write_group
from rule_service.domain.validation import validate_groups
from rule_service.servicers.base import Servicer, begin

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
        done = await self._store.upsert_groups(write, groups)
        return pb.UpsertGroupsResponse(
            groups=map(write_group, done.groups),
            created_count=done.created,
            released_binding_count=done.released,
            rules_revision=str(done.revision),
        )
