"""Pages, and their tokens: opaque, and good only for the query that they came from."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import Annotated, TypeVar

import msgspec
from google.protobuf.message import Message

from service_kit.errors import invalid

M = TypeVar("M", bound=Message)
P = TypeVar("P")
F = TypeVar("F")
Number = Annotated[int, msgspec.Meta(ge=-1, le=2**53)]
"""A number in a token."""

DEFAULT_SIZE = 100
MOST_SIZE = 1_000
PAGE_BYTES = 2 * 1024 * 1024
"""A page of large things ends early at this size, to stay under gRPC's 4 MiB."""


def page_size(asked: int, default: int = DEFAULT_SIZE, most: int = MOST_SIZE) -> int:
    """Returns how many items a page may hold.

    Raises:
        InvalidFields: it is not 0 (the default) to `most`.
    """
    if not 0 <= asked <= most:
        raise invalid("page_size", f"0 to {most} are allowed, not {asked}")
    return asked or default


def fitting(messages: Iterable[M]) -> list[M]:
    """Returns the first messages, as many as a page has bytes for and at least one if there is any."""
    page: list[M] = []
    room = PAGE_BYTES
    for message in messages:
        room -= message.ByteSize()
        if room < 0 and page:
            break
        page.append(message)
    return page


def write_token(query: str, place: object) -> str:
    """Returns the token for what comes behind a place in a query's answer."""
    return base64.urlsafe_b64encode(_digest(query) + msgspec.json.encode(place)).decode()


def read_token(query: str, token: str, kind: type[P], first: F) -> P | F:
    """Returns the place behind which the page begins; `first` for the first page.

    Raises:
        InvalidFields: the token is not one, or belongs to another query.
    """
    if not token:
        return first
    digest = _digest(query)
    try:
        text = base64.b64decode(token, altchars=b"-_", validate=True)
        if text.startswith(digest):
            return msgspec.json.decode(text.removeprefix(digest), type=kind)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        pass  # told below
    raise invalid(
        "page_token", "not a token of this query; send next_page_token with the other fields as before"
    )


def _digest(query: str) -> bytes:
    return hashlib.sha256(query.encode()).hexdigest()[:16].encode()
