"""BlacklistService's settings."""

from dataclasses import dataclass

from service_kit.redis_url import store_url
from service_kit.server_settings import ServerSettings
from service_kit.settings import setting, whole_number


@dataclass(frozen=True, slots=True)
class BlacklistSettings:
    """What BlacklistService can be told, besides what every server can."""

    server: ServerSettings
    durable_url: str = setting(
        "GROUPGUARD_DURABLE_URL", None, store_url, "Redis or Valkey URL of the store that keeps blacklists"
    )
    replicas: int = setting(
        "GROUPGUARD_DURABLE_REPLICAS",
        "0",
        whole_number(0, 5),
        "replicas of the durable store that must have a write before it is acknowledged",
    )
