"""Runs BlacklistService: settings, wiring, serving."""

import os
import sys
from functools import partial

from blacklist_service.access import PERMISSIONS
from blacklist_service.config import BlacklistSettings
from blacklist_service.figures import figures_of
from blacklist_service.publishing import Publisher
from blacklist_service.redis_store import RedisBlacklistStore, RedisPublications
from blacklist_service.servicer import BlacklistServicer
from groupguard.blacklist.v1.blacklist_service_pb2_grpc import add_BlacklistServiceServicer_to_server
from service_kit.request_log import configure_logging
from service_kit.server import Offer, run, serve
from service_kit.settings import load
from service_kit.startup import look, open_durable
from service_kit.store_failures import StoreFailures
from service_kit.store_figures import store_figures

SERVICE = "groupguard.blacklist.v1.BlacklistService"


async def main() -> None:
    """Serves until told to stop."""
    settings = load(BlacklistSettings, os.environ)
    configure_logging(settings.server.log_level, "blacklist", settings.server.log_format)
    failures = StoreFailures()
    async with open_durable(settings.durable_url, failures) as client:
        publisher = Publisher(RedisPublications(client))
        servicer = BlacklistServicer(RedisBlacklistStore(client, replicas=settings.replicas), publisher)
        try:
            await serve(
                settings.server,
                Offer(
                    service=SERVICE,
                    register=lambda server: add_BlacklistServiceServicer_to_server(servicer, server),
                    permissions=PERMISSIONS,
                    components={"store": partial(look, client)},
                    figures=[*store_figures({"durable": failures}), *figures_of(publisher)],
                ),
            )
        finally:
            await publisher.close()


if __name__ == "__main__":
    sys.exit(run(main))
