"""What a group's members are told."""

from typing import TYPE_CHECKING

from groupguard.rule.v1 import templates_pb2 as pb
from rule_service.group_notice import group_notice
from rule_service.servicers.base import Servicer, require_corp
from service_kit.ids import require_id

if TYPE_CHECKING:
    from rule_service.servicers.base import Context


class NoticeMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def RenderGroupNotice(
        self, request: pb.RenderGroupNoticeRequest, context: "Context"
    ) -> pb.RenderGroupNoticeResponse:
        require_corp(request)
        require_id("chat_id", request.chat_id)
        return pb.RenderGroupNoticeResponse(
            notice=await group_notice(self._store, request.corp_id, request.chat_id)
        )
