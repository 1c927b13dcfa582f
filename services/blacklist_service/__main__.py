"""Runs BlacklistService: settings, wiring, serving."""

import os
import sys

from blacklist_service.access import PERMISSIONS
from blacklist_service.config import BlacklistSettings
from blacklist_service.redis_store import RedisBlacklistStore
from blacklist_service.servicer import BlacklistServicer
from groupguard.blacklist.v1.blacklist_service_pb2_grpc import add_BlacklistServiceServicer_to_server
from service_kit.request_log import configure_logging
from service_kit.server import Offer, run, serve
from service_kit.settings import load
from service_kit.startup import open_durable

SERVICE = "groupguard.blacklist.v1.BlacklistService"


async def main() -> None:
    """Serves until told to stop."""
    settings = load(BlacklistSettings, os.environ)
    configure_logging(settings.server.log_level, "blacklist", settings.server.log_format)
    async with open_durable(settings.durable_url) as client:
        servicer = BlacklistServicer(RedisBlacklistStore(client))
        await serve(
            settings.server,
            Offer(
                service=SERVICE,
                register=lambda server: add_BlacklistServiceServicer_to_server(servicer, server),
                permissions=PERMISSIONS,
                components={"store": client.ping},
            ),
        )


if __name__ == "__main__":
    sys.exit(run(main))
