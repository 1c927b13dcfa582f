"""Forgetting customers."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from groupguard.rule.v1 import forgetting_pb2 as pb
from rule_service.domain.history import EditKind
from rule_service.forgetting import forget_customer
from rule_service.servicers.base import Servicer, require_corp
from service_kit.ids import require_id

if TYPE_CHECKING:
    from rule_service.servicers.base import Context


class ForgettingMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def ForgetCustomer(
        self, request: pb.ForgetCustomerRequest, context: "Context"
    ) -> AsyncIterator[pb.ForgetCustomerResponse]:
        require_corp(request)
        require_id("external_userid", request.external_userid)
        forgetting = forget_customer(
            self._store,
            request.corp_id,
            request.external_userid,
            self._edit(EditKind.UPDATED, "a customer was forgotten"),
            erase=not request.validate_only,
        )
        async for forgotten in forgetting:
            yield pb.ForgetCustomerResponse(
                exemption_count=forgotten.exemptions,
                rule_ids=forgotten.rule_ids,
                history_count=forgotten.states,
                change_count=forgotten.changes,
                rules_revision=str(forgotten.revision or ""),
            )
