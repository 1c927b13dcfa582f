"""The records that writes leave in the tail, one a revision."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from service_kit.bloom.digest import DIGEST_BYTES
from service_kit.revision import Revision


@dataclass(frozen=True, slots=True)
class Record:
    """What one write did."""

    revision: Revision
    digests: bytes
    """Of the entries it added, one behind the other."""
    removed: int
    """How many entries it took off."""


def chain_after(chain: str, number: int, removed: int, digests: bytes) -> str:
    """Returns the chain of a record from that of the one before, as the scripts that write records do."""
    text = f"{chain} {number} {removed} ".encode() + digests
    return sha1(text, usedforsecurity=False).hexdigest()[:16]


def read_records(stored: Sequence[Any]) -> Iterator[Record]:
    """Reads records as redis-py gives an XRANGE inside a script's answer.

    Raises:
        ValueError, KeyError: something is no record.
    """
    for id, flat in stored:
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        number = int(id.partition(b"-")[0])
        revision = Revision(number, fields[b"chain"].decode())
        if len(fields[b"digests"]) % DIGEST_BYTES:
            raise ValueError(f"no digests are {len(fields[b'digests'])} bytes long")
        yield Record(revision, fields[b"digests"], int(fields[b"removed"]))
