"""The `groupguard` command and its subcommands."""

import os
from typing import Annotated

import typer

from groupguard_cli.completion import complete_at_once
from groupguard_cli.lazy import LazyGroup

complete_at_once()
app = typer.Typer(
    cls=LazyGroup,
    help="""Anti-harassment rules for WeCom customer groups: services, demo and tools.

Examples, with the services in one terminal and the rest in another:
    groupguard serve all

    export GROUPGUARD_CORP=ww1
    printf 'chat_id,owner_userid\\nwrShop,zhangmin\\n' > groups.csv
    groupguard groups put groups.csv
    groupguard rules create --name Ads --keyword 加微信 --kick --state enabled
    RULE=$(groupguard rules list | awk 'END {print $1}')
    groupguard rules bind $RULE wrShop
    echo '{"text": "加微信领红包"}' > messages.jsonl
    groupguard check messages.jsonl --chat wrShop
""",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


@app.callback()
def _root(
    ca: Annotated[
        str,
        typer.Option(
            "--ca",
            metavar="FILE",
            help="Authorities, PEM, that sign servers' certificates, or `system`; speaks TLS. As GROUPGUARD_CA_FILE.",
        ),
    ] = "",
    cert: Annotated[
        str,
        typer.Option(
            "--cert",
            metavar="FILE",
            help="Certificate to show to servers, PEM. As GROUPGUARD_CLIENT_CERT_FILE.",
        ),
    ] = "",
    key: Annotated[
        str,
        typer.Option("--key", metavar="FILE", help="Its private key, PEM. As GROUPGUARD_CLIENT_KEY_FILE."),
    ] = "",
) -> None:
    for name, file in (("CA", ca), ("CLIENT_CERT", cert), ("CLIENT_KEY", key)):
        if file:
            os.environ[f"GROUPGUARD_{name}_FILE"] = file


if __name__ == "__main__":
    app()
