"""Reading lists of the API to their end."""

from collections.abc import Callable, Iterator
from typing import Any

PAGE = 1_000
"""Items asked for at once."""


def pages(
    method: Callable[[Any], Any], request: Any, field: str, *, limit: int, page: int = PAGE
) -> Iterator[Any]:
    """Yields the items of all pages, at most `limit` of them.

    Args:
        method: the list method.
        request: what to ask it; its page_size and page_token are set here.
        field: name of the response's field that holds the items.
        limit: how many items at most.
        page: how many the method gives at once at most.
    """
    left = limit
    while left > 0:
        request.page_size = min(page, left)
        response = method(request)
        items = getattr(response, field)[:left]
        yield from items
        left -= len(items)
        if not response.next_page_token:
            return
        request.page_token = response.next_page_token
