"""Strikes, to be seen and cleared."""

from collections.abc import Set
from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from filter_service import access
from filter_service.corps import Corps
from filter_service.counters import PersonStrikes, Strikes
from filter_service.servicers.base import Servicer
from groupguard.filter.v1 import filter_service_pb2 as pb
from service_kit import pages
from service_kit.auth import caller
from service_kit.errors import invalid
from service_kit.ids import require_id

if TYPE_CHECKING:
    from filter_service.servicers.base import Context


class StrikeMethods(Servicer):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    _corps: Corps
    _strikes: Strikes

    async def ListStrikes(self, request: pb.ListStrikesRequest, context: "Context") -> pb.ListStrikesResponse:
        await self._require_whose(request, {"super_admin", "checker"})
        size = pages.page_size(request.page_size)
        whose = request.corp_id, request.chat_id, request.external_userid
        query = repr(("strikes", *whose))
        after = pages.read_token(query, request.page_token, str, "")
        page = await self._strikes.list_page(*whose, round(self._clock() * 1000), after, size)
        more = pages.write_token(query, page.last) if page.last else ""
        return pb.ListStrikesResponse(strikes=map(_written, page.strikes), next_page_token=more)

    async def ClearStrikes(
        self, request: pb.ClearStrikesRequest, context: "Context"
    ) -> pb.ClearStrikesResponse:
        await self._require_whose(request, {"super_admin"})
        if not request.chat_id and not request.external_userid:
            raise invalid("chat_id", "it or external_userid is needed: whose strikes are meant?")
        cleared = await self._strikes.clear(request.corp_id, request.chat_id, request.external_userid)
        return pb.ClearStrikesResponse(cleared_count=cleared)

    async def _require_whose(
        self, request: pb.ListStrikesRequest | pb.ClearStrikesRequest, roles: Set[str]
    ) -> None:
        """Checks that what is named is well-formed and the caller's to ask for, by role or by owning the group."""
        require_id("corp_id", request.corp_id)
        if request.chat_id:
            require_id("chat_id", request.chat_id)
        if request.external_userid:
            require_id("external_userid", request.external_userid)
        if not caller().holds(request.corp_id, roles):
            snapshot = await self._corps.snapshot(request.corp_id)
            access.require_group(request.corp_id, snapshot.groups.get(request.chat_id), roles)


def _written(strikes: PersonStrikes) -> pb.ListStrikesResponse.Strikes:
    last_time = Timestamp()
    last_time.FromMilliseconds(strikes.last_ms)
    return pb.ListStrikesResponse.Strikes(
        chat_id=strikes.chat_id,
        external_userid=strikes.external_userid,
        rule_id=strikes.rule_id,
        count=strikes.count,
        last_time=last_time,
        shadow=strikes.shadow,
    )
