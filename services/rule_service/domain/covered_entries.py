"""Which entries of a web whitelist let through nothing that a wider one does not."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from service_kit.web import WebPage, reread_whitelist_entry, whitelist_entry_host

_Node = dict[str | None, Any]
"""Segments of a path, each with what lies below it; under None the entry that ends here."""
_Tree = dict[int | None, _Node]
"""The paths of one host, by port."""


def covered_entries(entries: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yields each entry that another one covers, with that one; the widest, where there are several.

    Takes time in proportion to the entries, not to their pairs: of other hosts only those above an entry's own are
    looked up, and the paths of each are a tree. Entries that share their host with none and have none above, as most
    do, are not even parsed.

    Args:
        entries: as a rule has them; one that is not valid any more is passed over. Of two that say the same the
            first covers the other.

    Yields:
        Two indices: of the entry that is covered, and of the one that covers it.
    """
    hosts: dict[str, list[int]] = {}
    for index, entry in enumerate(entries):
        try:
            hosts.setdefault(whitelist_entry_host(entry), []).append(index)
        except ValueError:  # accepted once, by an older list of public suffixes
            continue
    related = {host: above for host in hosts if (above := _above(host, hosts)) or len(hosts[host]) > 1}
    concerned = set(related).union(*related.values())
    pages = {index: reread_whitelist_entry(entries[index]) for host in concerned for index in hosts[host]}
    trees = {host: _tree((index, pages[index]) for index in hosts[host]) for host in concerned}
    for host, above in related.items():
        for index in hosts[host]:
            for wider in _covering([trees[it] for it in (*above, host)], pages[index]):
                if wider != index:
                    yield index, wider
                    break


def _above(host: str, hosts: dict[str, list[int]]) -> list[str]:
    """Returns those of the hosts that a host is a subdomain of, the highest first."""
    found = []
    dot = host.find(".")
    while dot >= 0:
        if (domain := host[dot + 1 :]) in hosts:
            found.append(domain)
        dot = host.find(".", dot + 1)
    return found[::-1]


def _tree(pages: Iterable[tuple[int, WebPage]]) -> _Tree:
    tree: _Tree = {}
    for index, page in pages:
        node = tree.setdefault(page.port, {})
        for segment in page.path:
            node = node.setdefault(segment, {})
        node.setdefault(None, index)
    return tree


def _covering(trees: Iterable[_Tree], page: WebPage) -> Iterator[int]:
    """Yields the entries that cover a page, itself or its equal among them; the widest host and path first."""
    for tree in trees:
        node = tree.get(page.port, {})
        if None in node:
            yield node[None]
        for segment in page.path:
            if segment not in node:
                break
            node = node[segment]
            if None in node:
                yield node[None]
