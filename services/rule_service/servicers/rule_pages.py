"""Pages of rules."""

from collections.abc import Sequence

from groupguard.rule.v1.rule_pb2 import Rule
from rule_service import access
from rule_service.convert.rule import write_rule
from rule_service.domain.rule import StoredRule
from service_kit.pages import PAGE_BYTES, write_token


def rule_page(corp_id: str, query: str, found: Sequence[StoredRule], size: int) -> tuple[list[Rule], str]:
    """Returns a page of what was found that the caller may see, and the token for what follows.

    Args:
        corp_id: whose rules.
        query: what the token is good for.
        found: one rule more than the page holds, if there are more.
        size: how many rules the page is made from; large ones end it early.
    """
    page: list[Rule] = []
    room, last = PAGE_BYTES, ""
    for stored in found[:size]:
        last = stored.rule.rule_id
        if access.may_see(corp_id, stored.rule.owner):
            page.append(write_rule(stored))
            room -= page[-1].ByteSize()
        if room < 0:
            break
    more = bool(found) and found[-1].rule.rule_id != last
    return page, write_token(query, last) if more else ""
