"""The one factory of Redis clients: timeouts, pool and retries are decided here."""

from __future__ import annotations

import os
from typing import Any, Final, TypeAlias

from redis import exceptions as driver
from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

from service_kit.cluster_client import Cluster
from service_kit.redis_url import RedisUrl, parse
from service_kit.store_failures import StoreFailures

StoreClient: TypeAlias = Redis | RedisCluster

DEFAULT_TIMEOUT: Final = 2.0
"""Seconds for connecting, for an answer and for a free connection; a script runs about a millisecond."""
_MAX_CONNECTIONS: Final = 50
"""Of one client to one server: beyond it callers wait in line, for Redis serves one command at a time anyway."""
_MAX_CLUSTER_CONNECTIONS: Final = 256
"""Per node; redis-py's cluster client can't wait for a free one and refuses instead."""


def connect(
    url: str, *, timeout: float = DEFAULT_TIMEOUT, failures: StoreFailures | None = None
) -> StoreClient:
    """Returns a client for ``url`` (see ``redis_url``); connections are made on first use.

    The client never repeats a command by itself: only the caller knows what is safe to repeat. Answers are bytes.
    ``await client.aclose()`` closes everything.

    Args:
        url: the store.
        timeout: seconds for connecting, for an answer, and for waiting for a free connection.
        failures: where commands that fail are counted.

    Raises:
        ValueError: the URL is wrong or names a file that is not there; no text shows the password.
    """
    client = _client(url, timeout)
    client.failures = failures or StoreFailures()
    return client


def _client(url: str, timeout: float) -> _Single | _Cluster:
    target = parse(url)
    options = _common_options(target, timeout)
    tls = _tls_options(target)
    if target.kind == "cluster":
        return _cluster(target, {**options, **tls})
    limit = int(target.options.get("max_connections", _MAX_CONNECTIONS))
    waiting: dict[str, Any] = {"max_connections": limit, "timeout": timeout, "db": target.db}
    if target.kind == "sentinel":
        return _through_sentinels(target, {**options, **tls}, waiting)
    if target.kind == "unix":
        return _over(
            BlockingConnectionPool(
                connection_class=UnixDomainSocketConnection, path=target.path, **waiting, **options
            )
        )
    host, port = target.addresses[0]
    tls.pop("ssl", None)
    return _over(
        BlockingConnectionPool(
            connection_class=SSLConnection if target.tls else Connection,
            host=host,
            port=port,
            **waiting,
            **options,
            **tls,
        )
    )


class _Counting:
    """Mixed into a client: counts commands that fail."""

    failures: StoreFailures

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().execute_command(*args, **kwargs)  # type: ignore[misc]  # the client's
        except (driver.RedisError, driver.RedisClusterException, OSError) as error:
            self.failures.note(error)
            raise


class _Single(_Counting, Redis):  # type: ignore[misc]  # the stubs' bases of Redis contradict each other
    """A client of one server."""


def _over(pool: BlockingConnectionPool) -> _Single:
    client = _Single.from_pool(pool)
    assert isinstance(client, _Single)  # the stubs say Redis
    return client


class _WaitingSentinelPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connections to the current primary; waits for a free one, and closes the Sentinels' connections as well."""

    async def aclose(self) -> None:
        await super().aclose()
        await self.sentinel_manager.aclose()


def _through_sentinels(target: RedisUrl, options: dict[str, Any], waiting: dict[str, Any]) -> _Single:
    # The Sentinels have credentials of their own, or none.
    sentinel_options = {
        **options,
        "username": target.options.get("sentinel_username"),
        "password": target.options.get("sentinel_password"),
    }
    sentinels = Sentinel(target.addresses, sentinel_kwargs=sentinel_options)  # type: ignore[no-untyped-call]
    pool = _WaitingSentinelPool(target.service, sentinels, **waiting, **options)  # type: ignore[no-untyped-call]
    return _over(pool)


class _Cluster(_Counting, Cluster):  # type: ignore[misc]  # as above
    """A client of a cluster."""


def _cluster(target: RedisUrl, options: dict[str, Any]) -> _Cluster:
    return _Cluster(
        startup_nodes=[ClusterNode(host, port) for host, port in target.addresses],
        max_connections=int(target.options.get("max_connections", _MAX_CLUSTER_CONNECTIONS)),
        # A slot that has moved is noted by itself. After some of them redis-py would close all connections, with what is under
        # way on them, to read the layout anew; it still does when a node fails.
        reinitialize_steps=0,
        **options,
    )


def _common_options(target: RedisUrl, timeout: float) -> dict[str, Any]:
    return {
        "username": target.username,
        "password": target.password,
        "client_name": target.options.get("client_name"),
        "socket_connect_timeout": timeout,
        "socket_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": False,
        "protocol": 2,  # the same shapes of answers from every server version
    }


def _tls_options(target: RedisUrl) -> dict[str, Any]:
    if not target.tls:
        return {}
    files = {name: target.options.get(name) for name in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")}
    for name, file in files.items():
        if file is not None and not os.access(file, os.R_OK):
            raise ValueError(f"the Redis URL's option {name} names {file}, which can't be read")
    required = target.options.get("ssl_cert_reqs", "required")
    check = target.options.get("ssl_check_hostname", "true") == "true" and required != "none"
    return {"ssl": True, "ssl_cert_reqs": required, "ssl_check_hostname": check, **files}
