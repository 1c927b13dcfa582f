"""Page tokens: opaque, and good only for the query that they came from."""

import base64
import binascii
import hashlib

from service_kit.errors import invalid

DEFAULT_SIZE = 100
MOST_SIZE = 1_000


def page_size(asked: int) -> int:
    """Returns how many items a page may hold.

    Raises:
        InvalidFields: it is not 0 (the default) to 1,000.
    """
    if not 0 <= asked <= MOST_SIZE:
        raise invalid("page_size", f"0 to {MOST_SIZE} are allowed, not {asked}")
    return asked or DEFAULT_SIZE


def write_token(query: str, last: str) -> str:
    """Returns the token for what comes behind the item `last` of a query."""
    return base64.urlsafe_b64encode(f"{_digest(query)}{last}".encode()).decode()


def read_token(query: str, token: str) -> str:
    """Returns the last item of the page before; empty for the first page.

    Raises:
        InvalidFields: the token is not one, or belongs to another query.
    """
    if not token:
        return ""
    try:
        text = base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        text = ""
    digest, last = text[:16], text[16:]
    if digest != _digest(query) or not last:
        raise invalid(
            "page_token", "not a token of this query; send next_page_token with corp_id and owner as before"
        )
    return last


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:16]
