"""Writes what follows from the lock file: `python -m supply <folder>`."""

import sys
from importlib import metadata
from pathlib import Path

from supply import LICENCES, LOCK, SBOM
from supply.licences import read_licences, write_licences
from supply.lock import read_lock
from supply.sbom import sbom


def main(folder: Path) -> None:
    pins = read_lock(folder / LOCK)
    write_licences(folder / LICENCES, pins)
    document = sbom(pins, read_licences(folder / LICENCES), metadata.version("groupguard"))
    (folder / SBOM).write_text(document, "utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
