"""The subcommands of `groupguard blacklist`."""

import typer

from groupguard_cli.blacklist import changing, exporting, importing, looking, undoing

app = typer.Typer(
    help="""Blacklists: the corp's own, and with --owner a member's personal one.

Examples:
    groupguard blacklist add wmPest --corp ww1 --reason 卖假货
    groupguard blacklist check wmPest --corp ww1
""",
    no_args_is_help=True,
)
app.command("add")(changing.add)
app.command("remove")(changing.remove)
app.command("check")(looking.check)
app.command("list")(looking.list_)
app.command("show")(looking.show)
app.command("import")(importing.import_)
app.command("export")(exporting.export)
app.command("remove-source")(undoing.remove_source)
app.command("rebuild")(undoing.rebuild)
