"""What stands behind a pattern."""

from dataclasses import dataclass

from service_kit.matching.modes import MatchMode


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a pattern came from."""

    rule_id: str
    keyword: str
    """As the rule spells it."""
    mode: MatchMode
    excuses: bool = False
    """Whether it is an allow phrase of the rule, and not a keyword."""


Postings = tuple[Posting, ...]
