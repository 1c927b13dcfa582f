"""Rules, messages and what comes of them, as the reference has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MINUTE = 60_000


@dataclass(frozen=True)
class Who:
    """Which senders a rule means; nothing at all means everybody."""

    identities: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Limit:
    """So many within so long."""

    most: int
    window: int
    who: Who = Who()
    corp_wide: bool = False


@dataclass(frozen=True)
class RuleFacts:
    """A rule."""

    state: str
    action: str
    keywords: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    nickname_keywords: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """Whitelisted."""
    max_characters: int = 0
    max_lines: int = 0
    frequency: Limit | None = None
    repeat: Limit | None = None
    muted: Who | None = None
    warnings: int = 0
    text: str = ""
    blacklist: str = ""


@dataclass(frozen=True)
class SenderFacts:
    """A customer, staff or robot; None is not known."""

    id: str
    kind: str = "CUSTOMER"
    nickname: str | None = ""
    name: str | None = ""
    identity: str | None = None
    tags: frozenset[str] | None = None


@dataclass(frozen=True)
class MessageFacts:
    """A text, a page or a picture."""

    id: str
    chat: str
    sender: SenderFacts
    ms: int
    kind: str = "text"
    text: str = ""
    """Of a page, the title."""
    host: str = ""
    md5: str = ""


@dataclass(frozen=True)
class EventFacts:
    """Somebody joins, or renames."""

    id: str
    chat: str
    sender: SenderFacts
    ms: int
    joins: bool


Hit = tuple[str, str, Any]
"""Rule, condition, and where or how much."""


@dataclass
class Expected:
    """What must come of a message."""

    decision: str
    reason: str
    kick: bool = False
    warning: tuple[str, str] = ("", "")
    """Text, and the rule it is from."""
    blacklist: str = ""
    hits: frozenset[Hit] = frozenset()
    shadow_hits: frozenset[Hit] = frozenset()
    skipped: frozenset[tuple[str, str, tuple[str, ...]]] = frozenset()
    allowances: tuple[tuple[str, str, int], ...] = ()
    strikes: Mapping[str, int] = field(default_factory=dict)
    repeated: bool = False
    remembered: bool = field(default=False, compare=False)
    """Whether it is what comes of a repetition, too; the services do not tell."""
