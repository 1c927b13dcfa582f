"""The subcommands of `groupguard rules`."""

import typer

from groupguard_cli.rules import binding, history, looking, states, template, writing

app = typer.Typer(
    help="""Rules: what they look for and do, where they act, and how they changed.

Examples:
    groupguard rules create --corp ww1 --name Ads --keyword 加微信 --kick
    groupguard rules bind $RULE wrShop --corp ww1
""",
    no_args_is_help=True,
)
app.command("list")(looking.list_)
app.command("show")(looking.show)
app.command("create")(writing.create)
app.command("update")(writing.update)
app.command("delete")(states.delete)
app.command("enable")(states.enable)
app.command("disable")(states.disable)
app.command("shadow")(states.shadow)
app.command("bind")(binding.bind)
app.command("unbind")(binding.unbind)
app.command("groups")(looking.groups)
app.command("history")(history.history)
app.command("restore")(history.restore)
app.command("problems")(looking.problems)
app.command("template")(template.template)
