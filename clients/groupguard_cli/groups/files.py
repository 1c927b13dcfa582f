"""Reading groups from CSV or from JSON lines."""

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from groupguard.rule.v1.group_pb2 import Group
from groupguard_cli.lines import BadLines, decoded, file_name, opened, parsed

_NEEDED = ("chat_id", "owner_userid")
_KNOWN = frozenset({*_NEEDED, "display_name", "strategy_ids", "member_count"})


def read_groups(file: Path) -> list[Group]:
    """Returns the groups of a file, whichever of the two it is: JSON lines begin with a brace.

    Raises:
        BadLines: some lines are no groups, or name one that is named before.
    """
    groups: list[Group] = []
    seen: dict[str, int] = {}
    problems: list[str] = []
    for number, group in _groups(file):
        if isinstance(group, ValueError):
            problems.append(f"{file_name(file)}:{number}: {group}")
            continue
        if (before := seen.setdefault(group.chat_id, number)) != number:
            problems.append(f"{file_name(file)}:{number}: {group.chat_id} is in line {before}, too")
        groups.append(group)
    if problems:
        raise BadLines(problems)
    return groups


def _groups(file: Path) -> Iterator[tuple[int, Group | ValueError]]:
    """Yields each line's number with the group it names, or what is wrong with it."""
    with opened(file) as raw:
        lines = enumerate(raw, 1)
        first = next(((number, line) for number, line in lines if line.strip()), None)
        if first is None:
            return
        lines_read = chain([first], lines)
        if first[1].lstrip(b"\xef\xbb\xbf \t").startswith(b"{"):
            yield from _from_json(lines_read)
        else:
            yield from _from_csv(lines_read)


def _from_json(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, Group | ValueError]]:
    for number, line in lines:
        if line.strip():
            try:
                yield number, parsed(decoded(line), Group())
            except ValueError as error:
                yield number, error


class _Reading:
    """Gives lines as text, and knows the number of the last one given: a row may span several."""

    def __init__(self, lines: Iterator[tuple[int, bytes]]) -> None:
        self._lines = lines
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for number, line in self._lines:
            self.number = number
            yield decoded(line)


def _from_csv(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, Group | ValueError]]:
    reading = _Reading(lines)
    rows = csv.DictReader(reading, skipinitialspace=True)
    try:
        heading = frozenset(rows.fieldnames or ())
        missing = [name for name in _NEEDED if name not in heading]
        if missing or heading - _KNOWN:
            wrong = [f"no column {name}" for name in missing]
            wrong += [f"unknown column {name!r}" for name in sorted(heading - _KNOWN)]
            yield reading.number, ValueError(f"{', '.join(wrong)}; known are {', '.join(sorted(_KNOWN))}")
            return
        for row in rows:
            try:
                yield reading.number, _group(row)
            except ValueError as error:
                yield reading.number, error
    except (ValueError, csv.Error) as error:
        yield reading.number, ValueError(str(error))


def _group(row: dict[str | None, str | None]) -> Group:
    if None in row or None in row.values():
        raise ValueError("not as many values as the heading has")
    texts = {str(name): str(value).strip() for name, value in row.items()}
    count = texts.get("member_count") or "0"
    if not (count.isascii() and count.isdigit() and len(count) < 10):
        raise ValueError(f"member_count must be a number, not {count!r}")
    if not (texts["chat_id"] and texts["owner_userid"]):
        raise ValueError("chat_id and owner_userid are needed")
    return Group(
        chat_id=texts["chat_id"],
        owner_userid=texts["owner_userid"],
        display_name=texts.get("display_name", ""),
        strategy_ids=filter(None, map(str.strip, texts.get("strategy_ids", "").split(";"))),
        member_count=int(count),
    )
