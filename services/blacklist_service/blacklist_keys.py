"""The keys of BlacklistService, all of a corp in one slot.

gg:blacklist:{corp}:request:<id>               hash  fingerprint, answer; for an hour
gg:blacklist:{corp}:counts                     hash  list → customers on it; an empty list has no field
gg:blacklist:{corp}:origins                    hash  origin id → json; see `blacklist_service.records`
gg:blacklist:{corp}:origin-uses                hash  origin id → entries that name it
gg:blacklist:{corp}:enterprise:<bucket>        hash  external_userid → <origin id>:<µs since 1970>
gg:blacklist:{corp}:personal:<owner>:<bucket>  hash  likewise

An origin's fields go with the last entry that names it.
"""

from blacklist_service.domain.buckets import bucket_of
from blacklist_service.domain.entry import Blacklist, ListKind
from service_kit.keys import corp_key


class BlacklistKeys:
    """The keys of one corp."""

    def __init__(self, corp_id: str) -> None:
        self._corp_id = corp_id
        self._heads: dict[Blacklist, str] = {}  # a call asks for up to 2,000 buckets of few lists

    def _key(self, *parts: str) -> str:
        return corp_key("blacklist", self._corp_id, *parts)

    def request(self, request_id: str) -> str:
        return self._key("request", request_id)

    @property
    def counts(self) -> str:
        return self._key("counts")

    @property
    def origins(self) -> str:
        return self._key("origins")

    @property
    def origin_uses(self) -> str:
        return self._key("origin-uses")

    def bucket(self, blacklist: Blacklist, external_userid: str) -> str:
        """Returns the key of the bucket that holds a customer's entry."""
        head = self._heads.get(blacklist)
        if head is None:
            owner = [blacklist.owner_userid] if blacklist.kind is ListKind.PERSONAL else []
            self._heads[blacklist] = head = self._key(blacklist.kind.value, *owner)
        return f"{head}:{bucket_of(blacklist.kind, external_userid)}"


def count_field(blacklist: Blacklist) -> str:
    """Returns the field of a list in `counts`."""
    owner = f":{blacklist.owner_userid}" if blacklist.kind is ListKind.PERSONAL else ""
    return f"{blacklist.kind.value}{owner}"
