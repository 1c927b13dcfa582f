"""Forgetting customers."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from filter_service.forgetting import Forgetting
from filter_service.servicers.base import Servicer
from groupguard.filter.v1 import forgetting_pb2 as pb
from service_kit.ids import require_id

if TYPE_CHECKING:
    from filter_service.servicers.base import Context


class ForgettingMethods(Servicer):
    """See protos/groupguard/filter/v1/filter_service.proto."""

    _forgetting: Forgetting

    async def ForgetCustomer(
        self, request: pb.ForgetCustomerRequest, context: "Context"
    ) -> AsyncIterator[pb.ForgetCustomerResponse]:
        require_id("corp_id", request.corp_id)
        require_id("external_userid", request.external_userid)
        forgetting = self._forgetting.forget(
            request.corp_id, request.external_userid, erase=not request.validate_only
        )
        async for forgotten in forgetting:
            yield pb.ForgetCustomerResponse(
                message_log_count=forgotten.counted.message_logs,
                strike_count=forgotten.counted.strikes,
                outcome_count=forgotten.counted.outcomes,
                hit_count=forgotten.hits,
            )
