"""Everything that a store holds, and where in it somebody is named."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import redis

_READ: dict[bytes, Callable[[Any, bytes], Iterable[bytes]]] = {
    b"string": lambda store, key: [store.get(key)],
    b"hash": lambda store, key: [field + b"=" + value for field, value in store.hgetall(key).items()],
    b"set": lambda store, key: store.smembers(key),
    b"zset": lambda store, key: [
        b"%r" % score + b" " + it for it, score in store.zrange(key, 0, -1, withscores=True)
    ],
    b"stream": lambda store, key: [
        id + b" " + name + b"=" + value for id, fields in store.xrange(key) for name, value in fields.items()
    ],
}
"""What there is under a key, by its type."""


def everything(stores: Iterable[redis.Redis]) -> dict[bytes, list[bytes]]:
    """All keys of all servers, and all that is under each; what is compressed is unpacked."""
    found = {}
    for store in stores:
        for key in store.scan_iter(count=1_000):
            kind: Any = store.type(key)
            if kind == b"none":  # it expired meanwhile
                continue
            values = _READ[kind](store, key)
            found[key] = sorted(unpacked for value in values for unpacked in _unpacked(value))
    return found


def _unpacked(value: bytes) -> Iterator[bytes]:
    yield value
    _, _, packed = value.partition(b"state=")
    with suppress(zlib.error):
        yield zlib.decompress(packed)


def naming(store: dict[bytes, list[bytes]], id: str, suffix: str) -> dict[bytes, list[bytes]]:
    """What names somebody: plainly, percent-encoded, or as JSON writes it; an id that goes on with the suffix is another's."""
    on = b"|".join(re.escape(form) for form in _forms(suffix))
    named = re.compile(b"(?:%s)(?!%s)" % (b"|".join(map(re.escape, _forms(id))), on))
    found = {}
    for key, values in store.items():
        telling = values if named.search(key) else [value for value in values if named.search(value)]
        if telling:
            found[key] = telling
    return found


def _forms(id: str) -> tuple[bytes, ...]:
    plain = id.encode()
    return plain, quote(id, safe="").encode(), plain.replace(b"/", b"\\/")
