"""A connection for the length of one command, and what is said when a call fails."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import typer

from groupguard_cli.failures import report, show
from groupguard_client import GroupGuard, Tls

TIMEOUT = 30.0
"""Seconds that one call may take, its retries included."""


def tls_of_environment() -> Tls | None:
    """Returns how to speak TLS, as the environment says; files that can't be used end the command with exit code 2."""
    try:
        return Tls.from_environment()
    except ValueError as error:
        show(error)
        raise typer.Exit(2) from None


@contextmanager
def connected(
    service: str = "RuleService", variable: str = "GROUPGUARD_RULE_ADDRESS", timeout: float = TIMEOUT
) -> Iterator[GroupGuard]:
    """Yields a client of the services that the environment names; which one is called is said if nobody answers.

    A call may take `timeout` seconds.

    A call that fails ends the command with exit code 1, and an argument that is no text with 2.
    """
    tls = tls_of_environment()
    try:
        with GroupGuard(tls=tls, timeout=timeout) as gg:
            yield gg
    except grpc.RpcError as error:
        report(error, service, variable)
        raise typer.Exit(1) from None
    except UnicodeEncodeError:  # half a surrogate pair: how Python passes on bytes that are not UTF-8
        show("an argument is not UTF-8")
        raise typer.Exit(2) from None
