"""FilterService without anything in it, on the same server as the real one: what a call costs by itself."""

import asyncio
import os
import sys

from filter_service.access import PERMISSIONS
from groupguard.filter.v1 import filter_service_pb2 as pb
from groupguard.filter.v1 import filter_service_pb2_grpc as grpc_pb
from service_kit.request_log import configure_logging
from service_kit.server import Offer, run, serve
from service_kit.server_settings import ServerSettings
from service_kit.settings import load

SERVICE = "groupguard.filter.v1.FilterService"


class _Empty(grpc_pb.FilterServiceServicer):
    async def CheckMessage(self, request: pb.CheckMessageRequest, context: object) -> pb.CheckMessageResponse:
        return pb.CheckMessageResponse()

    async def BatchCheckMessages(
        self, request: pb.BatchCheckMessagesRequest, context: object
    ) -> pb.BatchCheckMessagesResponse:
        return pb.BatchCheckMessagesResponse()


async def _main() -> None:
    settings = load(ServerSettings, os.environ)
    configure_logging(settings.log_level, "empty", settings.log_format)
    servicer = _Empty()  # type: ignore[abstract]  # its other methods are not called
    await serve(
        settings,
        Offer(
            service=SERVICE,
            register=lambda server: grpc_pb.add_FilterServiceServicer_to_server(servicer, server),
            permissions=PERMISSIONS,
            components={"nothing": lambda: asyncio.sleep(0, True)},
        ),
    )


if __name__ == "__main__":
    sys.exit(run(_main))
