"""Checks of who joins or renames."""

from typing import TYPE_CHECKING

from filter_service.convert.message import read_member_event
from filter_service.convert.verdict import write_verdict
from filter_service.judge import Judge
from filter_service.servicers.base import Servicer, read_revisions
from groupguard.filter.v1 import filter_service_pb2 as pb
from service_kit.errors import CheckUnavailable
from service_kit.ids import require_id

if TYPE_CHECKING:
    from filter_service.servicers.base import Context


class MemberMethods(Servicer):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    _judge: Judge

    async def CheckMember(self, request: pb.CheckMemberRequest, context: "Context") -> pb.CheckMemberResponse:
        require_id("corp_id", request.corp_id)
        at_least = read_revisions(request)
        event, joins = read_member_event(request, self._clock())
        verdict = await self._judge.judge_member(request.corp_id, event, *at_least, joins=joins)
        if isinstance(verdict, CheckUnavailable):
            raise verdict
        return pb.CheckMemberResponse(verdict=write_verdict(verdict))
