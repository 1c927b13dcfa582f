"""BlacklistStore on Redis or Valkey."""

from blacklist_service.redis_store.forgetting import RedisForgetting


class RedisBlacklistStore(RedisForgetting):
    """See `blacklist_service.store.BlacklistStore`."""
