"""How a failed call is shown to somebody at a terminal."""

import grpc
from rich.markup import escape

from groupguard_client import failure


def describe(error: grpc.RpcError) -> str:
    """Returns the failure as rich markup, every violation on a line of its own."""
    failed = failure(error)
    lines = [f"[red]{failed.code}[/red] {failed.reason} {escape(failed.message)}"]
    lines += [f"  {escape(field)}: {escape(description)}" for field, description in failed.violations]
    return "\n".join(lines)
