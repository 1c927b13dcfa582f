"""Whoever has an error finds what to do: each reason has its section, and what that names is there."""

from __future__ import annotations

import re
from pathlib import Path

from typer.testing import CliRunner

from groupguard_cli.main import app
from support.error_reasons import CODES, REASONS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")


def test_every_reason_has_a_section_in_the_order_of_the_enum_with_its_code() -> None:
    """And there is none for anything else; each says at least one thing to do."""
    sections = dict(re.findall(r"^## (\w+)$\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
    assert list(sections) == REASONS
    for reason, section in sections.items():
        assert section.startswith(f"\n`{CODES[reason]}`. ")
        assert re.search(r"^- ", section, re.MULTILINE)


def test_commands_named_exist() -> None:
    """With the options given."""
    for command in re.findall(r"`groupguard ([a-z -]+?)(?: [A-Z=a-z_]*[A-Z=][A-Za-z_=]*)*`", PAGE):
        done = CliRunner().invoke(app, [*command.split(), "--help"])
        assert done.exit_code == 0, command


def test_variables_named_are_read() -> None:
    """By a service, the client or the command."""
    sources = "".join(
        path.read_text("utf-8") for root in ("services", "clients") for path in (ROOT / root).rglob("*.py")
    )
    for variable in set(re.findall(r"GROUPGUARD_[A-Z_]+", PAGE)):
        assert f'"{variable}"' in sources, variable
