"""Looking for one keyword in one text, where there is no index."""

from service_kit.matching.boundary import at_boundary
from service_kit.matching.fold import fold


def contains(text: str, keyword: str) -> bool:
    """Tells whether a check would find the keyword in the text."""
    text, keyword = fold(text), fold(keyword)
    start = text.find(keyword)
    while start >= 0:
        if at_boundary(text, start, start + len(keyword)):
            return True
        start = text.find(keyword, start + 1)
    return False
