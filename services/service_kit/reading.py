"""Reading requests, so that one which can't be read is refused like any other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from service_kit.errors import InvalidFields, invalid

MOST_DEPTH = 100
"""Messages within messages, as deep as protobuf reads them."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for a request whose bytes are no message of its type."""

    error: InvalidFields


def reader(deserialize: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Wraps a deserializer: what it can't read becomes `Unreadable`.

    Raised within a deserializer, an error would reach the caller as UNKNOWN, with protobuf's own text.
    """

    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except DecodeError:
            return Unreadable(
                invalid(
                    "request",
                    f"it can't be read: not the method's request, or nested more than {MOST_DEPTH} messages deep",
                )
            )

    return read
