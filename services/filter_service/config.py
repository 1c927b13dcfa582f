"""FilterService's settings."""

from dataclasses import dataclass

from service_kit.redis_url import store_url
from service_kit.server import ServerSettings
from service_kit.settings import seconds, secret_file, setting, target


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """What FilterService can be told, besides what every server can."""

    server: ServerSettings
    ephemeral_url: str = setting(
        "GROUPGUARD_EPHEMERAL_URL", None, store_url, "Redis or Valkey URL of the store that counts"
    )
    rule_address: str = setting(
        "GROUPGUARD_RULE_ADDRESS", "127.0.0.1:7301", target, "gRPC target of RuleService"
    )
    blacklist_address: str = setting(
        "GROUPGUARD_BLACKLIST_ADDRESS", "127.0.0.1:7303", target, "gRPC target of BlacklistService"
    )
    token: str = setting(
        "GROUPGUARD_TOKEN_FILE",
        "none",
        secret_file,
        "file with the bearer token for both; none: no token is sent",
    )
    activity: float = setting(
        "GROUPGUARD_ACTIVITY_SECONDS",
        "60",
        seconds(1, 3600),
        "seconds between reports to RuleService of which groups are active",
    )
