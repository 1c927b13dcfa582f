"""Reading the table files beside this module."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def lines(name: str) -> list[str]:
    return (_FOLDER / name).read_text("utf-8").splitlines()
