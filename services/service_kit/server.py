"""One way to run a gRPC server: settings, ports, health, and an end that loses no call."""

import asyncio
import ipaddress
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from service_kit import auth
from service_kit.health import Health, Probe
from service_kit.interceptor import CallInterceptor, CallPolicy
from service_kit.request_log import log
from service_kit.settings import (
    SettingsError,
    fraction,
    listen_address,
    one_of,
    optional_file,
    seconds,
    setting,
    switch,
)

_ENDING = (signal.SIGTERM, signal.SIGINT)
HEALTH_SERVICE = "grpc.health.v1.Health"
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""Largest request; gRPC's own default, said here because the protos count on it."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What every server can be told."""

    listen: str = setting(
        "GROUPGUARD_LISTEN", None, listen_address, "host:port to serve gRPC on; port 0: any free one"
    )
    health_listen: str = setting(
        "GROUPGUARD_HEALTH_LISTEN",
        "127.0.0.1:0",
        listen_address,
        "host:port for plaintext health checks only",
    )
    tokens_file: Path | None = setting(
        "GROUPGUARD_TOKENS_FILE",
        "none",
        optional_file,
        "JSON file of the bearer tokens to accept; none: no token asked",
    )
    insecure: bool = setting(
        "GROUPGUARD_INSECURE", "false", switch, "true: listen beyond loopback even without tokens"
    )
    drain: float = setting(
        "GROUPGUARD_DRAIN_SECONDS",
        "0.5",
        seconds(0, 60),
        "seconds between NOT_SERVING and refusing new calls",
    )
    grace: float = setting(
        "GROUPGUARD_GRACE_SECONDS",
        "4",
        seconds(0, 60),
        "seconds that accepted calls get to finish at shutdown",
    )
    longest_call: float = setting(
        "GROUPGUARD_LONGEST_CALL_SECONDS",
        "10",
        seconds(0.01, 600),
        "seconds after which a unary call is ended",
    )
    log_sample: float = setting(
        "GROUPGUARD_LOG_SAMPLE",
        "1",
        fraction,
        "share of successful calls to log, 0 to 1; failed ones always are",
    )
    log_level: str = setting(
        "GROUPGUARD_LOG_LEVEL", "info", one_of("debug", "info", "warning", "error"), "least level to log"
    )
    log_format: str = setting(
        "GROUPGUARD_LOG_FORMAT", "json", one_of("json", "text"), "json, or text for people"
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """What a process serves."""

    service: str
    """Full name of the gRPC service."""
    register: Callable[[grpc.aio.Server], None]
    """Adds the servicer to a server."""
    permissions: Mapping[str, frozenset[str]]
    """Role kinds, one of which each method asks for, by method name without the service."""
    components: dict[str, Probe]
    """What the service needs to work, by name."""
    end_streams: Callable[[], None] = lambda: None
    """Ends the service's own endless streams."""


async def serve(settings: ServerSettings, offer: Offer) -> None:
    """Serves until SIGTERM or SIGINT, then stops without losing a call.

    When calls are accepted a line `ready {"service": …, "port": …, "health_port": …}` goes to standard output.
    At the end health turns to NOT_SERVING, new calls are still taken for the drain time while balancers look
    elsewhere, endless streams end, and calls under way get the grace time.

    Raises:
        SettingsError: the tokens file is wrong, a port is taken, or the server would listen beyond loopback
            without asking for tokens.
    """
    tokens = _tokens(settings)
    permissions = {f"/{offer.service}/{method}": roles for method, roles in offer.permissions.items()}
    policy = CallPolicy(permissions, tokens, settings.longest_call, settings.log_sample)
    options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
    server = grpc.aio.server(interceptors=[CallInterceptor(policy)], options=options)
    health_only = grpc.aio.server(options=options)
    health = Health([offer.service], offer.components)

    offer.register(server)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    reflection.enable_server_reflection((offer.service, HEALTH_SERVICE, reflection.SERVICE_NAME), server)
    health_pb2_grpc.add_HealthServicer_to_server(health, health_only)
    port = _bind(server, settings.listen, "GROUPGUARD_LISTEN")
    health_port = _bind(health_only, settings.health_listen, "GROUPGUARD_HEALTH_LISTEN")

    stop = _on_signal()
    await health.begin()
    await server.start()
    await health_only.start()
    await health.look()
    watcher = asyncio.create_task(health.watch_components())
    ready = {"service": offer.service, "port": port, "health_port": health_port}
    sys.stdout.write(f"ready {json.dumps(ready)}\n")
    sys.stdout.flush()
    log().info("ready", **{key: value for key, value in ready.items() if key != "service"})
    try:
        await stop.wait()
    finally:
        log().info("stopping")
        await health.enter_graceful_shutdown()
        watcher.cancel()
        await asyncio.sleep(settings.drain)
        health.end_watches()
        offer.end_streams()
        await server.stop(settings.grace)
        await health_only.stop(0)
        with suppress(asyncio.CancelledError):
            await watcher
        log().info("stopped")


def run(main: Callable[[], Awaitable[None]]) -> int:
    """Runs an entry point on uvloop; returns the process's exit code, 2 for wrong settings."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_until_terminated(main))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


async def _until_terminated(main: Callable[[], Awaitable[None]]) -> None:
    """Runs an entry point; SIGTERM or SIGINT ends it even before it serves, while it waits for its store, say.

    Without handlers nothing ends a container's first process, and SIGINT no process of a background job.
    """
    running = asyncio.ensure_future(main())
    for number in _ENDING:
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with suppress(asyncio.CancelledError):
        await running


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # no wheel for this platform: asyncio's own loop does the same, slower
        return None
    return uvloop.new_event_loop


def _tokens(settings: ServerSettings) -> auth.Tokens | None:
    if settings.tokens_file is not None:
        try:
            return auth.Tokens.read(settings.tokens_file)
        except ValueError as error:
            raise SettingsError(f"GROUPGUARD_TOKENS_FILE: {error}") from None
    host = settings.listen.rpartition(":")[0].strip("[]")
    if not _is_loopback(host) and not settings.insecure:
        raise SettingsError(
            f"GROUPGUARD_LISTEN: {settings.listen} is beyond loopback and no token would be asked for; "
            "set GROUPGUARD_TOKENS_FILE, or GROUPGUARD_INSECURE=true if that is meant"
        )
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name: 127.example.com may be anywhere
        return host == "localhost"


def _bind(server: grpc.aio.Server, address: str, variable: str) -> int:
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:
        port = 0
    if port == 0:
        raise SettingsError(
            f"{variable}: can't listen on {address}: the port is taken or the host is not ours"
        )
    return port


def _on_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, stop.set)
    return stop
