"""The examples that `--help` shows: every command has some, and they are right."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner

from groupguard_cli import main
from service_kit.suite import Suite
from support.commands import GROUPGUARD, run
from support.corp import Corp

ROOM = 74
"""Columns that a terminal of 80 leaves for an example, which still has to fit on a line."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yields a command and those below it, loaded, by the words that call them."""
    yield path, command
    names = getattr(command, "commands", {})
    if names:
        context = command.make_context("groupguard", [], resilient_parsing=True)
        for name in names:
            yield from commands(command.resolve_command(context, [name])[1], (*path, name))


COMMANDS = dict(commands(typer.main.get_command(main.app)))


def shown(path: tuple[str, ...]) -> list[str]:
    """The lines of a command's help from `Examples` to the options, as a wide terminal shows them."""
    done = CliRunner().invoke(main.app, [*path, "--help"], prog_name="groupguard", env={"COLUMNS": "200"})
    found = re.search(r"^ Examples.*:\s*\n(.*?)^╭", done.stdout, re.DOTALL | re.MULTILINE)
    assert found, f"no examples in the help of groupguard {' '.join(path)}"
    return [line.strip() for line in found[1].splitlines() if line.strip()]


def calls(line: str) -> Iterator[list[str]]:
    """Yields the arguments of every call of `groupguard` in a line of shell."""
    for part in re.split(r"\||\d?>|\$\(", line):
        words = shlex.split(part.rstrip(") "))
        if words[0] == "groupguard":
            yield words[1:]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_help_has_examples_that_parse(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is about the command whose help shows it, with options and values that the command takes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUPGUARD_CORP", "ww1")
    lines = shown(path)
    assert max(map(cell_len, lines)) <= ROOM
    examples = [words for line in lines for words in calls(line)]
    assert examples
    for words in examples:
        for file in re.findall(r"\S+\.(?:jsonl?|csv|txt)\b", " ".join(words)):
            Path(file).touch()  # some commands look whether it is there before they begin
        called = max((known for known in COMMANDS if known == tuple(words[: len(known)])), key=len)
        assert called[: len(path)] == path
        assert not hasattr(COMMANDS[called], "commands"), f"{words} names no command"
        COMMANDS[called].make_context(called[-1], words[len(called) :])


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_help_shows_a_number_that_stands_for_something_else(path: tuple[str, ...]) -> None:
    """What has no limit has `all`, not a number that nobody reaches."""
    done = CliRunner().invoke(main.app, [*path, "--help"], prog_name="groupguard", env={"COLUMNS": "200"})
    assert not re.search(r"default: \(?\d{8,}", done.stdout)


def test_the_session_in_the_help_finds_the_advertisement(suite: Suite, corp: Corp, tmp_path: Path) -> None:
    """In a real shell, line by line as it stands, but for the corp and the services, which run already."""
    serve, *session = shown(())
    assert serve == "groupguard serve all"
    ports = {name.upper(): service.port for name, service in suite.services.items()}
    done = run(
        ["bash", "-ec", "\n".join([f"cd {shlex.quote(str(tmp_path))}", *session]).replace("ww1", corp.id)],
        env={
            "PATH": f"{GROUPGUARD.parent}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            **{f"GROUPGUARD_{name}_ADDRESS": f"127.0.0.1:{port}" for name, port in ports.items()},
        },
    )
    assert done.returncode == 0, done.stderr
    summary = done.stdout.splitlines()
    assert any("加微信" in line and "1" in line for line in summary), done.stdout
