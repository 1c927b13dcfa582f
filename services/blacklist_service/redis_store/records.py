"""How entries are written in the store.

What a call says of all its customers (reason, source, who) is written once for all entries that share it,
under an id made from its content; an entry holds that id and its times. So entries stay short, which their
buckets' compact form asks for (64 bytes a value), however long the reason is.
"""

import base64
import hashlib

import msgspec

from blacklist_service.domain.entry import Origin, Source, SourceKind

_ID_BYTES = 6
"""8 characters, for each half of an id; two halves that should differ are not to be expected the same."""


def origin_json(origin: Origin) -> bytes:
    """Writes an origin: `[reason, kind of source, id of source, added_by]`."""
    return msgspec.json.encode((origin.reason, origin.source.kind, origin.source.id, origin.added_by))


def source_id(source: Source) -> str:
    """Returns what the ids of all origins with this source begin with."""
    return _id(msgspec.json.encode((source.kind, source.id)))


def origin_id(origin: Origin) -> str:
    """Returns the id of an origin, without colons: the source's half, and one of all it says."""
    return source_id(origin.source) + _id(origin_json(origin))


def _id(json: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.blake2b(json, digest_size=_ID_BYTES).digest()).decode()


def read_origin(json: bytes) -> Origin:
    """Reads what `origin_json` wrote."""
    reason, kind, id, added_by = msgspec.json.decode(json, type=tuple[str, SourceKind, str, str])
    return Origin(reason, Source(kind, id), added_by)


def entry_record(origin_id: str, added_at: float, expires_at: float | None = None) -> str:
    """Writes an entry: `<origin id>:<when added>`, with `:<when it expires>` behind it if it does."""
    expiry = "" if expires_at is None else f":{microseconds(expires_at)}"
    return f"{origin_id}:{microseconds(added_at)}{expiry}"


def read_entry(record: bytes) -> tuple[bytes, float, float | None]:
    """Reads an entry's origin id and its times."""
    origin_id, added, *expiry = record.split(b":")
    return origin_id, int(added) / 1_000_000, int(expiry[0]) / 1_000_000 if expiry else None


def microseconds(at: float) -> int:
    """Returns a time, in seconds since 1970, as it is stored."""
    return round(at * 1_000_000)
