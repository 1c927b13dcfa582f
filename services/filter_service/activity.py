"""Which groups are active: noted when a message is judged, told to RuleService from time to time.

A check only writes into a dictionary. What RuleService does not take stays and is told again with the next report, so
that it loses nothing by being down for a while; a process that is killed loses what it noted since its last report.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import grpc.aio

from groupguard.rule.v1.group_registry_pb2 import GroupActivity, ReportActivityRequest
from service_kit.request_log import log

if TYPE_CHECKING:
    from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceAsyncStub

MOST_GROUPS = 100_000
"""Groups that wait to be told, some 30 MB; beyond it those go that have been silent longest."""
MOST_PER_CALL = 1_000
"""RuleService takes no more in one call."""
CLOSING_SECONDS = 2.0
"""What is left is told within this time at shutdown, or never."""
_CALL_SECONDS = 5.0


class ActivityNotTaken(Exception):
    """RuleService did not take a report."""


class ActivityLog(Protocol):
    """Keeps when groups were last active."""

    async def report(self, corp_id: str, active: Mapping[str, float], seconds: float) -> None:
        """Notes when groups were active: seconds since 1970 by chat_id, at most `MOST_PER_CALL`.

        Raises:
            ActivityNotTaken: it was not noted within `seconds`, as far as known.
        """


class GrpcActivityLog:
    """See `ActivityLog`: RuleService, over gRPC."""

    def __init__(self, stub: "RuleServiceAsyncStub") -> None:
        self._stub = stub

    async def report(self, corp_id: str, active: Mapping[str, float], seconds: float) -> None:
        request = ReportActivityRequest(corp_id=corp_id)
        for chat_id, at in active.items():
            activity = GroupActivity(chat_id=chat_id)
            activity.active_time.FromMilliseconds(int(at * 1000))
            request.activities.append(activity)
        try:
            await self._stub.ReportActivity(request, timeout=seconds)
        except grpc.aio.AioRpcError as error:
            raise ActivityNotTaken(error.code().name) from error


class Activity:
    """Notes which groups are active and tells it."""

    def __init__(self, kept_in: ActivityLog, clock: Callable[[], float], most: int = MOST_GROUPS) -> None:
        """Has nothing to tell yet; `clock` gives seconds since 1970."""
        self._log = kept_in
        self._clock = clock
        self._most = most
        self._waiting: OrderedDict[tuple[str, str], float] = OrderedDict()

    def note(self, corp_id: str, chat_id: str, at: float) -> None:
        """Notes that a group was active at a time; one in the future counts as now."""
        group = corp_id, chat_id
        at = min(at, self._clock())
        self._waiting[group] = max(at, self._waiting.get(group, at))
        self._waiting.move_to_end(group)
        if len(self._waiting) > self._most:
            self._waiting.popitem(last=False)

    async def report_every(self, seconds: float) -> None:
        """Tells what was noted, every so many seconds until cancelled: each group at most once in that time."""
        while True:
            await asyncio.sleep(seconds)
            await self.report(seconds)

    async def report(self, seconds: float) -> None:
        """Tells what was noted up to now, as far as that is done within a time; the rest waits on."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        why = ""
        for corp_id, active in _batches(self._waiting):
            if (left := until - loop.time()) <= 0:
                why = "no time left"
                break
            try:
                await self._log.report(corp_id, active, min(left, _CALL_SECONDS))
                self._told(corp_id, active)
            except ActivityNotTaken as error:  # the next corp's may be: it may be another replica's turn
                why = str(error)
        if why:
            log().warning("activity not reported", groups=len(self._waiting), why=why)

    def _told(self, corp_id: str, active: Mapping[str, float]) -> None:
        for chat_id, at in active.items():
            if self._waiting.get((corp_id, chat_id)) == at:  # else it was active again meanwhile
                del self._waiting[corp_id, chat_id]


def _batches(waiting: Mapping[tuple[str, str], float]) -> list[tuple[str, dict[str, float]]]:
    """Returns what waits now, in parts of one corp that one call takes."""
    corps: dict[str, list[tuple[str, float]]] = {}
    for (corp_id, chat_id), at in waiting.items():
        corps.setdefault(corp_id, []).append((chat_id, at))
    return [
        (corp_id, dict(groups[start : start + MOST_PER_CALL]))
        for corp_id, groups in corps.items()
        for start in range(0, len(groups), MOST_PER_CALL)
    ]
