"""Short ways to say on the command line what a rule shall be."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from groupguard.common.v1.blacklist_kind_pb2 import BlacklistKind
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    ACTION_KIND_KICK_AFTER_WARNINGS,
    ACTION_KIND_UNSPECIFIED,
    ACTION_KIND_WARN,
    ACTION_KIND_WARN_AND_KICK,
    Action,
    ActionKind,
    Rule,
    RuleState,
)


class State(StrEnum):
    """States of a rule."""

    ENABLED = "enabled"
    SHADOW = "shadow"
    DISABLED = "disabled"


class Blacklist(StrEnum):
    """Lists that a rule puts senders on."""

    ENTERPRISE = "enterprise"
    PERSONAL = "personal"
    NONE = "none"


Name = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="Its name for people.")]
Keywords = Annotated[
    list[str] | None,
    typer.Option("--keyword", metavar="TEXT", help="A keyword to look for; may be given several times."),
]
AllowPhrases = Annotated[
    list[str] | None,
    typer.Option("--allow-phrase", metavar="TEXT", help="A phrase that excuses keywords inside it."),
]
Warn = Annotated[str | None, typer.Option("--warn", metavar="TEXT", help="Warn, with this text.")]
Kick = Annotated[bool | None, typer.Option("--kick/--no-kick", help="Remove the sender.")]
AfterWarnings = Annotated[
    int | None, typer.Option("--after-warnings", metavar="N", help="Remove the sender after N warnings.")
]
BlacklistOption = Annotated[
    Blacklist | None, typer.Option("--blacklist", help="Put the sender on this list, too.")
]
StateOption = Annotated[State | None, typer.Option("--state", help="Whether it acts.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options say; None where they say nothing."""

    name: str | None = None
    keywords: Sequence[str] | None = None
    allow_phrases: Sequence[str] | None = None
    warn: str | None = None
    kick: bool | None = None
    after_warnings: int | None = None
    blacklist: Blacklist | None = None
    state: State | None = None
    added: Sequence[str] = ()
    """Keywords beside those there are."""
    removed: Sequence[str] = ()

    def named(self) -> bool:
        """Tells whether the options say anything."""
        return self != Wanted()

    def apply(self, rule: Rule) -> list[str]:
        """Makes a rule what is wanted and returns the paths of what was named."""
        paths = []
        if self.name is not None:
            rule.display_name = self.name
            paths.append("display_name")
        if self.state is not None:
            rule.state = RuleState.Value(f"RULE_STATE_{self.state.name}")
            paths.append("state")
        if self.keywords or self.allow_phrases or self.added or self.removed:
            self._apply_keywords(rule)
            paths.append("conditions.keywords")
        if any(said is not None for said in (self.warn, self.kick, self.after_warnings, self.blacklist)):
            self._apply_action(rule.action)
            paths.append("action")
        return paths

    def _apply_keywords(self, rule: Rule) -> None:
        condition = rule.conditions.keywords
        gone = [text for text in self.removed if text not in {keyword.text for keyword in condition.keywords}]
        if gone:
            raise typer.BadParameter(
                f"not among the keywords: {', '.join(gone)}", param_hint="--remove-keyword"
            )
        kept = [keyword for keyword in condition.keywords if keyword.text not in self.removed]
        del condition.keywords[:]
        condition.keywords.extend([] if self.keywords else kept)
        for text in (*(self.keywords or ()), *self.added):
            condition.keywords.add(text=text)
        if self.allow_phrases:
            condition.allow_phrases[:] = self.allow_phrases

    def _apply_action(self, action: Action) -> None:
        if self.warn is not None:
            action.warning_text = self.warn
        if self.blacklist is not None:
            action.add_to_blacklist = BlacklistKind.Value(
                f"BLACKLIST_KIND_{'UNSPECIFIED' if self.blacklist is Blacklist.NONE else self.blacklist.name}"
            )
        if self.after_warnings is not None:
            action.kind, action.warnings_before_kick = ACTION_KIND_KICK_AFTER_WARNINGS, self.after_warnings
        elif action.kind != ACTION_KIND_KICK_AFTER_WARNINGS or self.kick is not None:
            kicks = self.kick if self.kick is not None else action.kind in _KICKING
            action.kind, action.warnings_before_kick = _kind(bool(action.warning_text), kicks), 0


_KICKING = frozenset({ACTION_KIND_KICK, ACTION_KIND_WARN_AND_KICK})


def _kind(warns: bool, kicks: bool) -> ActionKind.ValueType:
    if warns:
        return ACTION_KIND_WARN_AND_KICK if kicks else ACTION_KIND_WARN
    return ACTION_KIND_KICK if kicks else ACTION_KIND_UNSPECIFIED
