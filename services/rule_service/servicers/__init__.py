"""RuleService's methods: protos in, the store's answers out; one module for each matter."""

import time
from collections.abc import Callable

from groupguard.rule.v1 import rule_service_pb2_grpc as grpc_pb
from rule_service.servicers.bindings import BindingMethods
from rule_service.servicers.exemptions import ExemptionMethods
from rule_service.servicers.following import FollowingMethods
from rule_service.servicers.forgetting import ForgettingMethods
from rule_service.servicers.groups import GroupMethods
from rule_service.servicers.history import HistoryMethods
from rule_service.servicers.notices import NoticeMethods
from rule_service.servicers.problems import ProblemMethods
from rule_service.servicers.registry import RegistryMethods
from rule_service.servicers.rules import RuleMethods
from rule_service.servicers.settings import SettingsMethods
from rule_service.servicers.templates import TemplateMethods
from rule_service.servicers.transfer import TransferMethods
from rule_service.store import RuleStore
from rule_service.watch import Watch

__all__ = ["RuleServicer"]


class RuleServicer(
    FollowingMethods,
    RuleMethods,
    BindingMethods,
    GroupMethods,
    RegistryMethods,
    ExemptionMethods,
    ForgettingMethods,
    SettingsMethods,
    HistoryMethods,
    TemplateMethods,
    NoticeMethods,
    ProblemMethods,
    TransferMethods,
    grpc_pb.RuleServiceServicer,
):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    def __init__(
        self,
        store: RuleStore,
        watch: Watch,
        clock: Callable[[], float] = time.time,
        *,
        allow_migration: bool = False,
    ) -> None:
        """Serves from a store and a watch.

        Args:
            store: keeps everything.
            watch: tells followers of changes.
            clock: gives seconds since 1970.
            allow_migration: whether imports may leave rules in more groups than allowed.
        """
        super().__init__(store, watch, clock)
        self._allow_migration = allow_migration
