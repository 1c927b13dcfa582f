"""Commands for how a rule changed, and for going back."""

from typing import Annotated

import grpc
import typer

from groupguard.rule.v1.history_pb2 import ListRuleRevisionsRequest, RestoreRuleRequest, RuleRevision
from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.rule_service_pb2 import GetRuleRequest
from groupguard_cli.confirmation import confirm
from groupguard_cli.diff import differences, render
from groupguard_cli.failures import errors, show, tell
from groupguard_cli.options import NO_LIMIT, AsJson, Corp, Limit, Reason, RuleId, Yes
from groupguard_cli.output import Columns, print_list
from groupguard_cli.paging import pages
from groupguard_cli.rules.tables import print_rule
from groupguard_cli.session import connected
from groupguard_cli.wording import moment, word
from groupguard_client import GroupGuard, failure

_PAGE = 50
"""Changes the server gives at once at most."""


def _changed_fields(change: RuleRevision) -> str:
    if not (change.HasField("before") and change.HasField("after")):
        return ""
    return ", ".join(difference.path for difference in differences(change.before, change.after))


_REVISIONS: Columns = (
    ("revision", lambda change: str(change.revision)),
    ("time", lambda change: moment(change.change_time)),
    ("who", lambda change: change.actor),
    ("what", lambda change: word(RuleRevision.Kind, change.kind, "KIND_")),
    ("why", lambda change: change.reason),
    ("changed fields", _changed_fields),
)


def history(corp: Corp, rule: RuleId, limit: Limit = NO_LIMIT, as_json: AsJson = False) -> None:
    """List how a rule, also a deleted one, changed, the newest first: the last 50 changes.

    Examples:
        groupguard rules history $RULE --corp ww1
    """
    request = ListRuleRevisionsRequest(corp_id=corp, rule_id=rule)
    with connected() as gg:
        found = pages(gg.rules.ListRuleRevisions, request, "revisions", limit=limit, page=_PAGE)
        print_list(found, _REVISIONS, as_json=as_json, nothing=f"No history of {rule}.")


def restore(
    corp: Corp,
    rule: RuleId,
    revision: Annotated[int, typer.Argument(metavar="REVISION", help="A revision of `rules history RULE`.")],
    yes: Yes = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Bring a rule, also a deleted one, back to how it was after a change; shows what that changes.

    Examples, with a revision that `groupguard rules history` lists:
        groupguard rules restore $RULE 7 --corp ww1
    """
    with connected() as gg:
        then = _state_after(gg, corp, rule, revision)
        now = _state_now(gg, corp, rule)
        found = differences(now, then)
        if now.rule_id and not found:
            tell(f"{rule} is like that already; nothing was changed.")
            return
        errors.print(render(found), highlight=False)
        confirm(f"Bring {rule} back to revision {revision}?", yes)
        request = RestoreRuleRequest(
            corp_id=corp, rule_id=rule, revision=revision, etag=now.etag, reason=reason
        )
        answer = gg.rules.RestoreRule(request)
        print_rule(answer.rule, answer, as_json=as_json)


def _state_after(gg: GroupGuard, corp: str, rule_id: str, revision: int) -> Rule:
    """Returns the rule as a change left it; ends the command if its history has no such state."""
    request = ListRuleRevisionsRequest(corp_id=corp, rule_id=rule_id)
    for change in pages(gg.rules.ListRuleRevisions, request, "revisions", limit=NO_LIMIT, page=_PAGE):
        if change.revision == revision and change.HasField("after"):
            then: Rule = change.after
            return then
    show(
        f"The history of {rule_id} has no state of revision {revision}; `groupguard rules history` lists them."
    )
    raise typer.Exit(1)


def _state_now(gg: GroupGuard, corp: str, rule_id: str) -> Rule:
    """Returns the rule, or an empty one if it is deleted."""
    try:
        return gg.rules.GetRule(GetRuleRequest(corp_id=corp, rule_id=rule_id))
    except grpc.RpcError as error:
        if failure(error).reason != "RULE_NOT_FOUND":
            raise
        return Rule()
