"""Reading values of which nothing is certain: records hold what senders wrote, and fields come and go."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_TECHNICAL = ("id", "md5sum", "sdkfileid")
"""How the names of fields end whose texts nobody reads."""

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")


def sendable(text: str) -> str:
    """Returns the text with U+FFFD for halves of surrogate pairs, which JSON may hold and protobuf may not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def text_of(value: Any) -> str:
    """Returns what people can read of a value that should be a text; empty if there is nothing."""
    if isinstance(value, str):
        return sendable(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return "\n".join(readable_texts(value))


def readable_texts(value: Any) -> Iterator[str]:
    """Yields all texts in a value of any shape, in their order, and no technical ones; blank ones neither."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if value.strip():
                yield sendable(value)
        elif isinstance(value, Mapping):
            named = [inner for name, inner in value.items() if not str(name).lower().endswith(_TECHNICAL)]
            waiting.extend(reversed(named))
        elif isinstance(value, list | tuple):
            waiting.extend(reversed(value))


def parsed(value: Any) -> Any:
    """Returns what a text of JSON says, or the value itself if it is none that can be read."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def unescaped(text: str) -> str:
    """Returns a text with the characters that it spells as JSON does: it may be JSON that was cut off."""
    return sendable(_ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text))
