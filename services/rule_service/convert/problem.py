"""Problems of rules: the domain to protos."""

from groupguard.rule.v1.problems_pb2 import RuleProblem
from rule_service.convert.values import write_enum
from rule_service.domain.problems import Problem, ProblemKind

_KINDS = {
    RuleProblem.KIND_BOUND_TO_NO_GROUP: ProblemKind.BOUND_TO_NO_GROUP,
    RuleProblem.KIND_KEYWORD_ALWAYS_EXCUSED: ProblemKind.KEYWORD_ALWAYS_EXCUSED,
    RuleProblem.KIND_DUPLICATE_KEYWORD: ProblemKind.DUPLICATE_KEYWORD,
    RuleProblem.KIND_WHITELIST_ENTRY_COVERED: ProblemKind.WHITELIST_ENTRY_COVERED,
}


def write_problem(problem: Problem) -> RuleProblem:
    """Writes a problem."""
    return RuleProblem(
        kind=write_enum(_KINDS, problem.kind),
        rule_id=problem.rule_id,
        field=problem.field,
        value=problem.value,
        because_of=problem.because_of,
        other_rule_ids=problem.other_rule_ids,
    )
