"""What the scripts' refusals mean for callers."""

from typing import Any

from service_kit.errors import LimitExceeded, PassedLimit, RuleNotFound, rule_changed
from service_kit.store_errors import ScriptRefused


def details(refusal: ScriptRefused, code: str) -> dict[str, Any]:
    """Returns what a refusal says if it is of the expected kind; raises it otherwise."""
    if refusal.code != code:
        raise refusal
    return refusal.details


def raise_rule_refusal(refusal: ScriptRefused, rule_id: str) -> None:
    """Raises what a refusal means for a caller; returns if the write has to be planned anew."""
    if refusal.code == "RULE_NOT_FOUND":
        raise RuleNotFound(refusal.details["rule_ids"]) from None
    if refusal.code == "ETAG_MISMATCH":
        raise rule_changed(rule_id, refusal.details["etag"]) from None
    if refusal.code not in ("CHANGED_MEANWHILE", "LIMIT"):
        raise refusal


def too_many_groups(refusal: ScriptRefused) -> LimitExceeded:
    """Returns the error that names every rule that would be in too many groups."""
    most = refusal.details["limit"]
    return LimitExceeded(
        [
            PassedLimit(f"rule {over['rule_id']}", "groups of a rule", most, over["current"], over["asked"])
            for over in refusal.details["rules"]
        ]
    )
