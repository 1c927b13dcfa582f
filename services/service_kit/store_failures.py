"""Counts the commands that the store refuses or does not answer."""

from __future__ import annotations

from redis import exceptions as driver

from service_kit.store_errors import ScriptRefused, StoreFull, StoreUnavailable, translated


class StoreFailures:
    """Commands and scripts that failed since the process began, those in pipelines aside."""

    def __init__(self) -> None:
        self.counts = {"unavailable": 0, "full": 0, "fault": 0}
        """By kind: the store can't be used, it is full, or what was sent is a mistake of ours."""

    def note(self, error: Exception) -> None:
        """Counts an exception of the driver; that a script said no, or is not loaded yet, is no failure."""
        if isinstance(error, driver.NoScriptError):
            return
        match translated(error):
            case ScriptRefused():
                return
            case StoreFull():
                self.counts["full"] += 1
            case StoreUnavailable():
                self.counts["unavailable"] += 1
            case _:
                self.counts["fault"] += 1
