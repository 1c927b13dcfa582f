"""How failures are shown to somebody at a terminal."""

import grpc
from rich.console import Console
from rich.markup import escape

from groupguard_client import failure

errors = Console(stderr=True, soft_wrap=True)
"""Standard error; long lines stay whole, so that paths in them can be copied."""


def describe(error: grpc.RpcError) -> str:
    """Returns the failure as rich markup, every violation on a line of its own."""
    failed = failure(error)
    names = " ".join(filter(None, (f"[red]{failed.code}[/red]", failed.reason)))
    lines = [f"{names} {escape(failed.message)}"]
    lines += [f"  {escape(field)}: {escape(description)}" for field, description in failed.violations]
    return "\n".join(lines)


def report(error: grpc.RpcError, service: str, variable: str) -> None:
    """Prints why a call failed, and where the service is looked for if nobody of ours answered."""
    errors.print(describe(error), highlight=False)
    failed = failure(error)
    if failed.code == "UNAVAILABLE" and not failed.reason:  # a server of ours would name one
        errors.print(f"Is {service} there? `groupguard serve all` starts one; {variable} names another.")


def show(problem: object) -> None:
    """Prints a problem in red on standard error."""
    errors.print(escape(str(problem)), style="red", highlight=False)


def tell(message: object) -> None:
    """Prints something worth knowing on standard error, where no program reads it."""
    errors.print(escape(str(message)), highlight=False)
