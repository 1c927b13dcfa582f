"""Whitelists of pages and of mini programs, asked often and kept for every rule of a corp: compact in memory."""

from collections.abc import Iterable, Iterator

from service_kit.web.digest_set import DigestSet
from service_kit.web.web_page import WebPage, is_numeric, reread_whitelist_entry


class WebWhitelist:
    """The pages that do not trigger a rule."""

    __slots__ = ("_entries", "_shapes", "refused")

    refused: int
    """Entries that would not be accepted any more : they cover nothing."""

    def __init__(self, entries: Iterable[str]) -> None:
        self.refused = 0
        shapes: set[tuple[int, int]] = set()
        self._entries = DigestSet(self._keys(entries, shapes))
        self._shapes = tuple(sorted(shapes))

    def covers(self, page: WebPage) -> bool:
        """Tells whether any entry covers the page; see `WebPage.covers`.

        Only host and path lengths that entries have are looked up, so a page of a hundred labels costs no more.
        """
        labels = page.host.split(".")
        return any(
            _key(".".join(labels[len(labels) - height :]), page.port, page.path[:depth]) in self._entries
            for height, depth in self._shapes
            if height <= len(labels)
            and depth <= len(page.path)
            and (height == len(labels) or not is_numeric(page.host))
        )

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """Bytes that the entries take."""
        return self._entries.size

    def _keys(self, entries: Iterable[str], shapes: set[tuple[int, int]]) -> Iterator[str]:
        for text in entries:
            try:
                entry = reread_whitelist_entry(text)
            except ValueError:
                self.refused += 1
                continue
            shapes.add((entry.host.count(".") + 1, len(entry.path)))
            yield _key(entry.host, entry.port, entry.path)


class MiniProgramWhitelist:
    """The mini programs that do not trigger a rule, by appid or username, in the one spelling that WeCom gives them."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Iterable[str]) -> None:
        self._entries = DigestSet(entries)

    def holds(self, appid_or_username: str) -> bool:
        """Tells whether an entry is exactly this appid or username."""
        return appid_or_username in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """Bytes that the entries take."""
        return self._entries.size


def _key(host: str, port: int | None, path: tuple[str, ...]) -> str:
    """Writes a page so that no other page is written the same: a segment may hold a decoded slash."""
    if not path:
        return f"{host}:{port or ''}"
    return "/".join((f"{host}:{port or ''}", *(it.replace("%", "%25").replace("/", "%2f") for it in path)))
