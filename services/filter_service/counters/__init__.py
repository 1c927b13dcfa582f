"""What is counted over messages: how many a sender sends, how often the same, and how often rules were hit."""

from filter_service.counters.redis_counters import RedisCounters
from filter_service.counters.redis_strikes import RedisStrikes
from filter_service.counters.sender_keys import Counted, RedisSenderKeys
from filter_service.counters.store import Counters, PersonStrikes, Strikes, StrikesPage

__all__ = [
    "Counted",
    "Counters",
    "PersonStrikes",
    "RedisCounters",
    "RedisSenderKeys",
    "RedisStrikes",
    "Strikes",
    "StrikesPage",
]
