"""Runs FilterService: settings, wiring, serving."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from filter_service.access import ANSWERING_EACH, PERMISSIONS
from filter_service.activity import CLOSING_SECONDS, Activity, GrpcActivityLog
from filter_service.blacklists import (
    Blacklists,
    Copies,
    FilteredBlacklists,
    GrpcBlacklists,
    RedisFilterSource,
)
from filter_service.config import FilterSettings
from filter_service.corps import Corps
from filter_service.counters import RedisCounters, RedisSenderKeys, RedisStrikes
from filter_service.drafts import GrpcDrafts
from filter_service.figures import (
    blacklist_figures,
    filter_figures,
    judging_figures,
    recorder_figures,
    snapshot_figures,
)
from filter_service.forgetting import Forgetting
from filter_service.judge import Judge
from filter_service.peers import connect_peers
from filter_service.records.recorder import Recorder
from filter_service.records.redis_store import RedisRecordStore
from filter_service.rule_source import GrpcRuleSource
from filter_service.servicers import FilterServicer
from filter_service.streams import Streams
from groupguard.filter.v1.filter_service_pb2_grpc import add_FilterServiceServicer_to_server
from groupguard_client import AsyncGroupGuard
from service_kit.ending import end
from service_kit.redis_client import connect
from service_kit.request_log import configure_logging
from service_kit.server import Offer, run, serve
from service_kit.settings import load
from service_kit.store_failures import StoreFailures
from service_kit.store_figures import store_figures
from service_kit.telemetry import Figure
from service_kit.web import find_urls

SERVICE = "groupguard.filter.v1.FilterService"
MIB = 1024 * 1024


async def main() -> None:
    """Serves until told to stop."""
    settings = load(FilterSettings, os.environ)
    configure_logging(settings.server.log_level, "filter", settings.server.log_format)
    find_urls("ok.com")  # loads the list of public suffixes, 0.2 s that no message shall wait for
    stores = {"ephemeral": StoreFailures(), "durable": StoreFailures()}
    ephemeral = connect(settings.ephemeral_url, failures=stores["ephemeral"])
    async with (
        connect_peers(settings) as peers,
        _blacklists(settings, peers, stores["durable"]) as (blacklists, list_figures),
    ):
        corps = Corps(GrpcRuleSource(peers.rules), time.monotonic, settings.snapshot_memory * MIB)
        activity = Activity(GrpcActivityLog(peers.rules), time.time)
        records = RedisRecordStore(ephemeral)
        recorder = Recorder(records, time.time)
        judge = Judge(corps, blacklists, RedisCounters(ephemeral), activity, recorder, time.time)
        streams = Streams()
        forgetting = Forgetting(RedisSenderKeys(ephemeral), records, recorder)
        servicer = FilterServicer(
            judge, corps, RedisStrikes(ephemeral), GrpcDrafts(peers.rules), records, streams, forgetting
        )
        working = [
            asyncio.create_task(work)
            for work in (corps.follow(), activity.report_every(settings.activity), recorder.run())
        ]
        try:
            await serve(
                settings.server,
                Offer(
                    service=SERVICE,
                    register=lambda server: add_FilterServiceServicer_to_server(servicer, server),
                    permissions=PERMISSIONS,
                    components={"rules": corps.listening.wait},
                    end_streams=streams.end,
                    answering_each=ANSWERING_EACH,
                    figures=[
                        *judging_figures(judge),
                        *snapshot_figures(corps),
                        *list_figures,
                        *recorder_figures(recorder),
                        *store_figures(stores),
                    ],
                ),
            )
        finally:
            await end(working)
            await corps.close()
            await activity.report(CLOSING_SECONDS)
            await recorder.close()
            await ephemeral.aclose()


@asynccontextmanager
async def _blacklists(
    settings: FilterSettings, peers: AsyncGroupGuard, failures: StoreFailures
) -> AsyncIterator[tuple[Blacklists, list[Figure]]]:
    """Gives the blacklists, with copies of their filters where the settings say where those are; and their metrics."""
    exact = GrpcBlacklists(peers.blacklist)
    if settings.durable_url is None:
        yield exact, blacklist_figures(exact)
        return
    durable = connect(settings.durable_url, failures=failures)
    copies = Copies(
        RedisFilterSource(durable), time.monotonic, settings.filter_memory * MIB, exact.ask_for_filter
    )
    listening = asyncio.create_task(copies.listen())
    try:
        lists = FilteredBlacklists(exact, copies)
        yield lists, [*blacklist_figures(exact), *filter_figures(lists, copies)]
    finally:
        await end([listening])
        await copies.close()
        await durable.aclose()


if __name__ == "__main__":
    sys.exit(run(main))
