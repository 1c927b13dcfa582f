"""The subcommands of `groupguard hits`."""

import typer

from groupguard_cli.hits import listing, watching

app = typer.Typer(
    help="""The log of decisions: what was hit, and what comes.

Examples:
    groupguard hits list --corp ww1 --since 1h
    groupguard hits watch --corp ww1
""",
    no_args_is_help=True,
)
app.command("list")(listing.list_)
app.command("watch")(watching.watch)
