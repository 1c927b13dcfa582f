"""What is wrong with rules that are valid."""

from typing import TYPE_CHECKING

from groupguard.rule.v1 import problems_pb2 as pb
from rule_service.convert.problem import write_problem
from rule_service.rule_problems import list_problems
from rule_service.servicers.base import Servicer, require_corp
from service_kit import pages

if TYPE_CHECKING:
    from rule_service.servicers.base import Context


class ProblemMethods(Servicer):
    """See protos/groupguard/rule/v1/rule_service.proto."""

    async def ListRuleProblems(
        self, request: pb.ListRuleProblemsRequest, context: "Context"
    ) -> pb.ListRuleProblemsResponse:
        require_corp(request)
        query = repr(("problems", request.corp_id, request.rule_id))
        size = pages.page_size(request.page_size)
        after = pages.read_token(query, request.page_token, tuple[str, pages.Number, str], None)
        found = await list_problems(self._store, request.corp_id, request.rule_id, after, size + 1)
        more = pages.write_token(query, found[size - 1].place) if len(found) > size else ""
        return pb.ListRuleProblemsResponse(problems=map(write_problem, found[:size]), next_page_token=more)
