"""The rule to try: from a file, or from a few keywords."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import typer

from groupguard.rule.v1.rule_pb2 import ACTION_KIND_WARN, Action, MatchMode, Rule
from groupguard_cli.owners import owner_or_admins
from groupguard_cli.rules.files import read_rule

_WARNINGS = ("…", "—", "·", "¶")
"""Texts that hold no keyword, unless that is their one character."""


class Mode(StrEnum):
    """Match modes."""

    EXACT = "exact"
    FOLDED = "folded"
    HOMOPHONE = "homophone"


def draft(file: Path | None, keywords: Sequence[str], allow: Sequence[str], mode: Mode | None) -> Rule:
    """Returns the rule to try; a rule of keywords gets whatever else a rule needs.

    Raises:
        typer.BadParameter: it is told both ways, or neither.
    """
    if file is not None:
        if keywords or allow or mode:
            raise typer.BadParameter(
                "give a file, or --keyword with --allow and --mode, not both", param_hint="--rule"
            )
        rule = read_rule(file)
    elif keywords:
        rule = _of_keywords(keywords, allow, mode)
    else:
        raise typer.BadParameter("give a rule: --rule FILE or --keyword TEXT", param_hint="--rule")
    if not rule.HasField("owner"):
        rule.owner.CopyFrom(owner_or_admins(""))
    return rule


def _of_keywords(keywords: Sequence[str], allow: Sequence[str], mode: Mode | None) -> Rule:
    rule = Rule(
        display_name="test-rule",
        action=Action(
            kind=ACTION_KIND_WARN,
            warning_text=next((text for text in _WARNINGS if text not in keywords), _WARNINGS[0]),
        ),
    )
    for text in keywords:
        rule.conditions.keywords.keywords.add(
            text=text, match_mode=MatchMode.Value(f"MATCH_MODE_{mode.name if mode else 'UNSPECIFIED'}")
        )
    rule.conditions.keywords.allow_phrases.extend(allow)
    return rule
