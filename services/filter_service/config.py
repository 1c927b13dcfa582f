"""FilterService's settings."""

from dataclasses import dataclass
from pathlib import Path

from service_kit.redis_url import optional_store_url, store_url
from service_kit.server_settings import ServerSettings
from service_kit.settings import optional_file, optional_text, seconds, setting, target, whole_number


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """What FilterService can be told, besides what every server can."""

    server: ServerSettings
    ephemeral_url: str = setting(
        "GROUPGUARD_EPHEMERAL_URL", None, store_url, "Redis or Valkey URL of the store that counts"
    )
    durable_url: str | None = setting(
        "GROUPGUARD_DURABLE_URL",
        "none",
        optional_store_url,
        "the same, to read the blacklists' filters from; none: BlacklistService is asked about every sender",
    )
    filter_memory: int = setting(
        "GROUPGUARD_FILTER_MEMORY_MIB",
        "256",
        whole_number(8, 65536),
        "MiB that the blacklists' filters may take; those of corps not seen for longest go first",
    )
    rule_address: str = setting(
        "GROUPGUARD_RULE_ADDRESS", "127.0.0.1:7301", target, "gRPC target of RuleService"
    )
    blacklist_address: str = setting(
        "GROUPGUARD_BLACKLIST_ADDRESS", "127.0.0.1:7303", target, "gRPC target of BlacklistService"
    )
    token_file: Path | None = setting(
        "GROUPGUARD_TOKEN_FILE",
        "none",
        optional_file,
        "file with the bearer token for both; read again when it changes; none: no token is sent",
    )
    ca_file: str = setting(
        "GROUPGUARD_CA_FILE",
        "none",
        optional_text,
        "authorities, PEM, one of which must have signed the others' certificates, or `system`; none: plaintext to both; this and the next two are read again when they change",
    )
    client_cert_file: str = setting(
        "GROUPGUARD_CLIENT_CERT_FILE", "none", optional_text, "own certificate chain to show to both, PEM"
    )
    client_key_file: str = setting(
        "GROUPGUARD_CLIENT_KEY_FILE", "none", optional_text, "its private key, PEM, not encrypted"
    )
    activity: float = setting(
        "GROUPGUARD_ACTIVITY_SECONDS",
        "60",
        seconds(1, 3600),
        "seconds between reports to RuleService of which groups are active",
    )
    snapshot_memory: int = setting(
        "GROUPGUARD_SNAPSHOT_MEMORY",
        "1024",
        whole_number(16, 1_048_576),
        "MiB that the rules of all corps in memory may take; those not asked for longest go",
    )
