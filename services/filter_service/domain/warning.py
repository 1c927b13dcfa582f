"""Texts that everybody in a group reads."""

from filter_service.domain.findings import Findings
from filter_service.domain.keyword_index import Indexes, occurrences
from filter_service.domain.rule import State
from filter_service.domain.sender import Sender
from filter_service.domain.snapshot import Snapshot

PLACEHOLDER = "{nickname}"
SOMEBODY = "该成员"
"""Stands for a sender whose nickname can't be shown."""


def shown_name(snapshot: Snapshot, findings: Findings, sender: Sender) -> str:
    """Returns what may stand for a sender's nickname in the warnings of the enforced rules that were, or may be, hit.

    An advert in a nickname shall not be repeated to the group: it is nobody's if one of the texts would then hold a keyword
    of the corp, or the nickname one for nicknames.
    """
    templates = {
        rule.action.warning_text
        for rule in (*findings.rules, *findings.counted.frequency, *findings.counted.repeat)
        if rule.state is State.ENABLED and PLACEHOLDER in rule.action.warning_text
    }
    nickname = sender.group_nickname or sender.name or ""
    if not templates or not nickname.strip() or _holds(snapshot.nickname_indexes, nickname):
        return SOMEBODY
    texts = (template.replace(PLACEHOLDER, nickname) for template in templates)
    return SOMEBODY if any(_holds(snapshot.indexes, text) for text in texts) else nickname


def render_warning(template: str, shown: str) -> str:
    """Fills in what stands for the nickname."""
    return template.replace(PLACEHOLDER, shown)


def _holds(indexes: Indexes, text: str) -> bool:
    return any(not it.excuses for _, _, postings in occurrences(indexes, text) for it in postings)
