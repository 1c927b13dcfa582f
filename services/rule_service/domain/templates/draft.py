"""A rule of a template before it is somebody's."""

from dataclasses import dataclass

from rule_service.domain.conditions import Conditions, MessageType, MessageTypeCondition
from rule_service.domain.rule import Action, ActionKind, Owner, Rule, State


@dataclass(frozen=True, slots=True)
class TemplateParameters:
    """What a shop says of itself."""

    competitor_names: tuple[str, ...] = ()
    web_whitelist: tuple[str, ...] = ()
    mini_program_whitelist: tuple[str, ...] = ()

    def unwanted(self, *types: MessageType) -> MessageTypeCondition:
        """Returns the condition on sorts of message, with the shop's own pages and mini programs let through."""
        return MessageTypeCondition(
            types,
            self.web_whitelist if MessageType.LINK in types else (),
            self.mini_program_whitelist if MessageType.MINI_PROGRAM in types else (),
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """What a template says of a rule."""

    display_name: str
    conditions: Conditions
    action: Action

    def rule(self, rule_id: str, owner: Owner, state: State, now: float) -> Rule:
        """Returns the rule."""
        return Rule(rule_id, owner, self.display_name, state, self.conditions, self.action, now, now)


def warn(text: str) -> Action:
    """Returns the action that only says something."""
    return Action(ActionKind.WARN, warning_text=text)


def warn_and_kick(text: str) -> Action:
    """Returns the action for what nobody does by mistake."""
    return Action(ActionKind.WARN_AND_KICK, warning_text=text)


def kick_after(warnings: int, text: str) -> Action:
    """Returns the action that leaves room for mistakes."""
    return Action(ActionKind.KICK_AFTER_WARNINGS, warnings, text)
