"""One way to run a gRPC server: ports, health, and an end that loses no call."""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from service_kit.access import open_access
from service_kit.admission import Admission
from service_kit.health import Health, Probe
from service_kit.interceptor import CallInterceptor, CallPolicy
from service_kit.policy_figures import figures_of
from service_kit.quota import CorpQuota
from service_kit.request_log import log
from service_kit.server_settings import LimitSettings, ServerSettings, TraceSettings
from service_kit.settings import SettingsError
from service_kit.telemetry import UNTRACED, Figure, Tracer, bind, open_endpoint, port_of, registry_of
from service_kit.tls import server_credentials

if TYPE_CHECKING:
    from service_kit.telemetry.tracing import OtlpTracer

_ENDING = (signal.SIGTERM, signal.SIGINT)
HEALTH_SERVICE = "grpc.health.v1.Health"
_KEEPALIVE_ANSWER_SECONDS = 20.0
_LEAST_PING_SECONDS = 10.0
"""Clients that ping more often are cut off."""


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
    answering_each: frozenset[str] = frozenset()
    """Methods that answer each request of a stream by itself, also one that is refused."""
    figures: Sequence[Figure] = ()
    """The service's own metrics."""


async def serve(settings: ServerSettings, offer: Offer) -> None:
    """Serves until SIGTERM or SIGINT, then stops without losing a call.

    When calls are accepted a line `ready {"service": …, "port": …, "health_port": …}` goes to standard output, with
    `"metrics_port"` where metrics are served.
    At the end health turns to NOT_SERVING, new calls are still taken for the drain time while balancers look
    elsewhere, endless streams end, and calls under way get the grace time.

    Raises:
        SettingsError: a file of tokens, keys or certificates is wrong, a port is taken, or the server would listen
            beyond loopback without asking for tokens.
    """
    tracer = _tracer(settings.traces, offer.service)
    policy = _policy(settings, offer, tracer or UNTRACED)
    credentials = server_credentials(settings.tls)
    options = _options(settings.limits)
    server = grpc.aio.server(interceptors=[CallInterceptor(policy)], options=options)
    health_only = grpc.aio.server(options=options)
    health = Health([offer.service], offer.components)

    offer.register(server)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    reflection.enable_server_reflection((offer.service, HEALTH_SERVICE, reflection.SERVICE_NAME), server)
    health_pb2_grpc.add_HealthServicer_to_server(health, health_only)
    port = _bind(server, settings.listen, "GROUPGUARD_LISTEN", credentials)
    health_port = _bind(health_only, settings.health_listen, "GROUPGUARD_HEALTH_LISTEN")
    ports = {"port": port, "health_port": health_port}
    metrics_socket = bind(settings.metrics_listen) if settings.metrics_listen else None
    if metrics_socket is not None:
        ports["metrics_port"] = port_of(metrics_socket)

    stop = _on_signal()
    await health.begin()
    await server.start()
    await health_only.start()
    await health.look()
    watcher = asyncio.create_task(health.watch_components())
    metrics = None
    if metrics_socket is not None:
        figures = [*figures_of(policy), *offer.figures]
        metrics = await open_endpoint(metrics_socket, registry_of(figures, policy.tally))
    sys.stdout.write(f"ready {json.dumps({'service': offer.service, **ports})}\n")
    sys.stdout.flush()
    log().info("ready", **ports)
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
        if metrics is not None:
            metrics.close()
        if tracer is not None:
            await asyncio.to_thread(tracer.close)
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


def _tracer(settings: TraceSettings, service: str) -> "OtlpTracer | None":
    if not settings.endpoint:
        return None
    try:
        from service_kit.telemetry.tracing import open_tracer
    except ImportError:
        raise SettingsError(
            "GROUPGUARD_OTLP_ENDPOINT: OpenTelemetry is not installed; pip install 'groupguard[tracing]'"
        ) from None
    return open_tracer(service, settings.endpoint, settings.sample)


def _policy(settings: ServerSettings, offer: Offer, tracer: Tracer) -> CallPolicy:
    limits = settings.limits
    return CallPolicy(
        permissions={f"/{offer.service}/{method}": roles for method, roles in offer.permissions.items()},
        tokens=open_access(settings.access, settings.listen),
        longest_call=limits.longest_call,
        log_sample=settings.log_sample,
        admission=Admission(limits.calls, limits.streams, limits.request_bytes),
        quota=CorpQuota(limits.corp_rate, limits.corp_burst) if limits.corp_rate else None,
        silence=limits.silence,
        slow_reader=limits.slow_reader,
        answering_each=frozenset(f"/{offer.service}/{method}" for method in offer.answering_each),
        tracer=tracer,
    )


def _options(limits: LimitSettings) -> list[tuple[str, Any]]:
    """Returns the options of a port; gRPC reads times in milliseconds."""
    times = {
        "grpc.server_handshake_timeout_ms": limits.handshake,
        "grpc.keepalive_time_ms": limits.keepalive,
        "grpc.keepalive_timeout_ms": _KEEPALIVE_ANSWER_SECONDS,
        "grpc.max_connection_idle_ms": limits.connection_idle,
        "grpc.max_connection_age_ms": limits.connection_age,
        "grpc.max_connection_age_grace_ms": limits.connection_grace,
        "grpc.http2.min_ping_interval_without_data_ms": _LEAST_PING_SECONDS,
    }
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", limits.message_bytes),
        ("grpc.keepalive_permit_without_calls", 1),
        *((name, round(value * 1000)) for name, value in times.items()),
    ]


def _bind(
    server: grpc.aio.Server, address: str, variable: str, credentials: grpc.ServerCredentials | None = None
) -> int:
    try:
        port = (
            server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
        )
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
