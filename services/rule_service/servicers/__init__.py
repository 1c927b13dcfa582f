"""RuleService's methods: protos in, the store's answers out; one module for each matter."""

from groupguard.rule.v1 import rule_service_pb2_grpc as grpc_pb
from rule_service.servicers.bindings import BindingMethods
from rule_service.servicers.exemptions import ExemptionMethods
from rule_service.servicers.following import FollowingMethods
from rule_service.servicers.groups import GroupMethods
from rule_service.servicers.rules import RuleMethods
from rule_service.servicers.settings import SettingsMethods

__all__ = ["RuleServicer"]


class RuleServicer(
    FollowingMethods,
    RuleMethods,
    BindingMethods,
    GroupMethods,
    ExemptionMethods,
    SettingsMethods,
    grpc_pb.RuleServiceServicer,
):
    """See protos/groupguard/rule/v1/rule_service.proto."""
