"""Commands that switch rules on and off, and delete them."""

from groupguard.rule.v1.rule_pb2 import (
    RULE_STATE_DISABLED,
    RULE_STATE_ENABLED,
    RULE_STATE_SHADOW,
    Rule,
    RuleState,
)
from groupguard.rule.v1.rule_service_pb2 import DeleteRuleRequest, GetRuleRequest, UpdateRuleRequest
from groupguard_cli.confirmation import confirm
from groupguard_cli.failures import tell
from groupguard_cli.options import AsJson, Corp, Reason, RuleIds, Yes
from groupguard_cli.output import json_line, print_list
from groupguard_cli.rules.tables import CHANGED_RULES
from groupguard_cli.session import connected


def enable(corp: Corp, rules: RuleIds, reason: Reason = "", as_json: AsJson = False) -> None:
    """Let rules act.

    Examples:
        groupguard rules enable $RULE --corp ww1
    """
    _set_state(corp, rules, RULE_STATE_ENABLED, reason, as_json)


def disable(corp: Corp, rules: RuleIds, reason: Reason = "", as_json: AsJson = False) -> None:
    """Judge by some rules no longer.

    Examples:
        groupguard rules disable $RULE --corp ww1 --reason "hits orders"
    """
    _set_state(corp, rules, RULE_STATE_DISABLED, reason, as_json)


def shadow(corp: Corp, rules: RuleIds, reason: Reason = "", as_json: AsJson = False) -> None:
    """Judge by some rules and report their hits, and let nothing follow.

    Examples:
        groupguard rules shadow $RULE --corp ww1
    """
    _set_state(corp, rules, RULE_STATE_SHADOW, reason, as_json)


def _set_state(
    corp: str, rule_ids: list[str], state: RuleState.ValueType, reason: str, as_json: bool
) -> None:
    with connected() as gg:
        changed = (
            gg.rules.UpdateRule(
                UpdateRuleRequest(corp_id=corp, rule=Rule(rule_id=rule_id, state=state), reason=reason)
            )
            for rule_id in dict.fromkeys(rule_ids)
        )
        print_list(changed, CHANGED_RULES, as_json=as_json, nothing="")


def delete(
    corp: Corp, rules: RuleIds, yes: Yes = False, reason: Reason = "", as_json: AsJson = False
) -> None:
    """Delete rules and their bindings. `rules restore` brings a rule back, its bindings stay gone.

    Examples:
        groupguard rules delete $RULE --corp ww1 --yes
    """
    with connected() as gg:
        found = [
            gg.rules.GetRule(GetRuleRequest(corp_id=corp, rule_id=rule_id))
            for rule_id in dict.fromkeys(rules)
        ]
        names = ", ".join(
            f"{rule.display_name} ({rule.rule_id}, {rule.group_count} groups)" for rule in found
        )
        confirm(f"Delete {names}?", yes)
        for rule in found:
            request = DeleteRuleRequest(corp_id=corp, rule_id=rule.rule_id, etag=rule.etag, reason=reason)
            answer = gg.rules.DeleteRule(request)
            if as_json:
                print(json_line(answer))
            tell(f"{rule.rule_id} is deleted.")
