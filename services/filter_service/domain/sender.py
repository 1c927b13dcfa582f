"""Senders as the caller knows them, and the choice of some of them. What is None is not known."""

from dataclasses import dataclass
from typing import NamedTuple

from filter_service.domain.kind import Kind


class SenderKind(Kind):
    """Sorts of sender."""

    CUSTOMER = "customer"
    STAFF = "staff"
    ROBOT = "robot"


class Identity(Kind):
    """What a customer is to WeCom."""

    WECHAT_CUSTOMER = "wechat_customer"
    EXTERNAL_WECOM_MEMBER = "external_wecom_member"


class Sender(NamedTuple):
    """Who sent a message."""

    kind: SenderKind
    external_userid: str
    group_nickname: str | None = None
    name: str | None = None
    identity: Identity | None = None
    tag_ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Selector:
    """Customers that any of the fields names; empty, it selects everybody."""

    identities: frozenset[Identity] = frozenset()
    tag_ids: frozenset[str] = frozenset()
    external_userids: frozenset[str] = frozenset()

    @property
    def is_everybody(self) -> bool:
        """Whether nobody is singled out."""
        return not (self.identities or self.tag_ids or self.external_userids)

    def selects(self, sender: Sender) -> bool | None:
        """Tells whether a customer is among them; None if a fact would tell that is not known."""
        if self.is_everybody or sender.external_userid in self.external_userids:
            return True
        if sender.identity in self.identities:
            return True
        if sender.tag_ids is not None and not self.tag_ids.isdisjoint(sender.tag_ids):
            return True
        unknown = (self.identities and sender.identity is None) or (self.tag_ids and sender.tag_ids is None)
        return None if unknown else False


EVERYBODY = Selector()
