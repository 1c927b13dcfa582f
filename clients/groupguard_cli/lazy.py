"""Loading a command's module only when that command is called, so that the others start fast."""

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class _Entry(NamedTuple):
    """A command that is not loaded yet."""

    place: str
    """Module and attribute: a Typer application or a function."""
    help: str
    """What a list of commands says of it."""


COMMANDS = {
    "serve": _Entry("groupguard_cli.serve:app", "Run one service, or all three with a store of their own."),
    "demo": _Entry(
        "groupguard_cli.demo:demo", "Show a day in four customer groups, with a store of its own."
    ),
    "rules": _Entry(
        "groupguard_cli.rules.app:app", "Rules: what they look for and do, where, and how they changed."
    ),
    "groups": _Entry(
        "groupguard_cli.groups.app:app", "The registry of customer groups, and the rules of a group."
    ),
    "exempt": _Entry("groupguard_cli.exempt:app", "Customers whom no rule holds for."),
    "strikes": _Entry(
        "groupguard_cli.strikes:app", "Who was warned how often by rules that kick after warnings."
    ),
    "blacklist": _Entry(
        "groupguard_cli.blacklist.app:app", "Blacklists: the corp's own, and each member's personal one."
    ),
    "forget": _Entry("groupguard_cli.forget:forget", "Erase all that is kept of a customer."),
    "corp": _Entry("groupguard_cli.corp.app:app", "A corp's settings, and all its configuration as a file."),
    "check": _Entry("groupguard_cli.check:check", "Judge a file of messages and sum up by rule and keyword."),
    "test-rule": _Entry(
        "groupguard_cli.trial.command:try_rule", "Try a rule on messages before it is saved."
    ),
    "backtest": _Entry(
        "groupguard_cli.backtest.command:backtest", "See what a rule would have done about many messages."
    ),
    "hits": _Entry("groupguard_cli.hits.app:app", "The log of decisions: what was hit, and what comes."),
    "statistics": _Entry(
        "groupguard_cli.statistics.command:statistics", "What rules did, by day, rule and group."
    ),
    "token": _Entry("groupguard_cli.token:token", "Make a bearer token."),
}
"""Every command, in the order of the help."""


class LazyGroup(TyperGroup):
    """The commands of `COMMANDS`: a list of them needs none of their modules, a call needs one."""

    def __init__(self, **settings: Any) -> None:
        """Takes what Typer gives it, and the commands with their names and help alone."""
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name, help=entry.help) for name, entry in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Returns the command to call, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _loaded(str(name)), rest


def _loaded(name: str) -> Any:
    module, _, attribute = COMMANDS[name].place.partition(":")
    target = getattr(import_module(module), attribute)
    if isinstance(target, typer.Typer):
        command: Any = typer.main.get_group(target)
    else:
        app = typer.Typer(rich_markup_mode="rich", add_completion=False)
        app.command()(target)
        command = typer.main.get_command(app)
    command.name = name
    return command
