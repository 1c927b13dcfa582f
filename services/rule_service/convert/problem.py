"""Problems of rules: the domain to protos, and their places to texts and back."""

from groupguard.rule.v1.problems_pb2 import RuleProblem
from rule_service.convert.values import write_enum
from rule_service.domain.problems import Place, Problem, ProblemKind

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


def write_place(place: Place) -> str:
    """Writes a problem's place."""
    rule_id, kind, field = place
    return f"{rule_id} {int(kind)} {field}"


def read_place(text: str) -> Place | None:
    """Reads what `write_place` wrote; None from an empty text."""
    if not text:
        return None
    rule_id, kind, field = text.split(" ", 2)
    return rule_id, int(kind), field
