"""What is welcome of the sorts of message that a rule does not want."""

from collections.abc import Iterable

from service_kit.matching import WebPage, reread_whitelist_entry


class WebWhitelist:
    """The pages that do not trigger a rule."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Iterable[str]) -> None:
        self._entries = tuple(map(reread_whitelist_entry, entries))

    def covers(self, page: WebPage) -> bool:
        """Tells whether any entry covers the page."""
        return any(entry.covers(page) for entry in self._entries)


class MiniProgramWhitelist:
    """The mini programs that do not trigger a rule."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Iterable[str]) -> None:
        self._entries = frozenset(entries)

    def holds(self, appid_or_username: str) -> bool:
        """Tells whether an entry is exactly this appid or username."""
        return appid_or_username in self._entries
