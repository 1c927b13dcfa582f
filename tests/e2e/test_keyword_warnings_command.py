"""What `groupguard rules create` and `update` say of keywords that will hit innocent words."""

from __future__ import annotations

from support.commands import Caller
from support.corp import Corp


def test_creating_and_updating_warn_on_standard_error(corp: Corp, call: Caller) -> None:
    """One line for each warning, beside the rule on standard output, which stays readable for programs."""
    done = call("rules", "create", "--name", "x", "--keyword", "國家", "--kick", "--json")
    assert done.exit_code == 0
    inside, alike = done.stderr.splitlines()
    assert inside.startswith("rule.conditions.keywords.keywords[0]: 國家 lies inside 国家")
    assert alike == ("rule.conditions.keywords.keywords[0]: 國家 also finds 国家, which it is once folded.")
    rule = corp.rule("代购")
    done = call("rules", "update", rule.rule_id, "--add-keyword", "國家")
    assert "rule.conditions.keywords.keywords[1]: 國家 lies inside" in done.stderr
    done = call("rules", "update", rule.rule_id, "--remove-keyword", "國家")
    assert done.stderr == ""
    assert "代购" in done.stdout
