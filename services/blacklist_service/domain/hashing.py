"""The hash that decides where things lie in shared storage.

Python's own `hash` is salted anew in every process; this one gives the same numbers everywhere and for ever.
What is stored was placed by it: changing it means moving every entry.
"""

from hashlib import blake2b


def stable_hash(text: str) -> int:
    """Returns an unsigned 64-bit number: BLAKE2b-64 over the text's UTF-8, read big-endian."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
