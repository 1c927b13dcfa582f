"""The filter over a corp's blacklists, which BlacklistService publishes and FilterService follows.

A customer whom the filter does not hold is on no list; one whom it holds has to be looked up. It is one Bloom filter a corp, over
pairs of list and customer, in two parts that lie in the durable store: a published blob, which holds everything up to a revision,
and a tail, which holds what was added since. Every write of the lists moves the corp's *blacklist revision* on and leaves a record
in the tail, within one script.

What is here is the stored form, which every process has to read in the same way: hashing (`digest`, `bits`, `shape`), keys
(`keys`), the blob's header (`header`) and the tail's records (`tail`). The golden vectors of the tests hold it fast.
"""

from service_kit.bloom.bits import Bits
from service_kit.bloom.digest import DIGEST_BYTES, digest, digests
from service_kit.bloom.header import Header, checksum
from service_kit.bloom.keys import CHUNK_BYTES, NOTICES, FilterKeys
from service_kit.bloom.shape import FIRST_CAPACITY, MISTAKEN, Shape, capacity_for
from service_kit.bloom.tail import Record, chain_after, read_records

__all__ = [
    "CHUNK_BYTES",
    "DIGEST_BYTES",
    "FIRST_CAPACITY",
    "MISTAKEN",
    "NOTICES",
    "Bits",
    "FilterKeys",
    "Header",
    "Record",
    "Shape",
    "capacity_for",
    "chain_after",
    "checksum",
    "digest",
    "digests",
    "read_records",
]
