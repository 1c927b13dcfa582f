"""Which list a command is about, and how entries look in tables."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.blacklist.v1.blacklist_service_pb2 import (
    SOURCE_KIND_IMPORT,
    SOURCE_KIND_RULE,
    List,
    Source,
    SourceKind,
)
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from groupguard_cli.lines import read_ids, refusing_bad_lines
from groupguard_cli.output import Columns
from groupguard_cli.wording import moment, word

CUSTOMERS_IN_CALL = 1_000
SERVICE = ("BlacklistService", "GROUPGUARD_BLACKLIST_ADDRESS")
"""Who is called, and the variable that says where."""

ListOwner = Annotated[
    str, typer.Option("--owner", metavar="USERID", help="This member's list instead of the corp's own.")
]
Customers = Annotated[
    list[str] | None, typer.Argument(metavar="CUSTOMER", help="external_userid, any number.")
]
CustomersFile = Annotated[Path | None, typer.Option("--file", help="One external_userid a line; - is stdin.")]
Expires = Annotated[
    str,
    typer.Option(
        "--expires",
        metavar="TIME",
        help="When the entries expire, as 2027-01-31 or 2027-01-31T18:00+08:00; never if nothing is said.",
    ),
]


def list_named(owner: str) -> List:
    """Returns a member's list, or the corp's own where nobody is named."""
    if owner:
        return List(kind=BLACKLIST_KIND_PERSONAL, owner_userid=owner)
    return List(kind=BLACKLIST_KIND_ENTERPRISE)


def customers_named(customers: Customers, file: Path | None) -> list[str]:
    """Returns the customers that are named; ends the command with exit code 2 if there are none."""
    with refusing_bad_lines():
        ids = read_ids(customers, file)
    if not ids:
        raise typer.BadParameter("name customers, or give --file", param_hint="CUSTOMER")
    return ids


def read_time(text: str) -> Timestamp | None:
    """Reads a date or a time in ISO 8601, in this machine's zone if it names none; None for nothing.

    Raises:
        ValueError: it is neither.
    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"a time as 2027-01-31 or 2027-01-31T18:00+08:00 is needed, not {text!r}") from None
    read = Timestamp()
    read.FromDatetime(at.astimezone())
    return read


def list_words(blacklist: List) -> str:
    """Returns which list it is."""
    return f"of {blacklist.owner_userid}" if blacklist.owner_userid else "enterprise"


def source_words(source: Source) -> str:
    """Returns where an entry came from."""
    kind = word(SourceKind, source.kind, "SOURCE_KIND_")
    return f"{kind} {source.id}" if source.kind in (SOURCE_KIND_RULE, SOURCE_KIND_IMPORT) else kind


ENTRIES: Columns = (
    ("external_userid", lambda entry: entry.external_userid),
    ("list", lambda entry: list_words(entry.list)),
    ("reason", lambda entry: entry.reason),
    ("source", lambda entry: source_words(entry.source)),
    ("who", lambda entry: entry.added_by),
    ("since", lambda entry: moment(entry.add_time)),
    ("expires", lambda entry: moment(entry.expire_time)),
)
