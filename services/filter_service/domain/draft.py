"""A mapping on its way to the next snapshot."""

from collections.abc import Mapping
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Draft(Generic[Value]):
    """Copies a mapping when it is first changed: a corp may have 300,000 groups and change a rule."""

    def __init__(self, before: Mapping[str, Value]) -> None:
        self.now = before
        """The mapping with its changes."""
        self.touched: set[str] = set()
        """Keys that were set or dropped."""
        self._own: dict[str, Value] | None = None

    def set(self, key: str, value: Value) -> None:
        self._open(key)[key] = value

    def drop(self, key: str) -> None:
        """Removes a key, if it is there."""
        self._open(key).pop(key, None)

    def _open(self, key: str) -> dict[str, Value]:
        self.touched.add(key)
        if self._own is None:
            self.now = self._own = dict(self.now)
        return self._own
