"""RuleService's methods: protos in, the store's answers out; one module for each matter."""

from groupguard.rule.v1 import rule_service_pb2_grpc as grpc_pb
from rule_service.servicers.bindings import BindingMethods
from rule_service.servicers.exemptions import ExemptionMethods
from rule_service.servicers.following import FollowingMethods
from rule_service.servicers.groups import GroupMethods
from rule_service.servicers.history import HistoryMethods
from rule_service.servicers.notices import NoticeMethods
from rule_service.servicers.problems import ProblemMethods
from rule_service.servicers.registry import RegistryMethods
from rule_service.servicers.rules import RuleMethods
from rule_service.servicers.settings import SettingsMethods
from rule_service.servicers.templates import TemplateMethods

__all__ = ["RuleServicer"]


class RuleServicer(
    FollowingMethods,
    RuleMethods,
    BindingMethods,
    GroupMethods,
    RegistryMethods,
    ExemptionMethods,
    SettingsMethods,
    HistoryMethods,
    TemplateMethods,
    NoticeMethods,
    ProblemMethods,
    grpc_pb.RuleServiceServicer,
):
    """See protos/groupguard/rule/v1/rule_service.proto."""
