"""Runs RuleService: settings, wiring, serving."""

import asyncio
import os
import sys
from functools import partial

from groupguard.rule.v1.rule_service_pb2_grpc import add_RuleServiceServicer_to_server
from rule_service.access import PERMISSIONS
from rule_service.config import RuleSettings
from rule_service.figures import figures_of
from rule_service.redis_store import RedisRuleStore
from rule_service.servicers import RuleServicer
from rule_service.watch import Watch
from service_kit.ending import end
from service_kit.request_log import configure_logging
from service_kit.server import Offer, run, serve
from service_kit.settings import load
from service_kit.startup import look, open_durable
from service_kit.store_failures import StoreFailures
from service_kit.store_figures import store_figures

SERVICE = "groupguard.rule.v1.RuleService"


async def main() -> None:
    """Serves until told to stop."""
    settings = load(RuleSettings, os.environ)
    configure_logging(settings.server.log_level, "rule", settings.server.log_format)
    failures = StoreFailures()
    async with open_durable(settings.durable_url, failures) as client:
        store = RedisRuleStore(client, settings.replicas)
        watch = Watch(store)
        listening = asyncio.create_task(watch.run())
        try:
            await serve(
                settings.server,
                Offer(
                    service=SERVICE,
                    register=lambda server: add_RuleServiceServicer_to_server(
                        RuleServicer(store, watch, allow_migration=settings.allow_migration), server
                    ),
                    permissions=PERMISSIONS,
                    components={"store": partial(look, client)},
                    end_streams=watch.end,
                    figures=[*store_figures({"durable": failures}), *figures_of(watch)],
                ),
            )
        finally:
            await end([listening])


if __name__ == "__main__":
    sys.exit(run(main))
