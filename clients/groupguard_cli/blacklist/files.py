"""Reading customers to import from CSV or from JSON lines, one by one: there may be millions."""

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from groupguard.blacklist.v1.blacklist_service_pb2 import Entry, ImportEntriesRequest
from groupguard_cli.blacklist.lists import read_time
from groupguard_cli.lines import BadLines, decoded, file_name, opened, parsed

Item = ImportEntriesRequest.Item
COLUMNS = ("external_userid", "reason", "expire_time")


def read_items(file: Path) -> Iterator[tuple[int, Item]]:
    """Yields the customers of a file with their lines; JSON lines begin with a brace, everything else is CSV with a heading.

    What `blacklist export` and `blacklist list --json` write will do: of an entry only these three columns count.

    Raises:
        BadLines: some lines could not be read; raised behind the last line.
    """
    problems: list[str] = []
    for number, item in _items(file):
        if isinstance(item, ValueError):
            problems.append(f"{file_name(file)}:{number}: {item}")
        else:
            yield number, item
    if problems:
        raise BadLines(problems)


def _items(file: Path) -> Iterator[tuple[int, Item | ValueError]]:
    with opened(file) as raw:
        lines = ((number, line) for number, line in enumerate(raw, 1) if line.strip())
        first = next(lines, None)
        if first is None:
            return
        all_ = chain([first], lines)
        as_json = first[1].lstrip(b"\xef\xbb\xbf \t").startswith(b"{")
        yield from _from_json(all_) if as_json else _from_csv(all_)


def _from_json(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, Item | ValueError]]:
    for number, line in lines:
        try:
            entry = parsed(decoded(line), Entry())
            yield number, _item(entry)
        except ValueError as error:
            yield number, error


def _item(entry: Entry) -> Item:
    item = Item(external_userid=entry.external_userid, reason=entry.reason)
    if entry.HasField("expire_time"):
        item.expire_time.CopyFrom(entry.expire_time)
    return item


def _from_csv(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, Item | ValueError]]:
    last = 0

    def texts() -> Iterator[str]:
        nonlocal last
        for number, line in lines:
            last = number
            yield decoded(line)

    rows = csv.reader(texts(), skipinitialspace=True, strict=True)
    try:
        heading = [name.strip() for name in next(rows)]
        if "external_userid" not in heading:
            yield (
                last,
                ValueError(
                    "a heading with external_userid is needed; reason and expire_time may be there, too"
                ),
            )
            return
        places = [heading.index(name) if name in heading else None for name in COLUMNS]
        for row in rows:
            if len(row) != len(heading):
                yield last, ValueError(f"{len(heading)} values are needed, not {len(row)}")
                continue
            id, reason, expires = ("" if place is None else row[place].strip() for place in places)
            try:
                yield last, Item(external_userid=id, reason=reason, expire_time=read_time(expires))
            except ValueError as error:
                yield last, error
    except (ValueError, csv.Error) as error:
        yield last, ValueError(str(error))
