"""Lists and entries as BlacklistService thinks of them; the proto tells what each field means."""

from dataclasses import dataclass
from enum import Enum


class ListKind(Enum):
    """Sorts of list."""

    ENTERPRISE = "enterprise"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Blacklist:
    """One list of a corp."""

    kind: ListKind
    owner_userid: str = ""
    """The member whose list it is; empty for the enterprise list."""

    def __str__(self) -> str:
        if self.kind is ListKind.ENTERPRISE:
            return "the enterprise blacklist"
        return f"the personal blacklist of member {self.owner_userid}"


ENTERPRISE = Blacklist(ListKind.ENTERPRISE)
"""The list that holds in all of a corp's groups."""


class SourceKind(Enum):
    """Sorts of source."""

    MANUAL = "manual"
    RULE = "rule"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Source:
    """What put a customer on a list."""

    kind: SourceKind = SourceKind.MANUAL
    id: str = ""
    """rule_id for RULE, import id for IMPORT; else empty."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Why, how and by whom a customer was put on a list; the same for all customers of a call."""

    reason: str
    source: Source
    added_by: str
    """Name of the caller; empty where callers have none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A customer on a list."""

    external_userid: str
    blacklist: Blacklist
    origin: Origin
    added_at: float
    """Seconds since 1970, to the microsecond."""
    expires_at: float | None = None
    """Likewise; from then on the customer is not listed. None: for good."""


@dataclass(frozen=True, slots=True)
class Addition:
    """Customers to put on a list."""

    blacklist: Blacklist
    external_userids: tuple[str, ...]
    """1 to 1,000, none twice."""
    origin: Origin
    added_at: float
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class ImportItem:
    """A customer of an import."""

    external_userid: str
    origin: Origin
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class ImportPart:
    """Some items of an import, one behind the other."""

    blacklist: Blacklist
    import_id: str
    first: int
    """Place of the first item within the import, from 0."""
    items: tuple[ImportItem | None, ...]
    """At most 1,000; None stands for one that is refused for what it is."""
    added_at: float


@dataclass(frozen=True, slots=True)
class Removal:
    """Customers to take off a list."""

    blacklist: Blacklist
    external_userids: tuple[str, ...]
    """1 to 1,000, none twice."""


@dataclass(frozen=True, slots=True)
class Query:
    """A customer to look up."""

    external_userid: str
    owner_userid: str = ""
    """The member whose personal list is looked at too; empty for the enterprise list alone."""

    @property
    def blacklists(self) -> tuple[Blacklist, ...]:
        """The lists to look at, in the order of the answer."""
        if not self.owner_userid:
            return (ENTERPRISE,)
        return (ENTERPRISE, Blacklist(ListKind.PERSONAL, self.owner_userid))
