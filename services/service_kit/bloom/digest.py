"""What the filter knows of a customer on a list: 16 bytes."""

from collections.abc import Iterable
from hashlib import blake2b

DIGEST_BYTES = 16


def digest(owner_userid: str, external_userid: str) -> bytes:
    """Returns the digest of a customer on a member's list, or on the enterprise list where the owner is empty.

    BLAKE2b-128 over the owner's length in bytes (one byte; ids have at most 64), the owner and the customer, so that different pairs
    never meet. Nothing in it is drawn anew by a process, as Python's own `hash` is: what one process wrote, every other finds.
    """
    return digests(owner_userid, (external_userid,))


def digests(owner_userid: str, external_userids: Iterable[str]) -> bytes:
    """Returns the digests of customers on one list, one behind the other."""
    owner = owner_userid.encode()
    head = bytes((len(owner),)) + owner
    return b"".join(blake2b(head + id.encode(), digest_size=DIGEST_BYTES).digest() for id in external_userids)
