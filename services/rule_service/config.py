"""RuleService's settings."""

from dataclasses import dataclass

from service_kit.redis_url import store_url
from service_kit.server_settings import ServerSettings
from service_kit.settings import setting, switch, whole_number


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What RuleService can be told, besides what every server can."""

    server: ServerSettings
    durable_url: str = setting(
        "GROUPGUARD_DURABLE_URL", None, store_url, "Redis or Valkey URL of the store that keeps rules"
    )
    replicas: int = setting(
        "GROUPGUARD_DURABLE_REPLICAS",
        "0",
        whole_number(0, 5),
        "replicas of the durable store that must have a write before it is acknowledged",
    )
    allow_migration: bool = setting(
        "GROUPGUARD_ALLOW_MIGRATION",
        "false",
        switch,
        "true: imports by the role migrator may leave rules in more than 20,000 groups",
    )
