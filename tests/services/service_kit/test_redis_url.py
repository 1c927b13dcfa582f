"""Store URLs: what is understood, what is refused, and what is shown."""

from __future__ import annotations

import pytest

from service_kit.redis_url import parse, redacted

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://host", {"kind": "single", "tls": False, "addresses": (("host", 6379),), "db": 0}),
        ("redis://host:7000/3", {"addresses": (("host", 7000),), "db": 3}),
        ("redis://host?db=4", {"db": 4}),
        ("rediss://host:7000", {"kind": "single", "tls": True}),
        ("redis://[::1]:7000", {"addresses": (("::1", 7000),)}),
        ("redis://u%40x:p%2F%3A%23@host", {"username": "u@x", "password": "p/:#"}),
        ("redis://:pw@host", {"username": None, "password": "pw"}),
        ("unix:///run/a%20b/%E7%BE%A4.sock", {"kind": "unix", "path": "/run/a b/群.sock", "addresses": ()}),
        ("unix:///run/s.sock?db=2", {"path": "/run/s.sock", "db": 2}),
        (
            "redis+sentinel://a:1,b,[::2]:3/main/2",
            {
                "kind": "sentinel",
                "addresses": (("a", 1), ("b", 26379), ("::2", 3)),
                "service": "main",
                "db": 2,
            },
        ),
        ("rediss+sentinel://u:p@a/main", {"tls": True, "username": "u", "password": "p", "db": 0}),
        (
            "redis+cluster://a:1,b:2",
            {"kind": "cluster", "tls": False, "addresses": (("a", 1), ("b", 2))},
        ),
        ("redis+cluster://a/0", {"addresses": (("a", 6379),), "db": 0}),
        (
            "rediss+cluster://a?ssl_ca_certs=/etc/ca%20x.pem&ssl_check_hostname=false",
            {"tls": True, "options": {"ssl_ca_certs": "/etc/ca x.pem", "ssl_check_hostname": "false"}},
        ),
        (
            "redis+sentinel://a/m?sentinel_username=su&sentinel_password=sp",
            {"options": {"sentinel_username": "su", "sentinel_password": "sp"}},
        ),
    ],
)
def test_url_is_understood(url: str, expected: dict[str, object]) -> None:
    """Each form of the module's table, percent-decoded."""
    parsed = parse(url)
    assert {name: getattr(parsed, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "begin with one of redis://"),
        (f"host:6379/{SECRET}@", "begin with one of"),
        (f"http://:{SECRET}@host", "begin with one of"),
        (f"redis+sentinels://:{SECRET}@host", "begin with one of"),
        (f"redis://:{SECRET}@", "a host is missing"),
        (f"redis://:{SECRET}@host:port", "host:port"),
        (f"redis://:{SECRET}@host:0", "1 to 65535, not 0"),
        (f"redis://:{SECRET}@host:65536", "1 to 65535, not 65536"),
        (f"redis://:{SECRET}@a,b", "several hosts need redis\\+sentinel"),
        (f"redis://:{SECRET}@a,,b", "a host is missing"),
        (f"redis://:{SECRET}@host/x", "database must be a number"),
        (f"redis://:{SECRET}@host/1/2", "more than one database"),
        (f"redis://:{SECRET}@host/1?db=2", "more than one database"),
        (f"redis://:{SECRET}@[::1", "can't be read"),
        (f"redis://:{SECRET}/x@host", "percent-encoded"),
        (f"redis://:{SECRET}#x@host", "percent-encoded"),
        (f"redis://:{SECRET}?x@host", "percent-encoded"),
        (f"redis://:{SECRET}?x=1@host", "is not known|percent-encoded"),
        (f"redis://:{SECRET}@host?socket_timeout=3", "'socket_timeout' is not known"),
        (f"redis://:{SECRET}@host?db=", "db has no value"),
        (f"redis://:{SECRET}@host?ssl_ca_certs=/x", "ssl_ca_certs needs a rediss scheme"),
        (f"redis://:{SECRET}@host?max_connections=0", "max_connections must be"),
        (f"rediss://:{SECRET}@host?ssl_check_hostname=maybe", "true or false"),
        (f"rediss://:{SECRET}@host?ssl_cert_reqs=perhaps", "none, optional or required"),
        (f"redis://host?sentinel_password={SECRET}", "'sentinel_password' is not known"),
        (f"redis+sentinel://:{SECRET}@host", "name of the primary is missing"),
        (f"redis+sentinel://:{SECRET}@host/m/x", "database must be a number"),
        (f"redis+cluster://:{SECRET}@host/1", "no numbered databases"),
        (f"redis+cluster://:{SECRET}@host?db=1", "'db' is not known"),
        (f"unix://:{SECRET}@", "absolute path"),
        (f"unix://{SECRET}@run/s.sock", "absolute path"),
    ],
)
def test_wrong_url_is_refused_with_a_reason_and_without_the_secret(url: str, reason: str) -> None:
    """Nothing is guessed, and no error shows a password, not even of a malformed URL."""
    with pytest.raises(ValueError, match=reason) as refused:
        parse(url)
    shown = f"{refused.value!r} {refused.value.__cause__!r}"
    assert SECRET not in shown
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host:1/2", "redis://host:1/2"),
        ("redis://u:pw@host:1/2", "redis://***@host:1/2"),
        ("redis://:p/w@x@host", "redis://***@host"),
        ("pw@host", "***@host"),
        ("unix:///a/b.sock?db=1", "unix:///a/b.sock?db=1"),
        (
            "redis+sentinel://u:p@a,b/m?sentinel_password=x&db=1",
            "redis+sentinel://***@a,b/m?sentinel_password=***&db=1",
        ),
    ],
)
def test_shown_url_has_no_secret(url: str, shown: str) -> None:
    """What is no secret stays legible."""
    assert redacted(url) == shown


def test_parsed_url_does_not_show_its_secrets() -> None:
    """It may end in a log."""
    url = f"redis+sentinel://u:{SECRET}@a/m?sentinel_password={SECRET}"
    assert SECRET not in repr(parse(url))
