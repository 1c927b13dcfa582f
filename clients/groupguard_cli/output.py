"""What commands print: tables for people, tab-separated lines for pipes, protobuf JSON for programs.

Only what was asked for goes to standard output. Whatever else there is to say goes to standard error.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groupguard_cli.failures import tell

Columns = Sequence[tuple[str, Callable[[Any], str]]]
"""Heading of each column, and what it shows of an item."""
_BREAKS = str.maketrans({"\t": " ", "\n": " ", "\r": " "})


def json_line(message: Message) -> str:
    """Returns a message as protobuf JSON on one line, with the fields of the protos."""
    return json_format.MessageToJson(
        message, preserving_proto_field_name=True, indent=None, ensure_ascii=False
    )


def print_list(items: Iterable[Any], columns: Columns, *, as_json: bool, nothing: str) -> None:
    """Prints items: as a table on a terminal, else a line each, as they come.

    Args:
        items: protobuf messages.
        columns: what a table shows.
        as_json: print the messages themselves.
        nothing: what to say on standard error when there are none.
    """
    count = 0
    rows: list[list[str]] = []
    try:
        for count, item in enumerate(items, 1):
            if as_json:
                print(json_line(item))
            elif sys.stdout.isatty():
                rows.append([value(item) for _, value in columns])
            else:
                if count == 1:
                    print("\t".join(title for title, _ in columns))
                print("\t".join(value(item).translate(_BREAKS) for _, value in columns))
    finally:  # what there was before a failure is shown
        if rows:
            _print_table([title for title, _ in columns], rows)
    if not count:
        tell(nothing)


def print_one(message: Message, fields: Iterable[tuple[str, str]], *, as_json: bool) -> None:
    """Prints one message: its fields one below the other, or itself as JSON."""
    if as_json:
        print(json_line(message))
    elif sys.stdout.isatty():
        _print_table(["field", "value"], [list(field) for field in fields])
    else:
        for name, value in fields:
            print(f"{name}\t{value.translate(_BREAKS)}")


def _print_table(titles: list[str], rows: list[list[str]]) -> None:
    table = Table()
    for number, title in enumerate(titles):
        table.add_column(title, overflow="fold", no_wrap=number == 0)  # what is copied stays in one piece
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)
