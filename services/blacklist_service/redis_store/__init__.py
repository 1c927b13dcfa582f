"""The stores of BlacklistService on Redis or Valkey: what must be one step is one Lua script."""

from blacklist_service.redis_store.publications import RedisPublications
from blacklist_service.redis_store.store import RedisBlacklistStore

__all__ = ["RedisBlacklistStore", "RedisPublications"]
