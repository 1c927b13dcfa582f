"""The two clients."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import grpc
import grpc.aio

from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceStub
from groupguard.filter.v1.filter_service_pb2_grpc import FilterServiceStub
from groupguard.filter.v1.message_pb2 import Message
from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceStub
from groupguard_client.calls import (
    AsyncStreamInterceptor,
    AsyncStreamStreamInterceptor,
    AsyncStreamUnaryInterceptor,
    AsyncUnaryInterceptor,
    CallDefaults,
    SyncInterceptor,
)
from groupguard_client.connection import DEFAULT_ATTEMPTS, DEFAULT_TIMEOUT, Addresses, channel_options
from groupguard_client.renewing import RenewingChannel
from groupguard_client.streaming import Result, check_messages
from groupguard_client.tls import Tls

if TYPE_CHECKING:
    from groupguard.blacklist.v1.blacklist_service_pb2_grpc import BlacklistServiceAsyncStub
    from groupguard.filter.v1.filter_service_pb2_grpc import FilterServiceAsyncStub
    from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceAsyncStub


Token = str | Callable[[], str] | None
"""A bearer token, or what gives one for each call, so that it can be exchanged; None for GROUPGUARD_TOKEN."""


Headers = Callable[[], Iterable[tuple[str, str]]]
"""Gives metadata for each call, beside the token: a `traceparent`, say."""


def _defaults(
    timeout: float, token: Token, headers: Headers, environment: Mapping[str, str] = os.environ
) -> CallDefaults:
    if callable(token):
        return CallDefaults(timeout, token, headers)
    fixed = environment.get("GROUPGUARD_TOKEN", "") if token is None else token
    return CallDefaults(timeout, lambda: fixed, headers)


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
        token: Token = None,
        tls: Tls | None = None,
        headers: Headers = tuple,
        timeout: float = DEFAULT_TIMEOUT,
        attempts: int = DEFAULT_ATTEMPTS,
    ) -> None:
        """Makes the channels; they connect on first use.

        Args:
            addresses: where the services are; from the environment if None.
            token: bearer token, or what gives one for each call; GROUPGUARD_TOKEN if None.
            tls: how to speak TLS; as the environment says if None, which is plaintext without GROUPGUARD_CA_FILE.
            headers: gives metadata for each call, as a `traceparent` by which it belongs to a trace.
            timeout: seconds for a unary call that brings no timeout of its own.
            attempts: how often a call is tried that a server did not take, 1 to 5.

        Raises:
            ValueError: there can't be so many attempts, or the environment names files for TLS that can't be used.
        """
        where = addresses or Addresses.from_environment()
        secured = tls or Tls.from_environment()
        interceptor = SyncInterceptor(_defaults(timeout, token, headers))
        self._channels = [
            grpc.secure_channel(target, secured.credentials(), channel_options(target, attempts))
            if secured
            else grpc.insecure_channel(target, channel_options(target, attempts))
            for target in (where.rule, where.filter, where.blacklist)
        ]
        to_rule, to_filter, to_blacklist = (
            grpc.intercept_channel(channel, interceptor) for channel in self._channels
        )
        self.rules = RuleServiceStub(to_rule)
        self.filter = FilterServiceStub(to_filter)
        self.blacklist = BlacklistServiceStub(to_blacklist)

    def check_messages(
        self,
        corp_id: str,
        messages: Iterable[Message],
        *,
        min_rules_revision: str = "",
        min_blacklist_revision: str = "",
    ) -> Iterator[Result]:
        """Yields a result for each of any number of messages, in their order; see `streaming.check_messages`."""
        return check_messages(
            self.filter,
            corp_id,
            messages,
            min_rules_revision=min_rules_revision,
            min_blacklist_revision=min_blacklist_revision,
        )

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


def _aio_channel(
    target: str, attempts: int, interceptors: Sequence[Any], tls: Tls | None
) -> grpc.aio.Channel:
    options = channel_options(target, attempts)
    if tls is None:
        return grpc.aio.insecure_channel(target, options, interceptors=interceptors)
    return grpc.aio.secure_channel(target, tls.credentials(), options, interceptors=interceptors)


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
        token: Token = None,
        tls: Tls | Callable[[], Tls] | None = None,
        headers: Headers = tuple,
        timeout: float = DEFAULT_TIMEOUT,
        attempts: int = DEFAULT_ATTEMPTS,
    ) -> None:
        """Makes the channels; see `GroupGuard`. What gives a Tls for each call lets certificates be exchanged."""
        where = addresses or Addresses.from_environment()
        secured = tls or Tls.from_environment()
        defaults = _defaults(timeout, token, headers)
        interceptors = [
            AsyncUnaryInterceptor(defaults),
            AsyncStreamInterceptor(defaults),
            AsyncStreamUnaryInterceptor(defaults),
            AsyncStreamStreamInterceptor(defaults),
        ]

        def channel(target: str) -> Any:
            if callable(secured):
                return RenewingChannel(secured, partial(_aio_channel, target, attempts, interceptors))
            return _aio_channel(target, attempts, interceptors, secured)

        to_rule, to_filter, to_blacklist = self._channels = [
            channel(target) for target in (where.rule, where.filter, where.blacklist)
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
