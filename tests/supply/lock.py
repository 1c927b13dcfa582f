"""The lock file: one exact version of everything that a deployment installs, with the hashes of its files."""

import re
from dataclasses import dataclass
from pathlib import Path

_PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>\S+?)(?: ; (?P<marker>.+?))? \\")
_HASH = re.compile(r" +--hash=(sha256:[0-9a-f]{64})(?: \\)?")


@dataclass(frozen=True, slots=True)
class Pin:
    """One distribution."""

    name: str
    version: str
    marker: str
    """Where it is installed, as in PEP 508; empty for everywhere."""
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]
    """Names of what asks for it; `groupguard` among them for what our own two distributions do."""


def read_lock(path: Path) -> list[Pin]:
    """Reads a file that `uv pip compile --generate-hashes` wrote.

    Raises:
        ValueError: a line is of no known form.
    """
    pins: list[Pin] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if pin := _PIN.fullmatch(line):
            pins.append(Pin(pin["name"], pin["version"], pin["marker"] or "", (), ()))
        elif not line.startswith(" ") and (not line or line.startswith("#")):
            continue
        elif pins and (hashed := _HASH.fullmatch(line)):
            last = pins[-1]
            pins[-1] = Pin(last.name, last.version, last.marker, (*last.hashes, hashed[1]), ())
        elif pins and line.startswith("    #"):
            pins[-1] = _with(pins[-1], line.strip("# ").removeprefix("via").strip())
        else:
            raise ValueError(f"{path}:{number}: neither a pin nor a hash: {line[:80]!r}")
    return pins


def _with(pin: Pin, who: str) -> Pin:
    if not who:
        return pin
    name = "groupguard" if who.startswith(("groupguard", "-r", "(pyproject", "pyproject")) else who
    needed_by = tuple(dict.fromkeys((*pin.needed_by, name)))
    return Pin(pin.name, pin.version, pin.marker, pin.hashes, needed_by)
