"""The subcommands of `groupguard corp`."""

import typer

from groupguard_cli.corp import exporting, importing, settings

app = typer.Typer(
    help="""A corp's settings, and all its configuration as a file.

Examples:
    groupguard corp set --corp ww1 share_exemptions=true
    groupguard corp export ww1.jsonl --corp ww1
""",
    no_args_is_help=True,
)
app.command("settings")(settings.show)
app.command("set")(settings.set_)
app.command("export")(exporting.export)
app.command("import")(importing.import_)
