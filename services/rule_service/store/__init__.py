"""What RuleService asks of a store, and what a store promises.

Promises of every write:
- It happens as a whole or not at all, also beside other writers, and limits hold then.
- It moves the corp's revision on by one and logs what changed; a write that changes nothing does neither.
- Repeated with the same `Write.request_id` and fingerprint within an hour, it returns the first answer and changes
  nothing; with another fingerprint it raises RequestIdReused.
- When it returns, the store has it on disk, as far as the store was told to.

Every method raises StoreUnavailable when the store does not answer.
"""

from typing import Protocol

from rule_service.store.bindings import BindingCount, Bindings, GroupRulesSet
from rule_service.store.changes import (
    BindingChange,
    Change,
    Changes,
    DeletedRule,
    ExemptionChange,
    Operation,
)
from rule_service.store.exemptions import Exemptions
from rule_service.store.forgetting import Forgetting
from rule_service.store.groups import Dismissed, Groups, Upserted
from rule_service.store.history import History
from rule_service.store.registry import ListedGroup, Registry, ReleasedBindings, Seen
from rule_service.store.rules import Rules
from rule_service.store.settings import Settings

__all__ = [
    "BindingChange",
    "BindingCount",
    "Change",
    "DeletedRule",
    "Dismissed",
    "ExemptionChange",
    "GroupRulesSet",
    "ListedGroup",
    "Operation",
    "ReleasedBindings",
    "RuleStore",
    "Seen",
    "Upserted",
]


class RuleStore(
    Rules, Bindings, Groups, Registry, Exemptions, Forgetting, Settings, History, Changes, Protocol
):
    """Keeps rules, their histories, groups, bindings, exemptions and settings of all corps."""
