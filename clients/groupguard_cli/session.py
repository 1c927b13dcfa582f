"""A connection for the length of one command, and what is said when a call fails."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import typer

from groupguard_cli.failures import report, show
from groupguard_client import GroupGuard

TIMEOUT = 30.0
"""Seconds that one call may take, its retries included."""


@contextmanager
def connected(
    service: str = "RuleService", variable: str = "GROUPGUARD_RULE_ADDRESS"
) -> Iterator[GroupGuard]:
    """Yields a client of the services that the environment names; which one is called is said if nobody answers.

    A call that fails ends the command with exit code 1, and an argument that is no text with 2.
    """
    try:
        with GroupGuard(timeout=TIMEOUT) as gg:
            yield gg
    except grpc.RpcError as error:
        report(error, service, variable)
        raise typer.Exit(1) from None
    except UnicodeEncodeError:  # half a surrogate pair: how Python passes on bytes that are not UTF-8
        show("an argument is not UTF-8")
        raise typer.Exit(2) from None
