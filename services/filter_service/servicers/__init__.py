"""FilterService's methods: protos in, answers out; one module for each matter."""

import time
from collections.abc import Callable

from filter_service.corps import Corps
from filter_service.counters import Strikes
from filter_service.drafts import Drafts
from filter_service.forgetting import Forgetting
from filter_service.judge import Judge
from filter_service.records.store import RecordStore
from filter_service.servicers.backtesting import BacktestMethods
from filter_service.servicers.forgetting import ForgettingMethods
from filter_service.servicers.hits import HitMethods
from filter_service.servicers.members import MemberMethods
from filter_service.servicers.snapshots import SnapshotMethods
from filter_service.servicers.statistics import StatisticsMethods
from filter_service.servicers.streaming import StreamingMethods
from filter_service.servicers.strikes import StrikeMethods
from filter_service.streams import Streams
from groupguard.filter.v1 import filter_service_pb2_grpc as grpc_pb

__all__ = ["FilterServicer"]


class FilterServicer(
    StreamingMethods,
    MemberMethods,
    StrikeMethods,
    BacktestMethods,
    HitMethods,
    ForgettingMethods,
    StatisticsMethods,
    SnapshotMethods,
    grpc_pb.FilterServiceServicer,
):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    def __init__(
        self,
        judge: Judge,
        corps: Corps,
        strikes: Strikes,
        drafts: Drafts,
        records: RecordStore,
        streams: Streams,
        forgetting: Forgetting,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Serves verdicts, and what is known of earlier ones.

        Args:
            judge: makes verdicts.
            corps: what is judged by.
            strikes: who has strikes.
            drafts: tells of rules that are not saved.
            records: what is kept of decisions.
            streams: ends the methods that have no end of their own.
            forgetting: erases customers.
            clock: gives seconds since 1970.
        """
        super().__init__(clock)
        self._judge = judge
        self._corps = corps
        self._strikes = strikes
        self._drafts = drafts
        self._records = records
        self._streams = streams
        self._forgetting = forgetting
