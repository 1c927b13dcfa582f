"""A checkout as somebody has it who has installed everything: for `make` as it is typed, without a download."""

from __future__ import annotations

import sys
from pathlib import Path

from support.services import ROOT


def checkout(folder: Path) -> None:
    """Makes an empty folder one: links to what is here, with the environment that runs the tests as `.venv`."""
    for name in ("Makefile", "pyproject.toml", "clients", "services", "tests"):
        (folder / name).symlink_to(ROOT / name)
    venv = folder / ".venv"
    venv.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (venv / name).symlink_to(Path(sys.prefix) / name)
    (venv / ".home").write_text(f"{folder.resolve()}\n", "utf-8")
    for installed in (".runtime", ".dev"):
        (venv / installed).touch()
