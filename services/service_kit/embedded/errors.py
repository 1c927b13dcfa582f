"""What can go wrong with the embedded store; every text is written for the operator who reads it."""

from __future__ import annotations

from pathlib import Path


class EmbeddedStoreError(Exception):
    """The embedded store can't do what was asked."""


class EmbeddedStoreUnavailable(EmbeddedStoreError):
    """This machine has no Valkey binary."""


class StoreInUse(EmbeddedStoreError):
    """Another process owns the folder, or a Valkey server that outlived its owner still runs in it.

    Attributes:
        holder: process id of the last owner, where it is known.
    """

    def __init__(self, folder: Path, holder: int | None) -> None:
        by = f"process {holder}, or a server that it started" if holder else "another process"
        super().__init__(
            f"the data folder {folder} is in use by {by}; stop it or set GROUPGUARD_DATA_DIR to another folder"
        )
        self.holder = holder


class UnusableFolder(EmbeddedStoreError):
    """GROUPGUARD_DATA_DIR names a folder that can't hold the store."""


class ServerDied(EmbeddedStoreError):
    """A Valkey server ended while it was starting; the text holds the end of its log."""
