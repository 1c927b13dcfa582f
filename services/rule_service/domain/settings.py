"""What a corp has decided for all of its rules."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from rule_service.domain import limits
from rule_service.domain.violations import count_violations
from service_kit.errors import Violation


class CheckFailure(Enum):
    """What a check does when a part of it can't be made."""

    CONTINUE = "continue"
    ERROR = "error"


class Masking(Enum):
    """What a logged decision holds of the message's text."""

    NO_TEXT = "no_text"
    KEYWORDS_ONLY = "keywords_only"
    FULL_TEXT = "full_text"


@dataclass(frozen=True, slots=True)
class DecisionLog:
    """Whether and how decisions are logged."""

    enabled: bool = False
    masking: Masking = Masking.KEYWORDS_ONLY
    retention_seconds: int = limits.DEFAULT_DECISION_RETENTION_SECONDS


@dataclass(frozen=True, slots=True)
class CorpLimits:
    """The limits that hold in the corp: groupguard's, unless it has lower ones of its own."""

    rules_per_owner: int = limits.RULES_PER_OWNER
    groups_per_rule: int = limits.GROUPS_PER_RULE
    exempt_customers_per_owner: int = limits.EXEMPT_CUSTOMERS_PER_OWNER


GROUPGUARD_LIMITS = CorpLimits()
"""The highest that a corp may have."""


@dataclass(frozen=True, slots=True)
class CorpSettings:
    """A corp's settings; by default those of a corp that never decided."""

    share_exemptions: bool = False
    check_failure: CheckFailure = CheckFailure.CONTINUE
    decision_log: DecisionLog = field(default_factory=DecisionLog)
    limits: CorpLimits = field(default_factory=CorpLimits)


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """A corp's settings as the store has them."""

    settings: CorpSettings = field(default_factory=CorpSettings)
    revision: int = 0
    """The corp's revision that brought them to this state; 0 for a corp that never decided."""
    updated_at: float = 0.0
    """Seconds since 1970; 0 likewise."""

    @property
    def etag(self) -> str:
        """Names this state of the settings."""
        return str(self.revision)


def settings_violations(settings: CorpSettings) -> Iterator[Violation]:
    """Yields what is wrong with settings, by its path in the request."""
    least, most = limits.DECISION_RETENTION_SECONDS
    seconds = settings.decision_log.retention_seconds
    if not least <= seconds <= most:
        yield Violation(
            "settings.decision_log.retention", f"{least} s to {most} s are allowed, not {seconds} s"
        )
    own, highest = settings.limits, GROUPGUARD_LIMITS
    for name, number, limit in (
        ("rules_per_owner", own.rules_per_owner, highest.rules_per_owner),
        ("groups_per_rule", own.groups_per_rule, highest.groups_per_rule),
        (
            "exempt_customers_per_owner",
            own.exempt_customers_per_owner,
            highest.exempt_customers_per_owner,
        ),
    ):
        yield from count_violations(f"settings.limits.{name}", number, limit)
