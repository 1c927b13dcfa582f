"""How a list is spread over buckets.

A bucket is one Redis hash. Up to 128 small fields, or more where so configured, the store keeps a hash as a
listpack, in a third of the memory of a real hash table. A full list has 100 entries a bucket, so that chance
fills few beyond 128.
"""

from collections.abc import Iterable

from blacklist_service.domain.entry import ListKind
from blacklist_service.domain.hashing import stable_hash

BUCKETS = {ListKind.ENTERPRISE: 20_000, ListKind.PERSONAL: 500}
"""Buckets of one list: its limit over 100. Part of the stored form, as the hash is."""
MOST_AT_ONCE = 2_000
"""Buckets that one script reads, empty ones included: half a millisecond of the store's time."""


def bucket_of(kind: ListKind, external_userid: str) -> int:
    """Returns the number of the bucket that a customer's entry is in, from 0."""
    return stable_hash(external_userid) % BUCKETS[kind]


def buckets_of(kind: ListKind, external_userids: Iterable[str]) -> list[int]:
    """Returns the numbers of the buckets that customers' entries are in."""
    buckets = BUCKETS[kind]
    return [stable_hash(id) % buckets for id in external_userids]


def buckets_at_once(kind: ListKind, count: int, entries: int) -> int:
    """Returns how many buckets of a list to read at once, so as to get about so many entries.

    Args:
        kind: the list's.
        count: entries on the list.
        entries: how many are wanted.
    """
    return max(1, min(BUCKETS[kind], MOST_AT_ONCE, BUCKETS[kind] * entries // max(count, 1)))
