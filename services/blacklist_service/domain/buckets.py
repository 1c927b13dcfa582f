"""How a list is spread over buckets.

A bucket is one Redis hash. Up to 128 small fields, or more where so configured, the store keeps a hash as a
listpack, in a third of the memory of a real hash table. A full list has 100 entries a bucket, so that chance
fills few beyond 128.
"""

from blacklist_service.domain.entry import ListKind
from blacklist_service.domain.hashing import stable_hash

BUCKETS = {ListKind.ENTERPRISE: 20_000, ListKind.PERSONAL: 500}
"""Buckets of one list: its limit over 100. Part of the stored form, as the hash is."""


def bucket_of(kind: ListKind, external_userid: str) -> int:
    """Returns the number of the bucket that a customer's entry is in, from 0."""
    return stable_hash(external_userid) % BUCKETS[kind]
