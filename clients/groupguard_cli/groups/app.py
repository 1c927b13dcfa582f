"""The subcommands of `groupguard groups`."""

import typer

from groupguard_cli.groups import changing, looking, put

app = typer.Typer(
    help="""The registry of customer groups, and the rules of a group.

Examples:
    groupguard groups put groups.csv --corp ww1
    groupguard groups rules wrShop --corp ww1
""",
    no_args_is_help=True,
)
app.command("list")(looking.list_)
app.command("put")(put.put)
app.command("dismiss")(changing.dismiss)
app.command("rules")(looking.rules)
app.command("set-rules")(changing.set_rules)
app.command("notice")(looking.notice)
app.command("released")(looking.released)
