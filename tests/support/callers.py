"""Tokens of callers with roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from service_kit import auth


def tokens(callers: Mapping[str, Mapping[str, Sequence[str]]]) -> auth.Tokens:
    """Tokens that are the callers' names, with their roles by corp."""
    return auth.Tokens(
        (
            sha256(name.encode()).hexdigest(),
            auth.Caller(
                name, {corp: frozenset(map(auth.Role.parse, kinds)) for corp, kinds in roles.items()}
            ),
        )
        for name, roles in callers.items()
    )
