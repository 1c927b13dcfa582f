"""What rules did, in numbers."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from filter_service import access
from filter_service.convert.statistics import write_day, write_group, write_rule_numbers
from filter_service.corps import Corps
from filter_service.domain.rule import State
from filter_service.domain.snapshot import Snapshot
from filter_service.records.statistics import group_numbers, rule_numbers
from filter_service.records.store import KEPT_DAYS, RecordStore
from filter_service.servicers.base import Servicer
from groupguard.filter.v1 import statistics_pb2 as pb
from service_kit.errors import invalid
from service_kit.ids import require_id

if TYPE_CHECKING:
    from filter_service.servicers.base import Context

_DEFAULT_DAYS = 7
_MOST_SILENT = 1_000


class StatisticsMethods(Servicer):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    _corps: Corps
    _records: RecordStore

    async def GetStatistics(
        self, request: pb.GetStatisticsRequest, context: "Context"
    ) -> pb.GetStatisticsResponse:
        require_id("corp_id", request.corp_id)
        if not 0 <= request.days <= KEPT_DAYS:
            raise invalid("days", f"0 to {KEPT_DAYS} are allowed, not {request.days}")
        snapshot = await self._corps.snapshot(request.corp_id)
        sees = access.sight(request.corp_id, snapshot)
        access.require_sight(sees, request.rule_id)
        wanted = _wanted(request.rule_id, sees)
        last_hits = await self._records.last_hits(request.corp_id)
        days = await self._records.numbers(request.corp_id, self._days(request.days or _DEFAULT_DAYS))
        rules = await rule_numbers(self._records, request.corp_id, days, wanted)
        whole = sees is None and not request.rule_id
        return pb.GetStatisticsResponse(
            days=[write_day(day) for day in days if day.totals] if whole else [],
            rules=[write_rule_numbers(rule, last_hits.get(rule.rule_id)) for rule in rules],
            groups=[write_group(*group) for group in group_numbers(days)] if whole else [],
            silent_rules=list(_silent(snapshot, last_hits, wanted, self._clock()))[:_MOST_SILENT],
        )

    def _days(self, count: int) -> list[str]:
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        return [(today - timedelta(days=ago)).isoformat() for ago in range(count)]


def _wanted(rule_id: str, sees: Callable[[str], bool] | None) -> Callable[[str], bool]:
    if rule_id:
        return lambda it: it == rule_id
    return sees or (lambda _: True)


def _silent(
    snapshot: Snapshot, last_hits: Mapping[str, float], wanted: Callable[[str], bool], now: float
) -> Iterator[pb.SilentRule]:
    begun = last_hits.get("", now)
    for rule_id, rule in snapshot.rules.items():
        if rule.state is not State.DISABLED and rule_id not in last_hits and wanted(rule_id):
            silent = pb.SilentRule(rule_id=rule_id)
            silent.silent_since.FromMilliseconds(round(max(begun, rule.created_at) * 1000))
            yield silent
