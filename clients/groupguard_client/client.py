"""The two clients."""

import os
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

import grpc
import grpc.aio

from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceStub
from groupguard.filter.v1.filter_service_pb2_grpc import FilterServiceStub
from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceStub
from groupguard_client.calls import (
    AsyncStreamInterceptor,
    AsyncStreamStreamInterceptor,
    AsyncUnaryInterceptor,
    CallDefaults,
    SyncInterceptor,
)
from groupguard_client.connection import DEFAULT_ATTEMPTS, DEFAULT_TIMEOUT, Addresses, channel_options

if TYPE_CHECKING:
    from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceAsyncStub
    from groupguard.filter.v1.filter_service_pb2_grpc import FilterServiceAsyncStub
    from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceAsyncStub


def _defaults(timeout: float, token: str | None, environment: Mapping[str, str] = os.environ) -> CallDefaults:
    return CallDefaults(timeout, environment.get("GROUPGUARD_TOKEN", "") if token is None else token)


class GroupGuard:
    """A synchronous client of the three services; usable from several threads.

    Attributes:
        rules: stub of RuleService.
        filter: stub of FilterService.
        blacklist: stub of BlacklistService.
    """

    rules: RuleServiceStub
    filter: FilterServiceStub
    blacklist: BlacklistServiceStub

    def __init__(
        self,
        addresses: Addresses | None = None,
        *,
        token: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        attempts: int = DEFAULT_ATTEMPTS,
    ) -> None:
        """Makes the channels; they connect on first use.

        Args:
            addresses: where the services are; from the environment if None.
            token: bearer token; GROUPGUARD_TOKEN if None.
            timeout: seconds for a unary call that brings no timeout of its own.
            attempts: how often a call is tried that a server did not take, 2 to 5.
        """
        where = addresses or Addresses.from_environment()
        interceptor = SyncInterceptor(_defaults(timeout, token))
        self._channels = [
            grpc.insecure_channel(target, channel_options(target, attempts))
            for target in (where.rule, where.filter, where.blacklist)
        ]
        to_rule, to_filter, to_blacklist = (
            grpc.intercept_channel(channel, interceptor) for channel in self._channels
        )
        self.rules = RuleServiceStub(to_rule)
        self.filter = FilterServiceStub(to_filter)
        self.blacklist = BlacklistServiceStub(to_blacklist)

    def close(self) -> None:
        """Closes the channels; calls under way end CANCELLED."""
        for channel in self._channels:
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncGroupGuard:
    """A client for asyncio; made, used and closed in one event loop.

    Attributes:
        rules: stub of RuleService.
        filter: stub of FilterService.
        blacklist: stub of BlacklistService.
    """

    rules: "RuleServiceAsyncStub"
    filter: "FilterServiceAsyncStub"
    blacklist: "BlacklistServiceAsyncStub"

    def __init__(
        self,
        addresses: Addresses | None = None,
        *,
        token: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        attempts: int = DEFAULT_ATTEMPTS,
    ) -> None:
        """Makes the channels; see `GroupGuard`."""
        where = addresses or Addresses.from_environment()
        defaults = _defaults(timeout, token)
        interceptors = [
            AsyncUnaryInterceptor(defaults),
            AsyncStreamInterceptor(defaults),
            AsyncStreamStreamInterceptor(defaults),
        ]
        to_rule, to_filter, to_blacklist = self._channels = [
            grpc.aio.insecure_channel(target, channel_options(target, attempts), interceptors=interceptors)
            for target in (where.rule, where.filter, where.blacklist)
        ]
        self.rules = RuleServiceStub(to_rule)
        self.filter = FilterServiceStub(to_filter)
        self.blacklist = BlacklistServiceStub(to_blacklist)

    async def close(self) -> None:
        """Closes the channels; calls under way end CANCELLED."""
        for channel in self._channels:
            await channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
