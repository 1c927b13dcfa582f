"""How every Redis key of groupguard is spelled.

Ids come from outside and may hold any character. They are percent-encoded before they enter a key, so that two
different ids never make the same key and so that no id can break the hash tag: in Redis Cluster the slot is decided
by the text between the first ``{`` and the next ``}``; an empty tag would send a corp's keys to different slots and
make its scripts fail.
"""

from __future__ import annotations

import re
from typing import Final

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.\-]")


def encode(id: str) -> str:
    """Percent-encodes the UTF-8 bytes of ``id`` outside ``[A-Za-z0-9_.-]``.

    The result is never empty, holds none of ``: { }`` and differs for different ids.

    Raises:
        ValueError: ``id`` is empty or holds a lone surrogate, which has no UTF-8 form.
    """
    if not id:
        raise ValueError("an empty id can't be part of a key")
    return _UNSAFE.sub(_percent, id)


def corp_key(area: str, corp_id: str, *parts: str) -> str:
    """Returns ``gg:<area>:{<corp_id>}:<part>:<part>``, every component encoded.

    All keys of one corp share the hash tag ``{<corp_id>}``, whatever their area, and so one cluster slot.

    Raises:
        ValueError: a component is empty or not expressible in UTF-8.
    """
    head = f"gg:{encode(area)}:{{{encode(corp_id)}}}"
    return ":".join([head, *map(encode, parts)])


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8"))
