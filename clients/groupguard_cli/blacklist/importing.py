"""`groupguard blacklist import`: any number of customers from a file, to be gone on with when it breaks off."""

import hashlib
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import grpc
import typer

from groupguard.blacklist.v1.blacklist_service_pb2 import (
    GetBlacklistRequest,
    ImportEntriesRequest,
    ImportEntriesResponse,
)
from groupguard_cli.batches import progress_bar
from groupguard_cli.blacklist.files import Item, read_items
from groupguard_cli.blacklist.lists import CUSTOMERS_IN_CALL, SERVICE, ListOwner, list_named
from groupguard_cli.failures import show, tell
from groupguard_cli.lines import refusing_bad_lines
from groupguard_cli.options import AsJson, Corp, DryRun
from groupguard_cli.output import json_line
from groupguard_cli.session import connected
from groupguard_client import GroupGuard

_ATTEMPTS = 5
"""Tries without any progress between them."""
_PAUSE = 0.5
_WORTH_REPEATING = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})
_SHOWN_REFUSALS = 20


@dataclass(frozen=True, slots=True)
class _Import:
    """A file's customers, and where they go."""

    file: Path
    head: ImportEntriesRequest
    lines: "array[int]"
    """The line of each customer."""

    def parts(self, first: int) -> Iterator[ImportEntriesRequest]:
        """Yields the parts to send, from a customer on."""
        items: list[Item] = []
        for index, (_, item) in enumerate(read_items(self.file)):
            if index < first:
                continue
            items.append(item)
            if len(items) == CUSTOMERS_IN_CALL:
                yield self._part(index + 1 - len(items), items)
                items = []
        if items:
            yield self._part(len(self.lines) - len(items), items)

    def _part(self, first: int, items: list[Item]) -> ImportEntriesRequest:
        part = ImportEntriesRequest(first_index=first, items=items)
        part.MergeFrom(self.head)
        return part


def import_(
    corp: Corp,
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="CSV with a heading: external_userid, and if wanted reason, expire_time. Or an entry as JSON on each line.",
        ),
    ],
    owner: ListOwner = "",
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why, where the file says nothing.")
    ] = "",
    import_id: Annotated[
        str,
        typer.Option(
            "--id",
            metavar="ID",
            help="What to call the import; made from the file's content if nothing is said.",
        ),
    ] = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put a file's customers on the corp's list, or with --owner on a member's.

    The whole file is read before anything is written. The same command again goes on where it broke off, for a week;
    `blacklist remove-source --import ID` undoes it.

    Examples:
        groupguard blacklist import customers.csv --corp ww1 --id spring --dry-run
    """
    with refusing_bad_lines():
        lines = array("Q", (line for line, _ in read_items(file)))
    head = ImportEntriesRequest(
        corp_id=corp, import_id=import_id or _id_of(file), list=list_named(owner), reason=reason
    )
    wanted = _Import(file, head, lines)
    with connected(*SERVICE) as gg:
        if dry_run:
            _foresee(gg, wanted)
            return
        with progress_bar("importing", len(lines)) as advance:
            account = _run(gg, wanted, advance, as_json)
    tell(
        f"Import {head.import_id}: {account.next_index:,} of {len(lines):,} customers taken: {account.added_count:,} new, "
        f"{account.already_listed_count:,} listed before, {account.refused_count:,} refused. "
        f"The list has {account.count:,} of at most {account.limit:,}."
    )
    if account.list_full:
        show(
            f"The list is full: line {lines[account.next_index]} and what follows is not on it. The same command goes on there."
        )
    if account.list_full or account.refused_count:
        raise typer.Exit(1)


def _foresee(gg: GroupGuard, wanted: _Import) -> None:
    state = gg.blacklist.GetBlacklist(GetBlacklistRequest(corp_id=wanted.head.corp_id, list=wanted.head.list))
    room = state.limit - state.count
    tell(
        f"{len(wanted.lines):,} customers in {wanted.file}, as import {wanted.head.import_id}; the list has room for {room:,}. "
        "Nothing was changed."
    )


def _run(
    gg: GroupGuard, wanted: _Import, advance: Callable[[int], None], as_json: bool
) -> ImportEntriesResponse:
    """Sends what was not taken yet, again and again while that gets on, and returns the account at the end."""
    taken, failures, refused = 0, 0, 0
    while True:
        try:
            [account] = gg.blacklist.ImportEntries(iter([wanted.head]))
            for response in _responses(gg, wanted, account):
                if response.next_index > taken:
                    advance(response.next_index - taken)
                    taken, failures = response.next_index, 0
                refused = _tell_refusals(wanted, response, refused)
                account = response
                if as_json:
                    print(json_line(response))
            return account
        except grpc.RpcError as error:
            failures += 1
            if error.code() not in _WORTH_REPEATING or failures == _ATTEMPTS:
                tell(
                    f"{taken:,} of {len(wanted.lines):,} customers are taken. The same command again goes on there."
                )
                raise
            time.sleep(_PAUSE * failures)


def _responses(
    gg: GroupGuard, wanted: _Import, account: ImportEntriesResponse
) -> Iterator[ImportEntriesResponse]:
    yield account
    if account.next_index < len(wanted.lines):
        yield from gg.blacklist.ImportEntries(wanted.parts(account.next_index))


def _tell_refusals(wanted: _Import, response: ImportEntriesResponse, before: int) -> int:
    """Shows the first refusals of the import with their lines; returns how many there were up to now."""
    for number, refusal in enumerate(response.refusals, before + 1):
        if number <= _SHOWN_REFUSALS:
            show(
                f"{wanted.file}:{wanted.lines[refusal.index]}: {refusal.external_userid!r} refused: {refusal.why}"
            )
        elif number == _SHOWN_REFUSALS + 1:
            show("… and more")
    return before + len(response.refusals)


def _id_of(file: Path) -> str:
    with file.open("rb") as raw:
        return f"file-{hashlib.file_digest(raw, 'sha256').hexdigest()[:24]}"
