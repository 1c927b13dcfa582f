"""The `groupguard` command and its subcommands."""

import typer

from groupguard_cli.lazy import LazyGroup

app = typer.Typer(
    cls=LazyGroup,
    help="Anti-harassment rules for WeCom customer groups: services, demo and tools.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


@app.callback()
def _root() -> None:
    """Has no options of its own; every command is loaded when it is called."""


if __name__ == "__main__":
    app()
