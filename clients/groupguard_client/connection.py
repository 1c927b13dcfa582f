"""Where the services are, and how channels to them behave."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

PORTS = {"rule": 7301, "filter": 7302, "blacklist": 7303}
"""Where `groupguard serve all` listens on loopback."""
DEFAULT_TIMEOUT = 5.0
"""Seconds a unary call may take, its retries included, if the caller says nothing else."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Targets of the three services, in gRPC's form: `host:port`, `dns:///host:port`, `ipv4:a:p,b:p`."""

    rule: str = f"127.0.0.1:{PORTS['rule']}"
    filter: str = f"127.0.0.1:{PORTS['filter']}"
    blacklist: str = f"127.0.0.1:{PORTS['blacklist']}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Reads GROUPGUARD_RULE_ADDRESS, GROUPGUARD_FILTER_ADDRESS and GROUPGUARD_BLACKLIST_ADDRESS."""
        said = {name: environment.get(f"GROUPGUARD_{name.upper()}_ADDRESS") for name in PORTS}
        return cls(**{name: address for name, address in said.items() if address})


DEFAULT_ATTEMPTS = MOST_ATTEMPTS = 5
"""Tries of a call that a server did not take, within its timeout; gRPC allows no more."""
MAX_RESPONSE_BYTES = 64 * 1024 * 1024
"""Largest response taken. gRPC's own 4 MiB are too few for 1,000 verdicts with 100 hits each."""
_LOOPBACK = ("127.", "localhost:", "[::1]:", "ipv4:127.", "ipv6:[::1]", "unix:")


def channel_options(target: str, attempts: int = DEFAULT_ATTEMPTS) -> list[tuple[str, Any]]:
    """Returns the options of a channel: balancing over all addresses, away from servers that stop, and retries.

    Retries are safe for all methods: writes carry a request_id, and a verdict is remembered by its message_id.
    All of them together last longer than the longest pause between two attempts to connect: a call to a server that
    has just come back finds it.

    Raises:
        ValueError: the number of attempts is none of 1 to 5.
    """
    if not 1 <= attempts <= MOST_ATTEMPTS:
        raise ValueError(f"attempts: 1 to {MOST_ATTEMPTS} are possible, not {attempts}")
    retries = {
        "retryPolicy": {
            "maxAttempts": attempts,
            "initialBackoff": "0.05s",
            "maxBackoff": "1s",
            "backoffMultiplier": 3,
            # CANCELLED is what a call gets that a stopping server had not accepted yet.
            "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
        }
    }
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        # A server that begins to shut down says so under this name; the balancer then goes elsewhere.
        "healthCheckConfig": {"serviceName": "process"},
        "methodConfig": [{"name": [{}], **(retries if attempts > 1 else {})}],
    }
    return [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.enable_retries", 1),
        # Each channel has connections of its own. Where two channels of a process share them and begin at one moment, gRPC
        # 1.85 may watch health on a connection that is not there yet, and the process dies of a segmentation fault.
        ("grpc.use_local_subchannel_pool", 1),
        # A proxy named by http_proxy can't reach this machine's own loopback.
        ("grpc.enable_http_proxy", 0 if target.startswith(_LOOPBACK) else 1),
        ("grpc.max_receive_message_length", MAX_RESPONSE_BYTES),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1_000),
    ]
