"""What an export holds and an import brings."""

from dataclasses import dataclass

from rule_service.domain.exemptions import Exemption
from rule_service.domain.group import Group
from rule_service.domain.rule import Rule
from rule_service.domain.settings import CorpSettings


@dataclass(frozen=True, slots=True)
class RuleBindings:
    """Groups that a rule is bound to."""

    rule_id: str
    chat_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpdatedSettings:
    """A corp's settings, and when they last changed."""

    settings: CorpSettings
    updated_at: float
    """Seconds since 1970."""


Record = UpdatedSettings | Group | Rule | RuleBindings | Exemption
