"""`groupguard corp export`: a corp's whole configuration as a file."""

import sys
from pathlib import Path
from typing import IO, Annotated

import typer

from groupguard.rule.v1.transfer_pb2 import ExportCorpRequest, ExportCorpResponse
from groupguard_cli.batches import progress_bar
from groupguard_cli.failures import errors, show, tell
from groupguard_cli.options import AsJson, Corp
from groupguard_cli.output import json_line
from groupguard_cli.replacing import replacing
from groupguard_cli.session import connected
from groupguard_client import GroupGuard


def export(
    corp: Corp,
    file: Annotated[
        Path,
        typer.Argument(
            dir_okay=False, allow_dash=True, metavar="FILE.jsonl", help="Where it goes; - is standard output."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Export all that a corp has configured, a record a line, in an order in which `corp import` takes it.

    The file is there once it is complete; one that was there before stays until then.

    Examples:
        groupguard corp export ww1.jsonl --corp ww1
    """
    to_stdout = str(file) == "-"
    try:
        with connected() as gg:
            if to_stdout:
                count, end = _write(gg, corp, sys.stdout)
            else:
                with replacing(file) as out:
                    count, end = _write(gg, corp, out)
    except OSError as error:
        if to_stdout:
            raise  # whoever read it went away
        show(f"{file} can't be written: {error.strerror}")
        raise typer.Exit(1) from None
    if as_json and not to_stdout:
        print(json_line(end))
    tell(f"Records: {count:,}, at revision {end.rules_revision}.")
    if end.changed_meanwhile:
        errors.print(
            "[yellow]Something was written meanwhile: the export may hold some of it and not the rest. Export again.[/yellow]"
        )


def _write(gg: GroupGuard, corp: str, out: IO[str]) -> tuple[int, ExportCorpResponse]:
    """Writes every record, and returns how many there are and the last part without its records."""
    count = 0
    end = ExportCorpResponse()
    with progress_bar("exporting", None) as advance:
        for part in gg.rules.ExportCorp(ExportCorpRequest(corp_id=corp)):
            for record in part.records:
                out.write(f"{json_line(record)}\n")
            count += len(part.records)
            advance(len(part.records))
            end = ExportCorpResponse(
                rules_revision=part.rules_revision, changed_meanwhile=part.changed_meanwhile
            )
    if not end.rules_revision:
        show("The export was cut off before its end.")
        raise typer.Exit(1)
    return count, end
