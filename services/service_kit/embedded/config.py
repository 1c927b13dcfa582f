"""The configuration of the two embedded servers, and how a configuration file is written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeAlias

Directive: TypeAlias = tuple[str, ...]
"""A directive's name and its arguments."""

DURABLE: Final[tuple[Directive, ...]] = (
    ("appendonly", "yes"),
    ("appendfsync", "always"),  # an acknowledged write survives a power cut
    ("save", ""),
    ("maxmemory-policy", "noeviction"),
)
"""Rules, bindings, lists, histories."""

EPHEMERAL: Final[tuple[Directive, ...]] = (
    ("appendonly", "no"),
    ("save", ""),
    # Evicting a counter would forgive a sender silently; a refused write is seen by the operator.
    ("maxmemory-policy", "noeviction"),
)
"""Counters and strikes: all have a time to live of at most a day, so the memory needs no eviction."""

_PLAIN: Final = re.compile(rb"[A-Za-z0-9_./:,@%+=-]")


def unix_socket_only(socket: Path) -> tuple[Directive, ...]:
    """Directives for a server without any TCP port."""
    return (("port", "0"), ("unixsocket", os.fspath(socket)), ("unixsocketperm", "700"))


def render(directives: Iterable[Directive]) -> str:
    """Returns the text of a Valkey configuration file; arguments may hold any character but NUL."""
    return "".join(" ".join([name, *map(_quote, arguments)]) + "\n" for name, *arguments in directives)


def _quote(argument: str) -> str:
    # Valkey splits the file into lines before it looks at quotes: line breaks must be escaped too.
    escaped = (chr(b) if _PLAIN.match(bytes([b])) else f"\\x{b:02x}" for b in os.fsencode(argument))
    return '"' + "".join(escaped) + '"'
