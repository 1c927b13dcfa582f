"""The data folder: who may look into it, and whether the sockets in it can be reached."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from service_kit.embedded.errors import UnusableFolder
from service_kit.embedded.server import socket_in

_SOCKET_PATH_LIMIT: Final = 107 if sys.platform == "linux" else 103
"""Bytes of ``sun_path`` without its closing NUL."""


def prepare(folder: Path, names: tuple[str, ...]) -> None:
    """Creates ``folder`` and a private (0700) subfolder for each server.

    A folder that exists keeps its mode: it may be shared with others. All data and sockets are in the subfolders.

    Raises:
        UnusableFolder: a socket path is too long or not UTF-8, or the folder can't be created.
    """
    for name in names:
        _check_socket_path(folder, socket_in(folder / name))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            (folder / name).mkdir(mode=0o700, exist_ok=True)
            (folder / name).chmod(0o700)
    except OSError as error:
        raise UnusableFolder(f"GROUPGUARD_DATA_DIR={folder} can't hold the store: {error}") from error


def _check_socket_path(folder: Path, socket: Path) -> None:
    size = len(os.fsencode(socket))
    if size > _SOCKET_PATH_LIMIT:
        own = len(os.fsencode(folder))
        raise UnusableFolder(
            f"GROUPGUARD_DATA_DIR={folder} is too long: {own} bytes, at most {_SOCKET_PATH_LIMIT - size + own} are "
            f"possible (the system limits the path of a socket to {_SOCKET_PATH_LIMIT} bytes)"
        )
    try:
        os.fspath(socket).encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnusableFolder(f"GROUPGUARD_DATA_DIR={os.fspath(folder)!a} is not valid UTF-8") from error
