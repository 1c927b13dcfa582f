"""`groupguard blacklist export`: entries as a file."""

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Annotated

import typer

from groupguard.blacklist.v1.blacklist_service_pb2 import Entry, ExportEntriesRequest
from groupguard_cli.batches import progress_bar
from groupguard_cli.blacklist.lists import SERVICE, ListOwner, list_named, list_words, source_words
from groupguard_cli.failures import show, tell
from groupguard_cli.options import Corp
from groupguard_cli.output import json_line
from groupguard_cli.replacing import replacing
from groupguard_cli.session import connected
from groupguard_client import GroupGuard

_COLUMNS = ("external_userid", "list", "reason", "source", "added_by", "add_time", "expire_time")


def export(
    corp: Corp,
    file: Annotated[
        Path,
        typer.Argument(
            dir_okay=False,
            allow_dash=True,
            metavar="FILE",
            help="Where it goes: a name that ends in .csv for CSV, any other for JSON lines; - is standard output.",
        ),
    ],
    owner: ListOwner = "",
    all_lists: Annotated[bool, typer.Option("--all", help="All lists that you may see.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, whatever the name.")] = False,
) -> None:
    """Export the entries of the corp's list, with --owner of a member's, or with --all of all.

    The file is there once it is complete; one that was there before stays until then. `blacklist import` reads it.

    Examples:
        groupguard blacklist export blacklist.csv --corp ww1
        groupguard blacklist export everything.jsonl --corp ww1 --all
    """
    if all_lists and owner:
        raise typer.BadParameter("give --owner or --all, not both", param_hint="--all")
    request = ExportEntriesRequest(corp_id=corp, list=None if all_lists else list_named(owner))
    write = _write_csv if as_csv or file.suffix == ".csv" else _write_json
    to_stdout = str(file) == "-"
    try:
        with connected(*SERVICE) as gg:
            if to_stdout:
                count = _export(gg, request, write(sys.stdout))
            else:
                with replacing(file) as out:
                    count = _export(gg, request, write(out))
    except OSError as error:
        if to_stdout:
            raise  # whoever read it went away
        show(f"{file} can't be written: {error.strerror}")
        raise typer.Exit(1) from None
    tell(f"Entries: {count:,}.")


def _export(gg: GroupGuard, request: ExportEntriesRequest, write: Callable[[Entry], None]) -> int:
    count = 0
    with progress_bar("exporting", None) as advance:
        for part in gg.blacklist.ExportEntries(request):
            for entry in part.entries:
                write(entry)
            count += len(part.entries)
            advance(len(part.entries))
    return count


def _write_json(out: IO[str]) -> Callable[[Entry], None]:
    def write(entry: Entry) -> None:
        out.write(f"{json_line(entry)}\n")

    return write


def _write_csv(out: IO[str]) -> Callable[[Entry], None]:
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(_COLUMNS)

    def write(entry: Entry) -> None:
        expires = entry.expire_time.ToJsonString() if entry.HasField("expire_time") else ""
        rows.writerow(
            (
                *(entry.external_userid, list_words(entry.list), entry.reason, source_words(entry.source)),
                *(entry.added_by, entry.add_time.ToJsonString(), expires),
            )
        )

    return write
