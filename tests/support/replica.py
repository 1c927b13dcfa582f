"""FilterService in this process, wired as its own process wires it, as often as a test likes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from filter_service.access import PERMISSIONS
from filter_service.activity import Activity, GrpcActivityLog
from filter_service.blacklists import Blacklists, GrpcBlacklists
from filter_service.corps import Corps
from filter_service.counters import RedisCounters, RedisSenderKeys, RedisStrikes
from filter_service.drafts import GrpcDrafts
from filter_service.forgetting import Forgetting
from filter_service.judge import Judge
from filter_service.records.recorder import Recorder
from filter_service.records.redis_store import RedisRecordStore
from filter_service.rule_source import GrpcRuleSource
from filter_service.servicers import FilterServicer
from filter_service.streams import Streams
from groupguard.filter.v1.filter_service_pb2_grpc import add_FilterServiceServicer_to_server
from groupguard_client import Addresses, AsyncGroupGuard
from service_kit.redis_client import connect
from support.services import in_process

SERVICE = "groupguard.filter.v1.FilterService"


@asynccontextmanager
async def replica(
    peers: Addresses, ephemeral_url: str, around: Callable[[Blacklists], Blacklists] = lambda it: it
) -> AsyncIterator[AsyncGroupGuard]:
    """Serves on a free port; yields a client of it and of its peers.

    Args:
        peers: where RuleService and BlacklistService are.
        ephemeral_url: the store that counts.
        around: wraps what tells who is listed.
    """
    ephemeral = connect(ephemeral_url)
    async with AsyncGroupGuard(peers) as gg:
        corps = Corps(GrpcRuleSource(gg.rules), time.monotonic)
        activity = Activity(GrpcActivityLog(gg.rules), time.time)
        blacklists = around(GrpcBlacklists(gg.blacklist))
        records = RedisRecordStore(ephemeral)
        recorder = Recorder(records, time.time)
        judge = Judge(corps, blacklists, RedisCounters(ephemeral), activity, recorder, time.time)
        forgetting = Forgetting(RedisSenderKeys(ephemeral), records, recorder)
        servicer = FilterServicer(
            judge, corps, RedisStrikes(ephemeral), GrpcDrafts(gg.rules), records, Streams(), forgetting
        )
        following = asyncio.create_task(corps.follow())
        try:
            async with (
                in_process(
                    SERVICE, lambda server: add_FilterServiceServicer_to_server(servicer, server), PERMISSIONS
                ) as target,
                AsyncGroupGuard(Addresses(peers.rule, target, peers.blacklist)) as client,
            ):
                yield client
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            await corps.close()
            await ephemeral.aclose()
