"""Reading files line by line; what is wrong is told with the file and the line, all of it at once."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

import typer
from google.protobuf import json_format
from google.protobuf.message import Message

from groupguard_cli.failures import show

_SHOWN_PROBLEMS = 20
_HEADINGS = (["chat_id"], ["external_userid"])
_Read = TypeVar("_Read")
_Message = TypeVar("_Message", bound=Message)


class BadLines(Exception):
    """A file, or lines of it, are not what they should be; the text has a line for each of the first."""

    def __init__(self, problems: list[str]) -> None:
        shown = problems[:_SHOWN_PROBLEMS]
        if len(problems) > _SHOWN_PROBLEMS:
            shown.append(f"… and {len(problems) - _SHOWN_PROBLEMS} more lines")
        super().__init__("\n".join(shown))


@contextmanager
def refusing_bad_lines() -> Iterator[None]:
    """Ends the command with exit code 2 when a file can't be read as it should."""
    try:
        yield
    except BadLines as error:
        show(error)
        raise typer.Exit(2) from None


def file_name(file: Path) -> str:
    """Returns what to call a file; `-` is standard input."""
    return "standard input" if str(file) == "-" else str(file)


@contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """Opens a file for reading; `-` is standard input, which stays open.

    Raises:
        BadLines: it can't be read.
    """
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        raw = file.open("rb")
    except OSError as error:
        raise BadLines([f"{file}: {error.strerror}"]) from None
    with raw:
        yield raw


def read_lines(file: Path, read: Callable[[str], _Read]) -> Iterator[tuple[int, _Read]]:
    """Yields what every line that is not blank says, with its number, from 1.

    Args:
        file: the file; `-` is standard input.
        read: makes something of a line; raises ValueError if it can't.

    Raises:
        BadLines: some lines could not be read; raised behind the last line.
    """
    problems: list[str] = []
    with opened(file) as raw:
        for number, line in enumerate(raw, 1):
            if not line.strip():
                continue
            try:
                yield number, read(decoded(line))
            except ValueError as error:
                problems.append(f"{file_name(file)}:{number}: {error}")
    if problems:
        raise BadLines(problems)


def decoded(line: bytes) -> str:
    """Returns a line as text; raises ValueError if it is not UTF-8."""
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None


def parsed(text: str, message: _Message) -> _Message:
    """Fills a message from protobuf JSON; raises ValueError if it is none."""
    try:
        return json_format.Parse(text, message)
    except json_format.ParseError as error:
        reason = " ".join(str(error).split())  # some come on several lines
        raise ValueError(f"no {message.DESCRIPTOR.name}: {reason}") from None
    except RecursionError:
        raise ValueError(f"no {message.DESCRIPTOR.name}: nested too deep") from None


def read_ids(given: Iterable[str] | None, file: Path | None) -> list[str]:
    """Returns the ids given as arguments and those of a file, one a line; each once, in the order given.

    What lists print into a pipe will do: the first column counts, and its heading is no id.

    Raises:
        BadLines: the file is not UTF-8.
    """
    lines = [id for _, id in read_lines(file, _first_column)] if file is not None else []
    return list(dict.fromkeys([*(given or ()), *lines[lines[:1] in _HEADINGS :]]))


def _first_column(line: str) -> str:
    return line.partition("\t")[0].strip()
