"""The keys of BlacklistService, all of a corp in one slot; those that FilterService reads too are `service_kit.bloom.keys`.

gg:blacklist:{corp}:request:<id>               hash    fingerprint, answer; for an hour
gg:blacklist:{corp}:counts                     hash    list → customers on it; an empty list has no field
gg:blacklist:{corp}:origins                    hash    origin id → json; see `records`
gg:blacklist:{corp}:origin-uses                hash    origin id → entries that name it
gg:blacklist:{corp}:enterprise:<bucket>        hash    external_userid → entry; see `records`
gg:blacklist:{corp}:personal:<owner>:<bucket>  hash    likewise
gg:blacklist:{corp}:expiries:<list>            zset    bucket → µs since 1970 when the first of its entries expires, or earlier
gg:blacklist:{corp}:import:<id>                hash    list, next, added, already, refused; for a week
gg:blacklist:{corp}:lease                      string  who is publishing the filter
gg:blacklist:{corp}:filter-version             string  the last version of a filter that was begun

An origin's fields go with the last entry that names it. Entries that have expired count until they are swept.
"""

from collections.abc import Iterable

from blacklist_service.domain.buckets import bucket_of, buckets_of
from blacklist_service.domain.entry import Blacklist, ListKind
from service_kit.bloom import FilterKeys


class BlacklistKeys(FilterKeys):
    """The keys of one corp."""

    def __init__(self, corp_id: str) -> None:
        super().__init__(corp_id)
        self._heads: dict[Blacklist, str] = {}  # a call asks for up to 2,000 buckets of few lists

    def request(self, request_id: str) -> str:
        return self._key("request", request_id)

    @property
    def origins(self) -> str:
        return self._key("origins")

    @property
    def origin_uses(self) -> str:
        return self._key("origin-uses")

    @property
    def lease(self) -> str:
        return self._key("lease")

    @property
    def version(self) -> str:
        return self._key("filter-version")

    def account(self, import_id: str) -> str:
        return self._key("import", import_id)

    def expiries(self, blacklist: Blacklist) -> str:
        return self._key("expiries", *_parts(blacklist))

    def bucket(self, blacklist: Blacklist, external_userid: str) -> str:
        """Returns the key of the bucket that holds a customer's entry."""
        return f"{self._head(blacklist)}:{bucket_of(blacklist.kind, external_userid)}"

    def buckets_with(self, blacklist: Blacklist, external_userids: Iterable[str]) -> list[str]:
        """Returns the keys of the buckets that hold customers' entries, one for each."""
        head, kind = self._head(blacklist), blacklist.kind
        return [f"{head}:{bucket}" for bucket in buckets_of(kind, external_userids)]

    def buckets(self, blacklist: Blacklist, numbers: Iterable[int]) -> list[str]:
        """Returns the keys of buckets by their numbers."""
        head = self._head(blacklist)
        return [f"{head}:{number}" for number in numbers]

    def _head(self, blacklist: Blacklist) -> str:
        head = self._heads.get(blacklist)
        if head is None:
            self._heads[blacklist] = head = self._key(*_parts(blacklist))
        return head


def _parts(blacklist: Blacklist) -> list[str]:
    owner = [blacklist.owner_userid] if blacklist.kind is ListKind.PERSONAL else []
    return [blacklist.kind.value, *owner]


def count_field(blacklist: Blacklist) -> str:
    """Returns the field of a list in `counts`."""
    return ":".join(_parts(blacklist))


def list_of(field: bytes) -> Blacklist:
    """Returns the list of a field in `counts`."""
    kind, _, owner = field.decode().partition(":")
    return Blacklist(ListKind(kind), owner)
