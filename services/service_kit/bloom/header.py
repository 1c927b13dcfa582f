"""What is said of a published blob, in one hash that is put in place at one stroke."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

from service_kit.bloom.shape import Shape
from service_kit.revision import Revision


@dataclass(frozen=True, slots=True)
class Header:
    """Describes a published blob."""

    version: int
    """Tells blobs of a corp apart; a later one has a higher number."""
    revision: Revision
    """Everything up to here is in the blob."""
    shape: Shape
    capacity: int
    """Entries it was made for."""
    entries: int
    """Entries it was made from."""
    checksum: str
    published_at: float
    """Seconds since 1970."""
    observed: float
    """Share of random digests that the blob was found to hold."""

    def fields(self) -> list[str | int | float]:
        """Returns the hash's fields and values, one after the other."""
        return [
            *("version", self.version, "number", self.revision.number, "chain", self.revision.chain),
            *("bits", self.shape.bits, "hashes", self.shape.hashes, "capacity", self.capacity),
            *("entries", self.entries, "checksum", self.checksum),
            *("published_at", self.published_at, "observed", self.observed),
        ]

    @classmethod
    def read(cls, fields: Mapping[bytes, bytes]) -> Self:
        """Reads what `fields` wrote.

        Raises:
            ValueError, KeyError: it is no header.
        """
        text = {name.decode(): value.decode() for name, value in fields.items()}
        shape = Shape(int(text["bits"]), int(text["hashes"]))
        if shape.bits % 8 or shape.bits < 8 or shape.hashes < 1:
            raise ValueError(f"no filter has {shape.bits} bits and {shape.hashes} hashes")
        return cls(
            version=int(text["version"]),
            revision=Revision(int(text["number"]), text["chain"]),
            shape=shape,
            capacity=int(text["capacity"]),
            entries=int(text["entries"]),
            checksum=text["checksum"],
            published_at=float(text["published_at"]),
            observed=float(text["observed"]),
        )


def checksum(blob: bytes | bytearray) -> str:
    """Returns what tells whether a blob was read whole: BLAKE2b-128, in hexadecimal."""
    return blake2b(blob, digest_size=16).hexdigest()
