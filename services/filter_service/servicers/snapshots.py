"""What a replica has in memory."""

from typing import TYPE_CHECKING

from filter_service.corps import Corps
from filter_service.servicers.base import Servicer
from groupguard.filter.v1 import snapshot_pb2 as pb
from service_kit.ids import require_id

if TYPE_CHECKING:
    from filter_service.servicers.base import Context


class SnapshotMethods(Servicer):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    _corps: Corps

    async def GetSnapshot(self, request: pb.GetSnapshotRequest, context: "Context") -> pb.GetSnapshotResponse:
        require_id("corp_id", request.corp_id)
        held = self._corps.held(request.corp_id)
        if held is None:
            return pb.GetSnapshotResponse()
        response = pb.GetSnapshotResponse(
            loaded=True,
            rules_revision=str(held.revision),
            rule_count=held.size.rules,
            group_count=held.size.groups,
            pattern_count=held.size.patterns,
            memory_bytes=held.size.memory,
        )
        response.age.FromMilliseconds(round(held.age * 1000))
        response.confirmed_age.FromMilliseconds(round(held.confirmed_age * 1000))
        return response
