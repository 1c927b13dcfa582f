"""Runs FilterService: settings, wiring, serving."""

import asyncio
import os
import sys
import time
from contextlib import suppress

from filter_service.access import PERMISSIONS
from filter_service.activity import CLOSING_SECONDS, Activity, GrpcActivityLog
from filter_service.blacklists import GrpcBlacklists
from filter_service.config import FilterSettings
from filter_service.corps import Corps
from filter_service.drafts import GrpcDrafts
from filter_service.judge import Judge
from filter_service.rule_source import GrpcRuleSource
from filter_service.servicer import FilterServicer
from filter_service.strikes import RedisStrikes
from groupguard.filter.v1.filter_service_pb2_grpc import add_FilterServiceServicer_to_server
from groupguard_client import Addresses, AsyncGroupGuard
from service_kit.redis_client import connect
from service_kit.request_log import configure_logging
from service_kit.server import Offer, run, serve
from service_kit.settings import load
from service_kit.web import find_urls

SERVICE = "groupguard.filter.v1.FilterService"


async def main() -> None:
    """Serves until told to stop."""
    settings = load(FilterSettings, os.environ)
    configure_logging(settings.server.log_level, "filter", settings.server.log_format)
    addresses = Addresses(rule=settings.rule_address, blacklist=settings.blacklist_address)
    find_urls("ok.com")  # loads the list of public suffixes, 0.2 s that no message shall wait for
    ephemeral = connect(settings.ephemeral_url)
    async with AsyncGroupGuard(addresses, token=settings.token, attempts=2) as peers:
        corps = Corps(GrpcRuleSource(peers.rules), time.monotonic)
        activity = Activity(GrpcActivityLog(peers.rules), time.time)
        judge = Judge(corps, GrpcBlacklists(peers.blacklist), RedisStrikes(ephemeral), activity)
        following = asyncio.create_task(corps.follow())
        reporting = asyncio.create_task(activity.report_every(settings.activity))
        try:
            await serve(
                settings.server,
                Offer(
                    service=SERVICE,
                    register=lambda server: add_FilterServiceServicer_to_server(
                        FilterServicer(judge, GrpcDrafts(peers.rules)), server
                    ),
                    permissions=PERMISSIONS,
                    components={"rules": corps.listening.wait},
                ),
            )
        finally:
            following.cancel()
            reporting.cancel()
            for task in (following, reporting):
                with suppress(asyncio.CancelledError):
                    await task
            await corps.close()
            await activity.report(CLOSING_SECONDS)
            await ephemeral.aclose()


if __name__ == "__main__":
    sys.exit(run(main))
