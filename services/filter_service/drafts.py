"""Rules that are not saved: RuleService tells whether they are valid."""

from typing import TYPE_CHECKING, Protocol

import grpc.aio

from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.rule_service_pb2 import ValidateRuleRequest, ValidateRuleResponse
from groupguard_client import failure
from service_kit import deadline
from service_kit.errors import InvalidFields, RulesUnavailable, Violation

if TYPE_CHECKING:
    from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceAsyncStub

_SECONDS = 5.0


class Drafts(Protocol):
    """Tells what would be kept of a rule."""

    async def validate(self, corp_id: str, rule: Rule | None) -> ValidateRuleResponse:
        """Returns the rule as it would be kept, and warnings; None is refused like any other that is invalid.

        Raises:
            InvalidFields: it would not be kept.
            RulesUnavailable: nobody can tell now.
        """


class GrpcDrafts:
    """See `Drafts`."""

    def __init__(self, stub: "RuleServiceAsyncStub") -> None:
        self._stub = stub

    async def validate(self, corp_id: str, rule: Rule | None) -> ValidateRuleResponse:
        request = ValidateRuleRequest(corp_id=corp_id, rule=rule)
        try:
            return await self._stub.ValidateRule(request, timeout=deadline.remaining(_SECONDS))
        except grpc.aio.AioRpcError as error:
            why = failure(error)
            if why.code == "INVALID_ARGUMENT" and why.violations:
                raise InvalidFields([Violation(*it) for it in why.violations]) from error
            raise RulesUnavailable(corp_id, f"RuleService: {why.code}") from error
