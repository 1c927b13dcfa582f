"""What every server can be told."""

from dataclasses import dataclass
from pathlib import Path

from service_kit.admission import DEFAULT_MOST_BYTES
from service_kit.settings import (
    fraction,
    listen_address,
    one_of,
    optional_file,
    optional_listen_address,
    optional_text,
    optional_url,
    seconds,
    setting,
    switch,
    whole_number,
)

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""Largest request unless set otherwise; gRPC's own default, said here because the protos count on it."""


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Whose calls a server takes."""

    tokens_file: Path | None = setting(
        "GROUPGUARD_TOKENS_FILE",
        "none",
        optional_file,
        "JSON file of the static bearer tokens to accept; read again when it changes",
    )
    jwks_file: Path | None = setting(
        "GROUPGUARD_JWKS_FILE",
        "none",
        optional_file,
        "JWK Set of the public keys whose JWTs to accept; read again when it changes; with neither file no token is asked",
    )
    jwt_issuer: str = setting("GROUPGUARD_JWT_ISSUER", "none", optional_text, "`iss` of accepted JWTs")
    jwt_audience: str = setting(
        "GROUPGUARD_JWT_AUDIENCE", "groupguard", optional_text, "what `aud` of accepted JWTs is or holds"
    )
    insecure: bool = setting(
        "GROUPGUARD_INSECURE", "false", switch, "true: listen beyond loopback even without tokens"
    )


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """How a server shows who it is, and asks for the same."""

    certificate: Path | None = setting(
        "GROUPGUARD_TLS_CERT_FILE",
        "none",
        optional_file,
        "certificate chain to serve TLS with, PEM; read again when it changes; none: plaintext",
    )
    key: Path | None = setting(
        "GROUPGUARD_TLS_KEY_FILE", "none", optional_file, "the certificate's private key, PEM, not encrypted"
    )
    client_ca: Path | None = setting(
        "GROUPGUARD_TLS_CLIENT_CA_FILE",
        "none",
        optional_file,
        "authorities, PEM, one of which must have signed a client's certificate; none: clients need no certificate",
    )


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How much a server takes."""

    message_bytes: int = setting(
        "GROUPGUARD_MESSAGE_BYTES",
        str(MAX_MESSAGE_BYTES),
        whole_number(64 * 1024, 64 * 1024 * 1024),
        "bytes of the largest request",
    )
    longest_call: float = setting(
        "GROUPGUARD_LONGEST_CALL_SECONDS",
        "10",
        seconds(0.01, 600),
        "seconds after which a unary call is ended",
    )
    calls: int = setting(
        "GROUPGUARD_CALLS",
        "500",
        whole_number(1, 100_000),
        "unary calls under way at once; more are refused; from half of it on, those that would be too late are as well",
    )
    request_bytes: int = setting(
        "GROUPGUARD_REQUEST_BYTES",
        str(DEFAULT_MOST_BYTES),
        whole_number(64 * 1024 * 1024, 1 << 40),
        "bytes of all requests that are worked on at once; what would be more is refused",
    )
    streams: int = setting(
        "GROUPGUARD_STREAMS_PER_CALLER",
        "500",
        whole_number(1, 100_000),
        "streams that one caller may have open at once",
    )
    corp_rate: int = setting(
        "GROUPGUARD_CORP_REQUESTS_PER_SECOND",
        "0",
        whole_number(0, 1_000_000),
        "requests a second that each server takes of one corp, those of our own services aside; 0: any number",
    )
    corp_burst: int = setting(
        "GROUPGUARD_CORP_BURST",
        "100",
        whole_number(1, 1_000_000),
        "requests that a corp may make at once after a pause",
    )
    silence: float = setting(
        "GROUPGUARD_SILENCE_SECONDS",
        "300",
        seconds(0.01, 86_400),
        "seconds within which a client must send the next message of its stream",
    )
    slow_reader: float = setting(
        "GROUPGUARD_SLOW_READER_SECONDS",
        "60",
        seconds(0.01, 86_400),
        "seconds within which a client must take the next message of a stream",
    )
    handshake: float = setting(
        "GROUPGUARD_HANDSHAKE_SECONDS",
        "10",
        seconds(0.1, 120),
        "seconds within which a connection must have been set up",
    )
    keepalive: float = setting(
        "GROUPGUARD_KEEPALIVE_SECONDS",
        "60",
        seconds(1, 7200),
        "seconds of silence after which a connection is pinged; one that does not answer in 20 s is closed",
    )
    connection_idle: float = setting(
        "GROUPGUARD_CONNECTION_IDLE_SECONDS",
        "900",
        seconds(1, 86_400),
        "seconds without a call after which a connection is closed",
    )
    connection_age: float = setting(
        "GROUPGUARD_CONNECTION_AGE_SECONDS",
        "3600",
        seconds(1, 86_400),
        "seconds after which a client is asked to connect anew, about; its calls under way go on",
    )
    connection_grace: float = setting(
        "GROUPGUARD_CONNECTION_GRACE_SECONDS",
        "600",
        seconds(1, 86_400),
        "seconds that they, and streams, may take then before they are cut",
    )


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """Where traces go."""

    endpoint: str = setting(
        "GROUPGUARD_OTLP_ENDPOINT",
        "none",
        optional_url,
        "collector that takes traces by OTLP over gRPC, as http://host:4317; none: no traces",
    )
    sample: float = setting(
        "GROUPGUARD_TRACE_SAMPLE",
        "0.01",
        fraction,
        "share of calls to trace, 0 to 1, of those whose callers did not decide it by a traceparent",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
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
    metrics_listen: str = setting(
        "GROUPGUARD_METRICS_LISTEN",
        "none",
        optional_listen_address,
        "host:port for Prometheus, plain HTTP, GET /metrics; none: no metrics are served",
    )
    access: AccessSettings
    tls: TlsSettings
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
    limits: LimitSettings
    traces: TraceSettings
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
