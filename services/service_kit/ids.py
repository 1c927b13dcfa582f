"""Ids: WeCom's, of which nothing is assumed, and our own."""

import secrets
import uuid
from collections.abc import Iterator

from service_kit.errors import InvalidFields, Violation

MOST_BYTES = 64
"""Longest id taken; all of WeCom's are shorter."""


def is_plain_id(id: str) -> bool:
    """Tells quickly of nearly every good id that nothing is wrong with it; of others `id_violations` tells."""
    return 0 < len(id) <= MOST_BYTES and id.isascii() and id.isprintable()


def id_violations(field: str, id: str) -> Iterator[Violation]:
    """Yields what is wrong with an id of WeCom: 1–64 bytes in UTF-8, no control characters."""
    size = len(id.encode())
    if not 1 <= size <= MOST_BYTES:
        yield Violation(field, f"1 to {MOST_BYTES} bytes are needed, not {size}")
    elif any(character < " " or character == "\x7f" for character in id):
        yield Violation(field, "control characters are not allowed in an id")


def require_id(field: str, id: str) -> None:
    """Checks an id of WeCom.

    Raises:
        InvalidFields: it is not one.
    """
    violations = list(id_violations(field, id))
    if violations:
        raise InvalidFields(violations)


def request_id_or_new(request_id: str) -> str:
    """Returns the caller's request_id in one spelling, or a new one where there is none.

    Raises:
        InvalidFields: it is not a UUID.
    """
    if not request_id:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(request_id))
    except ValueError:
        raise InvalidFields([Violation("request_id", f"a UUID is needed, not {request_id[:64]!r}")]) from None


def new_rule_id(now: float) -> str:
    """Returns a new rule_id, 24 hexadecimal characters that sort by the time of creation.

    Args:
        now: seconds since 1970.
    """
    return f"{int(now * 1000):012x}{secrets.token_hex(6)}"
