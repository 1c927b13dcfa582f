"""Settings: one line each, and every mistake told at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service_kit.redis_url import optional_store_url
from service_kit.settings import (
    SettingsError,
    fraction,
    listen_address,
    load,
    one_of,
    optional_file,
    optional_text,
    read_secret,
    seconds,
    setting,
    switch,
    target,
    whole_number,
)


@dataclass(frozen=True, slots=True)
class Inner:
    patience: float = setting("T_PATIENCE", "1.5", seconds(1, 5), "seconds to wait")


@dataclass(frozen=True, slots=True)
class Outer:
    inner: Inner
    url: str = setting("T_URL", None, str, "where it is")
    loud: bool = setting("T_LOUD", "false", switch, "whether it is loud")


def test_defaults_fill_what_is_unset_or_empty() -> None:
    assert load(Outer, {"T_URL": "x", "T_LOUD": ""}) == Outer(Inner(1.5), "x", False)


def test_variables_reach_nested_settings() -> None:
    assert load(Outer, {"T_URL": "x", "T_LOUD": "true", "T_PATIENCE": "5"}) == Outer(Inner(5), "x", True)


def test_every_wrong_variable_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load(Outer, {"T_PATIENCE": "6", "T_LOUD": "yes"})
    assert str(caught.value).splitlines() == [
        "T_PATIENCE: 1 to 5 seconds are allowed, not 6",
        "T_URL: required (where it is)",
        "T_LOUD: true or false is needed, not 'yes'",
    ]


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (seconds(0, 60), "0", 0.0),
        (seconds(0, 60), "60", 60.0),
        (fraction, "0", 0.0),
        (fraction, "1", 1.0),
        (one_of("json", "text"), "text", "text"),
        (listen_address, "127.0.0.1:0", "127.0.0.1:0"),
        (listen_address, "[::1]:65535", "[::1]:65535"),
        (target, "dns:///rule:7301", "dns:///rule:7301"),
        (optional_file, "none", None),
        (optional_text, "none", ""),
        (optional_text, "https://id.example", "https://id.example"),
        (optional_store_url, "none", None),
        (optional_store_url, "redis://localhost", "redis://localhost"),
        (whole_number(1, 10), "1", 1),
        (whole_number(1, 10), "10", 10),
    ],
)
def test_a_value_at_its_limit_is_read(read: Any, text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (seconds(0, 60), "60.1"),
        (seconds(0, 60), "-0.1"),
        (seconds(0, 60), "nan"),
        (seconds(0, 60), "soon"),
        (fraction, "1.01"),
        (fraction, "nan"),
        (fraction, "half"),
        (one_of("json", "text"), "xml"),
        (switch, "True"),
        (listen_address, "127.0.0.1"),
        (listen_address, ":80"),
        (listen_address, "127.0.0.1:65536"),
        (listen_address, "127.0.0.1:-1"),
        (target, "rule"),
        (target, " rule:1"),
        (optional_file, "/nowhere/at/all"),
        (optional_store_url, "localhost"),
        (whole_number(1, 10), "٣"),
        (whole_number(1, 10), "0"),
        (whole_number(1, 10), "11"),
        (whole_number(1, 10), "-1"),
        (whole_number(1, 10), "1.5"),
    ],
)
def test_a_wrong_value_is_refused_with_its_text(read: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        read(text)
    assert text.strip() in str(caught.value)


def test_a_secret_is_its_files_text_without_the_line_end(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret\n", "utf-8")
    assert read_secret(file) == "s3cret"


def test_an_unreadable_secret_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xffs3cret")
    with pytest.raises(ValueError, match="can't be read") as caught:
        read_secret(file)
    assert "s3cret" not in str(caught.value)


def test_an_empty_or_absent_secret_is_told(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    with pytest.raises(ValueError, match="can't be read"):
        read_secret(file)
    file.write_text("\n", "utf-8")
    with pytest.raises(ValueError, match="is empty"):
        read_secret(file)
