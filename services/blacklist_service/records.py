"""How entries are written in the store.

What a call says of all its customers (reason, source, who) is written once for all entries that share it,
under an id made from its content; an entry holds that id and its time. So entries stay short, which their
buckets' compact form asks for (64 bytes a value), however long the reason is.
"""

import base64
import hashlib

import msgspec

from blacklist_service.domain.entry import Origin, Source, SourceKind

_ID_BYTES = 9
"""12 characters; two origins of one id are not to be expected."""


def origin_json(origin: Origin) -> bytes:
    """Writes an origin: `[reason, kind of source, id of source, added_by]`."""
    return msgspec.json.encode((origin.reason, origin.source.kind, origin.source.id, origin.added_by))


def origin_id(json: bytes) -> str:
    """Returns the id of a written origin, without colons."""
    digest = hashlib.blake2b(json, digest_size=_ID_BYTES).digest()
    return base64.urlsafe_b64encode(digest).decode()


def read_origin(json: bytes) -> Origin:
    """Reads what `origin_json` wrote."""
    reason, kind, id, added_by = msgspec.json.decode(json, type=tuple[str, SourceKind, str, str])
    return Origin(reason, Source(kind, id), added_by)


def entry_record(origin_id: str, added_at: float) -> str:
    """Writes an entry: `<origin id>:<microseconds since 1970>`."""
    return f"{origin_id}:{round(added_at * 1_000_000)}"


def read_entry(record: bytes) -> tuple[bytes, float]:
    """Reads an entry's origin id and time."""
    origin_id, _, microseconds = record.partition(b":")
    return origin_id, int(microseconds) / 1_000_000
