"""`groupguard serve`: one service, or all of them with a store of their own."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from groupguard_cli.failures import errors, show
from groupguard_client.connection import PORTS

app = typer.Typer(
    help="""Run one service, or all three with a store of their own.

Every setting is an environment variable; options here are short cuts for the commonest.

Examples:
    groupguard serve all
    groupguard serve rule --redis-url redis://localhost:6379/0
""",
    no_args_is_help=True,
)

RedisUrl = Annotated[
    str | None,
    typer.Option(
        "--redis-url",
        metavar="URL",
        help="Redis 7 or newer, or Valkey: redis://, rediss://, unix://, redis+sentinel://h:p,h:p/service, "
        "redis+cluster://h:p,h:p.",
    ),
]
Listen = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Where to serve gRPC; port 0 takes any.")
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Listen beyond loopback even without tokens.")]


def _set(variable: str, value: str | None, default: str = "") -> None:
    if value:
        os.environ[variable] = value
    elif default:
        os.environ.setdefault(variable, default)


def _log_to_people() -> None:
    """Has services log text where a person reads it."""
    _set("GROUPGUARD_LOG_FORMAT", None, "text" if sys.stderr.isatty() else "")


def _prepare(name: str, listen: str | None, insecure: bool) -> None:
    _log_to_people()
    _set("GROUPGUARD_LISTEN", listen, f"127.0.0.1:{PORTS[name]}")
    _set("GROUPGUARD_INSECURE", "true" if insecure else None)


@app.command()
def rule(redis_url: RedisUrl = None, listen: Listen = None, insecure: Insecure = False) -> None:
    """Run RuleService on a store given by --redis-url or GROUPGUARD_DURABLE_URL.

    Examples:
        groupguard serve rule --redis-url redis://localhost:6379/0
    """
    from rule_service.__main__ import main
    from service_kit.server import run

    _prepare("rule", listen, insecure)
    _set("GROUPGUARD_DURABLE_URL", redis_url)
    sys.exit(run(main))


@app.command()
def blacklist(redis_url: RedisUrl = None, listen: Listen = None, insecure: Insecure = False) -> None:
    """Run BlacklistService on a store given by --redis-url or GROUPGUARD_DURABLE_URL.

    Examples:
        groupguard serve blacklist --redis-url redis://localhost:6379/0
    """
    from blacklist_service.__main__ import main
    from service_kit.server import run

    _prepare("blacklist", listen, insecure)
    _set("GROUPGUARD_DURABLE_URL", redis_url)
    sys.exit(run(main))


@app.command("filter")
def filter_(redis_url: RedisUrl = None, listen: Listen = None, insecure: Insecure = False) -> None:
    """Run FilterService, counting in a store given by --redis-url or GROUPGUARD_EPHEMERAL_URL.

    It calls the others at GROUPGUARD_RULE_ADDRESS and GROUPGUARD_BLACKLIST_ADDRESS.

    Examples:
        groupguard serve filter --redis-url redis://localhost:6379/1
    """
    from filter_service.__main__ import main
    from service_kit.server import run

    _prepare("filter", listen, insecure)
    _set("GROUPGUARD_EPHEMERAL_URL", redis_url)
    sys.exit(run(main))


def _default_folder() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "groupguard"


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _on_signals(handler: Callable[..., None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


@app.command("all")
def all_(
    redis_url: Annotated[
        str | None,
        typer.Option(
            "--redis-url",
            metavar="URL",
            envvar="GROUPGUARD_DURABLE_URL",
            help="Store to use instead of the embedded one.",
        ),
    ] = None,
    ephemeral_url: Annotated[
        str | None,
        typer.Option(
            "--ephemeral-url",
            metavar="URL",
            envvar="GROUPGUARD_EPHEMERAL_URL",
            help="Store for counters, if another than --redis-url.",
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="GROUPGUARD_DATA_DIR",
            help="Folder of the embedded store; ~/.local/share/groupguard if nothing is said.",
        ),
    ] = None,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Take any free ports instead of 7301, 7302 and 7303.")
    ] = False,
) -> None:
    """Run all three services on loopback, with the embedded store unless --redis-url names another.

    What dies is started again on its old port. Ctrl-C or SIGTERM stops everything in order. Of fixed ports for health or metrics RuleService has
    the one that is named, FilterService the next one, BlacklistService the one after.

    Examples:
        groupguard serve all
        groupguard serve all --data-dir groupguard-data --free-ports
    """
    from service_kit.embedded import EmbeddedStore, EmbeddedStoreError, LoadProgress
    from service_kit.service_process import ServiceFailed
    from service_kit.suite import StoreUrls, Suite

    def give_up(*_: object) -> None:
        raise typer.Exit(130)

    _log_to_people()
    _on_signals(give_up)  # loading a large store takes long, and nothing serves yet
    folder = data_dir or _default_folder()
    store = StoreUrls(redis_url, ephemeral_url or redis_url) if redis_url else EmbeddedStore(folder)
    suite = Suite(store, ports={} if free_ports else PORTS)

    def loading(progress: LoadProgress) -> None:
        errors.print(
            f"loading the {progress.server} store: {progress.percent:.0f} % of {progress.total_bytes / 1e6:.0f} MB, "
            f"about {progress.eta_seconds} s left"
        )

    try:
        suite.start(loading)
    except (EmbeddedStoreError, ServiceFailed) as error:
        show(error)
        taken = [str(port) for port in PORTS.values() if _is_taken(port)]
        if isinstance(error, ServiceFailed) and taken and not free_ports:
            show(f"taken on 127.0.0.1: {', '.join(taken)}; free them, or use any others with --free-ports")
        raise typer.Exit(1) from None
    stop = threading.Event()
    _on_signals(lambda *_: stop.set())
    try:
        where = "the store named by --redis-url" if redis_url else escape(str(folder))
        errors.print(f"[green]groupguard serves[/green] from {where}")
        for name, service in suite.services.items():
            print(f"{name:<10}127.0.0.1:{service.port}", flush=True)
        while not stop.wait(0.2):
            for name in suite.ensure_running():
                errors.print(f"[yellow]{name} had died and was started again[/yellow]")
    finally:
        suite.stop()
