"""The URLs that name a Redis or Valkey store, and how they are shown.

=================================================  ===========================================
``redis://[user:password@]host[:port][/db]``       one server
``rediss://…``                                     the same over TLS
``unix://[user:password@]/path/to/socket[?db=1]``  one server on this machine
``redis+sentinel://[…@]h1:p1,h2:p2/service[/db]``  the primary that these Sentinels name
``redis+cluster://[…@]h1:p1,h2:p2``                a cluster, found through any of these nodes
``rediss+sentinel://…``, ``rediss+cluster://…``    the same over TLS
=================================================  ===========================================

redis-py has no URL form for Sentinel and Cluster, and ignores what it does not understand (a database that is no
number becomes database 0), so the parsing is our own. No error shows a password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, TypeAlias
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

Kind: TypeAlias = Literal["single", "unix", "sentinel", "cluster"]

_SCHEMES: Final[Mapping[str, tuple[Kind, bool]]] = MappingProxyType(
    {
        "redis": ("single", False),
        "rediss": ("single", True),
        "unix": ("unix", False),
        "redis+sentinel": ("sentinel", False),
        "rediss+sentinel": ("sentinel", True),
        "redis+cluster": ("cluster", False),
        "rediss+cluster": ("cluster", True),
    }
)
_DEFAULT_PORT: Final[Mapping[Kind, int]] = MappingProxyType(
    {"single": 6379, "sentinel": 26379, "cluster": 6379}
)
_TLS_OPTIONS: Final = frozenset(
    {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname", "ssl_cert_reqs"}
)
_SENTINEL_OPTIONS: Final = frozenset({"sentinel_username", "sentinel_password"})
_HOST: Final = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.%]+)\]|(?P<name>[^:\[\]\s]+))(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class RedisUrl:
    """A URL taken apart; everything is percent-decoded."""

    kind: Kind
    tls: bool
    addresses: tuple[tuple[str, int], ...]
    """Hosts and ports; empty for a unix socket."""
    path: str
    """Of the unix socket."""
    service: str
    """The name under which the Sentinels know the primary."""
    db: int
    username: str | None
    password: str | None = field(repr=False)
    options: Mapping[str, str] = field(repr=False)
    """The query options, all known and fitting to the kind."""


def parse(url: str) -> RedisUrl:
    """Takes a store URL apart.

    Raises:
        ValueError: the URL is wrong; the text says what and never shows the password.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _wrong(url, "it can't be read") from None
    if parts.scheme not in _SCHEMES:
        raise _wrong(url, f"it must begin with one of {', '.join(f'{scheme}://' for scheme in _SCHEMES)}")
    kind, tls = _SCHEMES[parts.scheme]
    if parts.fragment or (kind != "unix" and "@" in parts.path + parts.query.partition("=")[0]):
        raise _wrong(url, "the characters / ? # @ inside a name or password must be percent-encoded")
    userinfo, _, hosts = parts.netloc.rpartition("@")
    username, _, password = userinfo.partition(":")
    options = _options(url, parts, kind, tls)
    service, db = _service_and_db(url, parts, kind, options.pop("db", ""))
    if kind == "unix" and (hosts or not parts.path.strip("/")):
        raise _wrong(url, "it must name an absolute path: unix:///path/to/socket")
    return RedisUrl(
        kind=kind,
        tls=tls,
        addresses=() if kind == "unix" else _addresses(url, hosts, kind),
        path=unquote(parts.path) if kind == "unix" else "",
        service=service,
        db=db,
        username=unquote(username) or None,
        password=unquote(password) or None,
        options=MappingProxyType(options),
    )


def redacted(url: str) -> str:
    """Returns ``url`` for logs: without user name and password, also when it is malformed."""
    shown = re.sub(r"^(\w[\w+.-]*://)?.*@", lambda match: f"{match[1] or ''}***@", url, flags=re.DOTALL)
    return re.sub(r"(password=)[^&]*", r"\1***", shown)


def _options(url: str, parts: SplitResult, kind: Kind, tls: bool) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = {"client_name", "max_connections"} | (set() if kind == "cluster" else {"db"})
    known |= _TLS_OPTIONS if tls else set()
    known |= _SENTINEL_OPTIONS if kind == "sentinel" else set()
    for name, value in options.items():
        if name in _TLS_OPTIONS and not tls:
            raise _wrong(url, f"the option {name} needs a rediss scheme")
        if name not in known:
            raise _wrong(
                url, f"the option {name!a} is not known here; possible are {', '.join(sorted(known))}"
            )
        if not value:
            raise _wrong(url, f"the option {name} has no value")
    if not re.fullmatch(r"[1-9]\d{0,4}", options.get("max_connections", "1")):
        raise _wrong(url, "the option max_connections must be a number from 1 to 99999")
    if options.get("ssl_check_hostname", "true") not in ("true", "false"):
        raise _wrong(url, "the option ssl_check_hostname must be true or false")
    if options.get("ssl_cert_reqs", "required") not in ("none", "optional", "required"):
        raise _wrong(url, "the option ssl_cert_reqs must be none, optional or required")
    return options


def _service_and_db(url: str, parts: SplitResult, kind: Kind, db_option: str) -> tuple[str, int]:
    segments = [] if kind == "unix" else [unquote(segment) for segment in parts.path.split("/") if segment]
    service = ""
    if kind == "sentinel":
        if not segments:
            raise _wrong(
                url, "the name of the primary is missing: redis+sentinel://host:port/<service_name>[/db]"
            )
        service = segments.pop(0)
    if kind == "cluster" and segments not in ([], ["0"]):
        raise _wrong(url, "a cluster has no numbered databases")
    if len(segments) > 1 or (segments and db_option):
        raise _wrong(url, "it names more than one database")
    db = db_option or "".join(segments) or "0"
    if not re.fullmatch(r"[0-9]{1,5}", db):
        raise _wrong(url, "the database must be a number")
    return service, int(db)


def _addresses(url: str, hosts: str, kind: Kind) -> tuple[tuple[str, int], ...]:
    found = []
    for text in hosts.split(","):
        match = _HOST.fullmatch(text)
        if match is None:
            raise _wrong(url, "a host is missing or is not of the form host:port")
        port = int(match["port"] or _DEFAULT_PORT[kind])
        if not 1 <= port <= 65_535:
            raise _wrong(url, f"the port must be 1 to 65535, not {port}")
        found.append((unquote(match["v6"] or match["name"]), port))
    if kind == "single" and len(found) > 1:
        raise _wrong(url, "several hosts need redis+sentinel:// or redis+cluster://")
    return tuple(found)


def _wrong(url: str, reason: str) -> ValueError:
    return ValueError(f"the Redis URL {redacted(url)!r} is wrong: {reason}")


def optional_store_url(text: str) -> str | None:
    """Reads a store's URL from a setting; `none` for no store. Raises as `store_url` does."""
    return None if text == "none" else store_url(text)


def store_url(text: str) -> str:
    """Reads a store's URL from a setting; returns it as it is.

    Raises:
        ValueError: it is none of the forms above.
    """
    parse(text)
    return text
