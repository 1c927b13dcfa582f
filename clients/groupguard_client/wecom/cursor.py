"""How far the archive was read, kept over restarts."""

import os
from pathlib import Path
from typing import Protocol


class Cursor(Protocol):
    """Keeps the sequence number of the last record that is done with."""

    def load(self) -> int:
        """Returns the number; 0 before the first."""

    def save(self, seq: int) -> None:
        """Keeps the number for good."""


class FileCursor:
    """Keeps the number in a file, whole at any time."""

    def __init__(self, path: Path) -> None:
        """Takes the file's path; the file need not be there, its folder must."""
        self._path = path

    def load(self) -> int:
        """Returns the number.

        Raises:
            ValueError: the file holds something else.
        """
        try:
            text = self._path.read_text("ascii")
        except FileNotFoundError:
            return 0
        return int(text)

    def save(self, seq: int) -> None:
        """Replaces the file in one step, once the new one is on the disk."""
        beside = self._path.with_name(f"{self._path.name}.new")
        with beside.open("w", encoding="ascii") as file:
            file.write(f"{seq}\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
