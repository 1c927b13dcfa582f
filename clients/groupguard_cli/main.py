"""The `groupguard` command and its subcommands."""

import typer

from groupguard_cli import check, demo, serve, token

app = typer.Typer(
    help="Anti-harassment rules for WeCom customer groups: services, demo and tools.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
app.add_typer(serve.app, name="serve")
app.command("demo")(demo.demo)
app.command("check")(check.check)
app.command("token")(token.token)

if __name__ == "__main__":
    app()
