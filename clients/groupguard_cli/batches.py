"""Writing more than one call takes: part by part, with a progress bar, and in a way that can be repeated."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import grpc
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from groupguard_cli.failures import tell

_Item = TypeVar("_Item")
_ATTEMPTS = 3
_PAUSE = 0.5
"""Seconds between attempts; those of a single call, which the client repeats too, have gone by then."""
_WORTH_REPEATING = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


def split(items: Sequence[_Item], size: int) -> list[Sequence[_Item]]:
    """Returns the items in parts of at most `size`."""
    return [items[start : start + size] for start in range(0, len(items), size)]


@contextmanager
def progress_bar(title: str, total: int | None, *, visible: bool = True) -> Iterator[Callable[[int], None]]:
    """Shows a progress bar on standard error; what is yielded tells it how much more is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Left to itself it would take what is printed meanwhile to standard error, too.
    with Progress(
        *columns, console=Console(stderr=True), redirect_stdout=False, disable=not visible
    ) as progress:
        task = progress.add_task(title, total=total)
        yield lambda more: progress.advance(task, more)


def send_all(
    method: Callable[[Any], Any],
    requests: Sequence[tuple[int, Any]],
    *,
    title: str,
    unit: str,
    dry_run: bool = False,
) -> Iterator[Any]:
    """Sends requests one after the other and yields the answers.

    Each has a request_id of its own, under which it is repeated when its answer did not come. What goes wrong in spite of
    that ends the rest, after saying how far it came: what is written stays, and the same command can be given again.

    Args:
        method: the method to call.
        requests: how many things each of them is about, and the request.
        title: what is being done.
        unit: what the things are.
        dry_run: the requests change nothing.
    """
    total = sum(weight for weight, _ in requests)
    done = 0
    try:
        with progress_bar(title, total, visible=len(requests) > 1) as advance:
            for weight, request in requests:
                request.request_id = str(uuid.uuid4())
                answer = _sent(method, request)
                done += weight
                advance(weight)
                yield answer
    except (grpc.RpcError, KeyboardInterrupt):
        if len(requests) > 1 and not dry_run:
            tell(f"{done:,} of {total:,} {unit} are done and stay so. The same command again does the rest.")
        raise


def _sent(method: Callable[[Any], Any], request: Any) -> Any:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return method(request)
        except grpc.RpcError as error:
            code = error.code()
            if code not in _WORTH_REPEATING or attempt == _ATTEMPTS:
                raise
            time.sleep(_PAUSE)
    raise AssertionError("the last attempt returns or raises")
