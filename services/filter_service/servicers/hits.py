"""The log of decisions: in pages, and as it grows."""

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from filter_service import access
from filter_service.corps import Corps
from filter_service.records.selection import Selection, read_page
from filter_service.records.store import RecordStore
from filter_service.servicers.base import Servicer
from filter_service.streams import Streams
from groupguard.filter.v1 import hits_pb2 as pb
from service_kit import pages
from service_kit.errors import invalid
from service_kit.ids import require_id
from service_kit.required import require

if TYPE_CHECKING:
    from filter_service.servicers.base import Context

POLL_SECONDS = 0.5
"""Between two looks for new entries."""
_WATCHED_AT_ONCE = 100
_LAST = "+"
_PLACE = re.compile(r"([0-9]{1,15})-([0-9]{1,20})")
_HIGHEST = 2**64 - 1


class HitMethods(Servicer):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    _corps: Corps
    _records: RecordStore
    _streams: Streams

    async def ListHits(self, request: pb.ListHitsRequest, context: "Context") -> pb.ListHitsResponse:
        require(request)
        require_id("corp_id", request.corp_id)
        size = pages.page_size(request.page_size)
        query = repr((request.corp_id, request.filter.SerializeToString(), request.oldest_first))
        token = pages.read_token(query, request.page_token, str, "")
        selection, oldest = await self._wanted(request)
        newest = _before(request.filter.end_time) if request.filter.HasField("end_time") else _LAST
        begin, end = (oldest, newest) if request.oldest_first else (newest, oldest)
        page = await read_page(
            self._records,
            request.corp_id,
            selection,
            _read_place("page_token", token) if token else begin,
            end,
            size,
            newest_first=not request.oldest_first,
        )
        more = pages.write_token(query, page.reached) if page.more else ""
        return pb.ListHitsResponse(hits=page.decisions, next_page_token=more)

    async def WatchHits(
        self, request: pb.WatchHitsRequest, context: "Context"
    ) -> AsyncIterator[pb.WatchHitsResponse]:
        require_id("corp_id", request.corp_id)
        _refuse_times(request.filter)
        await self._wanted(request)
        if request.after_cursor:
            place = _read_place("after_cursor", request.after_cursor)
        else:
            place = await self._records.end_of_log(request.corp_id)
        yield pb.WatchHitsResponse(cursor=place)
        while True:
            selection, oldest = await self._wanted(request)  # rules change hands, settings change
            place = max(place, oldest, key=_order)
            page = await read_page(self._records, request.corp_id, selection, place, _LAST, _WATCHED_AT_ONCE)
            place = page.reached
            if page.decisions or page.more:
                yield pb.WatchHitsResponse(hits=page.decisions, cursor=place)
            if not page.more and not await self._streams.sleep(POLL_SECONDS):
                return

    async def _wanted(self, request: pb.ListHitsRequest | pb.WatchHitsRequest) -> tuple[Selection, str]:
        """Returns what is wanted, and the place behind which it begins.

        Raises:
            PermissionDenied: the rule that is asked for is not the caller's to see.
            RulesUnavailable: nobody can tell whose rules there are.
        """
        wanted = request.filter
        snapshot = await self._corps.snapshot(request.corp_id)
        sees = access.sight(request.corp_id, snapshot)
        access.require_sight(sees, wanted.rule_id)
        selection = Selection(
            wanted.rule_id,
            wanted.chat_id,
            wanted.external_userid,
            wanted.shadow if wanted.HasField("shadow") else None,
            sees,
        )
        kept_since = self._clock() - snapshot.settings.decision_log.retention_seconds
        oldest = Timestamp(seconds=max(int(kept_since), 0))
        return selection, max(_before(oldest), _before(wanted.start_time), key=_order)


def _before(time: Timestamp) -> str:
    """Returns the last place before a time."""
    return f"{max(time.ToMilliseconds(), 1) - 1}-{_HIGHEST}"


def _order(place: str) -> tuple[int, ...]:
    return tuple(map(int, place.split("-")))


def _read_place(field: str, text: str) -> str:
    form = _PLACE.fullmatch(text)
    if form is None or int(form[2]) > _HIGHEST:
        raise invalid(field, "not one that this method gave out")
    return text


def _refuse_times(wanted: pb.HitFilter) -> None:
    for name in ("start_time", "end_time"):
        if wanted.HasField(name):
            raise invalid(f"filter.{name}", "not taken here: after_cursor says where to begin")
