"""Messages as FilterService's domain has them."""

from __future__ import annotations

from filter_service.domain.message import Item, Part, PartKind


def plain(text: str) -> tuple[Item, ...]:
    """What a text message holds."""
    return (Item(None, (), (Part(PartKind.TEXT, text),)),)
