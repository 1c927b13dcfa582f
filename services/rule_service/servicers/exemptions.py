"""Exempt customers."""

from typing import TYPE_CHECKING

from groupguard.rule.v1 import exemptions_pb2 as pb
from rule_service import access
from rule_service.convert.exemptions import read_exemptions, read_list_owner, write_exemption
from rule_service.domain.exemptions import validate_exemptions, validate_removal
from rule_service.servicers.base import Servicer, begin, require_corp
from service_kit import pages
from service_kit.auth import caller
from service_kit.ids import require_id

if TYPE_CHECKING:
    from rule_service.servicers.base import Context

_WHAT = "exempt customers"


class ExemptionMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def AddExemptCustomers(
        self, request: pb.AddExemptCustomersRequest, context: "Context"
    ) -> pb.AddExemptCustomersResponse:
        write, owner = begin(request), read_list_owner(request.owner)
        access.require_edit(request.corp_id, owner, _WHAT)
        exemptions = read_exemptions(request.customers, owner, caller().name, self._clock())
        validate_exemptions(owner, exemptions)
        added, revision = await self._store.add_exemptions(write, owner.id, exemptions)
        return pb.AddExemptCustomersResponse(added_count=added, rules_revision=str(revision))

    async def RemoveExemptCustomers(
        self, request: pb.RemoveExemptCustomersRequest, context: "Context"
    ) -> pb.RemoveExemptCustomersResponse:
        write, owner = begin(request), read_list_owner(request.owner)
        access.require_edit(request.corp_id, owner, _WHAT)
        validate_removal(owner, request.external_userids)
        removed, revision = await self._store.remove_exemptions(write, owner.id, request.external_userids)
        return pb.RemoveExemptCustomersResponse(removed_count=removed, rules_revision=str(revision))

    async def ListExemptCustomers(
        self, request: pb.ListExemptCustomersRequest, context: "Context"
    ) -> pb.ListExemptCustomersResponse:
        require_corp(request)
        owner = read_list_owner(request.owner) if request.HasField("owner") else None
        access.require_see(request.corp_id, owner, _WHAT)
        if request.external_userid:
            require_id("external_userid", request.external_userid)
        query = repr(("exempt", request.corp_id, owner, request.external_userid))
        after = pages.read_token(query, request.page_token, tuple[str, str], ("", ""))
        size = pages.page_size(request.page_size)
        lists = access.seen_lists(request.corp_id, owner)
        found = await self._store.list_exemptions(
            request.corp_id, lists, request.external_userid, after, size + 1
        )
        end = found[size - 1] if len(found) > size else None
        more = pages.write_token(query, (end.owner_userid, end.external_userid)) if end else ""
        return pb.ListExemptCustomersResponse(
            customers=map(write_exemption, found[:size]), next_page_token=more
        )
