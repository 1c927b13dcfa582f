"""RuleService's settings."""

from dataclasses import dataclass

from service_kit.redis_url import store_url
from service_kit.server import ServerSettings
from service_kit.settings import setting, switch


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What RuleService can be told, besides what every server can."""

    server: ServerSettings
    durable_url: str = setting(
        "GROUPGUARD_DURABLE_URL", None, store_url, "Redis or Valkey URL of the store that keeps rules"
    )
    allow_migration: bool = setting(
        "GROUPGUARD_ALLOW_MIGRATION",
        "false",
        switch,
        "true: imports by the role migrator may leave rules in more than 20,000 groups",
    )
