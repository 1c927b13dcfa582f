"""The keys of RuleService, all of a corp in one slot.

gg:rule:{corp}:meta           hash    revision, chain, ordinals (how many were given out), settings
                                      (<revision>:<json>), limit:<name> for each limit of the corp's own
gg:rule:{corp}:log            stream  id <revision>-0: before, chain, kind, payload
gg:rule:{corp}:request:<id>   hash    fingerprint, answer; for an hour
gg:rule:{corp}:rules          hash    rule_id → <revision>:<json>
gg:rule:{corp}:ids            zset    all rule_ids, all with score 0: sorted by bytes
gg:rule:{corp}:pool:<owner>   zset    the owner's rule_ids, likewise
gg:rule:{corp}:bindings       hash    rule_id → <number of groups>;<chunk>,<chunk>
gg:rule:{corp}:bits:<rule_id>:<chunk>  string  bitmap of 8,192 group ordinals
gg:rule:{corp}:history:<rule_id>  stream  id <revision>-0: edit (JSON), state (the rule, compressed; none if deleted)
gg:rule:{corp}:groups         hash    chat_id → <ordinal>:<json>
gg:rule:{corp}:by_ordinal     hash    ordinal → chat_id
gg:rule:{corp}:exempt:corp    hash    external_userid → <json>: the corp's list of exempt customers
gg:rule:{corp}:exempt:member:<userid>  hash  likewise, a member's
gg:rule:{corp}:exempt_lists   zset    owner_userids of the lists that hold somebody, empty for the corp's,
                                      all with score 0
gg:rule:{corp}:active         zset    chat_id of every group that lives, by −(ms since 1970 when it was last active):
                                      the most recent first, equal ones by chat_id
gg:rule:{corp}:releases       stream  id <revision>-0: release, the bindings that a write to the registry took away, as
                                      `released.py` packs them; the last 1,000
gg:rule:{corp}:scratch:<n>    string  inside scripts only
"""

from rule_service.domain.rule import Owner
from service_kit.keys import corp_key

NOTICES = "gg:rule:notices"
"""Channel on which scripts tell `<token> <corp_id>` after every change."""


class RuleKeys:
    """The keys of one corp."""

    def __init__(self, corp_id: str) -> None:
        self._corp_id = corp_id

    def _key(self, *parts: str) -> str:
        return corp_key("rule", self._corp_id, *parts)

    @property
    def meta(self) -> str:
        return self._key("meta")

    @property
    def log(self) -> str:
        return self._key("log")

    def request(self, request_id: str) -> str:
        return self._key("request", request_id)

    @property
    def rules(self) -> str:
        return self._key("rules")

    def ids(self, owner: Owner | None = None) -> str:
        """Returns the key of an owner's rule_ids, or of all."""
        if owner is None:
            return self._key("ids")
        return self._key("pool", f"{owner.kind.value}:{owner.id}")

    @property
    def bindings(self) -> str:
        return self._key("bindings")

    def bits(self, rule_id: str, chunk: int) -> str:
        return self._key("bits", rule_id, str(chunk))

    def history(self, rule_id: str) -> str:
        return self._key("history", rule_id)

    @property
    def histories(self) -> str:
        """What the keys of all histories match."""
        return f"{self._key('history')}:*"

    @property
    def groups(self) -> str:
        return self._key("groups")

    @property
    def by_ordinal(self) -> str:
        return self._key("by_ordinal")

    def exempt(self, owner_userid: str) -> str:
        """Returns the key of a member's list of exempt customers, or with no owner_userid of the corp's."""
        return self._key("exempt", "member", owner_userid) if owner_userid else self._key("exempt", "corp")

    @property
    def exempt_lists(self) -> str:
        return self._key("exempt_lists")

    @property
    def active(self) -> str:
        return self._key("active")

    @property
    def releases(self) -> str:
        return self._key("releases")

    @property
    def scratch(self) -> tuple[str, str, str]:
        return self._key("scratch", "1"), self._key("scratch", "2"), self._key("scratch", "3")
