"""RuleStore on Redis or Valkey: one script in `lua/` for each write, plain commands for reading."""

from rule_service.redis_store.bindings import RedisBindings
from rule_service.redis_store.exemptions import RedisExemptions
from rule_service.redis_store.forgetting import RedisForgetting
from rule_service.redis_store.groups import RedisGroups
from rule_service.redis_store.history import RedisHistory
from rule_service.redis_store.registry import RedisRegistry
from rule_service.redis_store.rules import RedisRules
from rule_service.redis_store.settings import RedisSettings

__all__ = ["RedisRuleStore"]


class RedisRuleStore(
    RedisRules,
    RedisBindings,
    RedisGroups,
    RedisRegistry,
    RedisExemptions,
    RedisForgetting,
    RedisSettings,
    RedisHistory,
):
    """See `rule_service.store.RuleStore`."""
