"""Pages of documentation, and the commands on them, which are run as they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groupguard_client import Addresses
from groupguard_client.connection import PORTS
from support.commands import GROUPGUARD, grpcurl_binary, run
from support.services import ROOT

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"^#+ ([^\n]+)$|^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_MARK, _END = "==== end of block ====", "==== end of program ===="


_PATIENCE = 300.0
"""Seconds for all commands of a page, of which there may be dozens."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code of a page."""

    heading: str
    """What it stands under, as written, without the signs before it."""
    language: str
    """As the page says; empty for none."""
    code: str


def pages() -> list[Path]:
    """Every page of documentation, by its path."""
    folders = ("docs", "deploy", "examples", "clients", "services", "tests/bench")
    return sorted([*ROOT.glob("*.md"), *(page for it in folders for page in (ROOT / it).rglob("*.md"))])


def blocks(page: Path) -> list[Block]:
    """All blocks of code of a page, in its order."""
    heading, found = "", []
    for line, language, code in _LINE.findall(page.read_text("utf-8")):
        if line:
            heading = line
        else:
            found.append(Block(heading, language, code))
    return found


def inline(page: Path) -> list[str]:
    """What a page's sentences and tables set as code, on one line each."""
    prose = _BLOCK.sub("", page.read_text("utf-8"))
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]


@dataclass(frozen=True, slots=True)
class Step:
    """Commands, or a program, and what the page says that they print."""

    commands: str
    """For a shell."""
    shown: str
    """Lines that are printed in this order, others between them; `…` stands for anything. Empty if nothing is shown."""


def steps(page: Path) -> list[Step]:
    """All blocks of shell commands and of Python; a block of text belongs to the one before it."""
    found: list[Step] = []
    for block in blocks(page):
        if block.language == "sh":
            found.append(Step(block.code, ""))
        elif block.language == "python":
            found.append(Step(f"python -W error - <<'{_END}'\n{block.code}{_END}\n", ""))
        elif block.language == "text":
            found[-1] = Step(found[-1].commands, block.code)
    return found


def follow(page: Path, folder: Path, environment: Mapping[str, str], addresses: Addresses) -> str:
    """Runs all commands of a page in one shell, in a folder of their own, and compares what they print.

    Returns:
        All that they printed.

    Raises:
        AssertionError: a command failed, or did not print what the page shows.
    """
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "bin").mkdir()
    (folder / "bin" / "grpcurl").symlink_to(grpcurl_binary())
    path = f"{folder / 'bin'}:{GROUPGUARD.parent}:{environment['PATH']}"
    taken = steps(page)
    script = f"cd '{folder}'\n" + "".join(f"{step.commands}echo '{_MARK}'\n" for step in taken)
    for name, port in PORTS.items():
        script = script.replace(f"127.0.0.1:{port}", getattr(addresses, name))
    variables = {**environment, "PATH": path}
    done = run(["sh", "-eu", "-c", script], env=variables, patience=_PATIENCE)
    printed = done.stdout.split(f"{_MARK}\n")
    assert done.returncode == 0, f"{taken[len(printed) - 1].commands}\n{printed[-1]}\n{done.stderr}"
    for step, output in zip(taken, printed, strict=False):
        position = 0
        for line in step.shown.splitlines():
            wanted = re.compile("^" + ".*".join(map(re.escape, line.split("…"))) + "$", re.MULTILINE)
            found = wanted.search(output, position)
            assert found, f"{line!r} is not printed by\n{step.commands}\nwhich prints\n{output}"
            position = found.end()
    return done.stdout
