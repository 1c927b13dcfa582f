"""The store that groupguard brings along: Valkey servers on unix sockets, owned by the process that starts them."""

from service_kit.embedded.binary import valkey_binary
from service_kit.embedded.errors import (
    EmbeddedStoreError,
    EmbeddedStoreUnavailable,
    ServerDied,
    StoreInUse,
    UnusableFolder,
)
from service_kit.embedded.readiness import LoadProgress
from service_kit.embedded.server import ValkeyServer, socket_in
from service_kit.embedded.store import EmbeddedStore

__all__ = [
    "EmbeddedStore",
    "EmbeddedStoreError",
    "EmbeddedStoreUnavailable",
    "LoadProgress",
    "ServerDied",
    "StoreInUse",
    "UnusableFolder",
    "ValkeyServer",
    "socket_in",
    "valkey_binary",
]
