"""Texts that everybody in a group reads."""

from filter_service.domain.keyword_index import Indexes, occurrences

PLACEHOLDER = "{nickname}"
SOMEBODY = "该成员"
"""Stands for a sender whose nickname can't be shown."""


def render_warning(indexes: Indexes, template: str, nickname: str) -> str:
    """Fills in the nickname, unless the text would then hold a keyword of the corp.

    An advert in a nickname shall not be repeated to the group.
    """
    if PLACEHOLDER not in template:
        return template
    if not nickname.strip():
        return template.replace(PLACEHOLDER, SOMEBODY)
    text = template.replace(PLACEHOLDER, nickname)
    shows_keyword = any(not it.excuses for _, _, postings in occurrences(indexes, text) for it in postings)
    return template.replace(PLACEHOLDER, SOMEBODY) if shows_keyword else text
