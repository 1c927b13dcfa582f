"""`groupguard corp import`: takes an exported configuration in."""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import grpc
import typer

from groupguard.rule.v1.transfer_pb2 import CorpRecord, ImportCorpRequest
from groupguard_cli.batches import progress_bar
from groupguard_cli.confirmation import confirm
from groupguard_cli.failures import tell
from groupguard_cli.lines import parsed, read_lines, refusing_bad_lines
from groupguard_cli.options import AsJson, Corp, Reason, Yes
from groupguard_cli.output import json_line
from groupguard_cli.session import connected
from groupguard_client import failure

RECORDS_IN_PART = 1_000
PART_BYTES = 1024 * 1024
"""Size of one part; a server takes at most 4 MiB, and one record is smaller than the difference."""


@dataclass(frozen=True, slots=True)
class _Import:
    """An import of the records of a file, from some line on."""

    corp: str
    file: Path
    first_line: int
    migrate: bool
    reason: str

    def records(self) -> Iterator[tuple[int, CorpRecord]]:
        """Yields the records with their lines; raises BadLines behind the last one if some are none."""
        for line, record in read_lines(self.file, _record):
            if line >= self.first_line:
                yield line, record

    def parts(self) -> Iterator[ImportCorpRequest]:
        """Yields the parts to send, bounded by count and by size."""
        part, size = self._part(), 0
        for _, record in self.records():
            more = record.ByteSize()
            if part.records and (len(part.records) == RECORDS_IN_PART or size + more > PART_BYTES):
                yield part
                part, size = self._part(), 0
            part.records.append(record)
            size += more
        if part.records:
            yield part

    def _part(self) -> ImportCorpRequest:
        return ImportCorpRequest(corp_id=self.corp, migrate=self.migrate, reason=self.reason)


def import_(
    corp: Corp,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE.jsonl")],
    migrate: Annotated[
        bool,
        typer.Option("--migrate", help="Let rules be in more than 20,000 groups, as historical ones are."),
    ] = False,
    from_line: Annotated[
        int, typer.Option("--from", min=1, metavar="LINE", help="Go on from this line of the file.")
    ] = 1,
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Import what `corp export` wrote, into the same corp or another.

    Rules, groups and settings replace what is there under the same id; bindings and exempt customers are added; what
    the file does not name stays. The whole file is read before anything is written.

    Examples:
        groupguard corp import ww1.jsonl --corp ww2 --yes
    """
    wanted = _Import(corp, file, from_line, migrate, reason)
    with refusing_bad_lines():
        lines = array("Q", (line for line, _ in wanted.records()))
    if not lines:
        tell(f"{file} has no records from line {from_line} on; nothing was changed.")
        return
    confirm(f"Import {len(lines):,} records into {corp}? They replace what is there under the same ids.", yes)
    with connected() as gg:
        changed, written = 0, 0
        try:
            with progress_bar("importing", len(lines)) as advance:
                for answer in gg.rules.ImportCorp(wanted.parts()):
                    advance(answer.record_count - written)
                    changed, written = answer.changed_count, answer.record_count
                    if as_json:
                        print(json_line(answer))
        except (grpc.RpcError, KeyboardInterrupt) as stopped:
            if (record := _at_fault(stopped, written)) is not None:
                tell(f"Line {lines[record]} of {file} could not be written:")
            if written < len(lines):
                tell(
                    f"{written:,} of {len(lines):,} records are written. Go on with --from {lines[written]}."
                )
            raise
    tell(f"Records: {written:,}, that changed something: {changed:,}.")


def _at_fault(stopped: BaseException, written: int) -> int | None:
    """Returns the place within the import of the record that a failure is about; None if it is about none."""
    if not isinstance(stopped, grpc.RpcError):
        return None
    failed = failure(stopped)
    if "record" in failed.metadata:
        return int(failed.metadata["record"])
    in_part = (re.match(r"records\[(\d+)\]", field) for field, _ in failed.violations)
    return next((written + int(match[1]) for match in in_part if match), None)


def _record(line: str) -> CorpRecord:
    record = parsed(line, CorpRecord())
    if record.WhichOneof("record") is None:
        raise ValueError("no record: settings, group, rule, bindings or exempt_customer is needed")
    return record
