"""Settings: frozen dataclasses read from environment variables.

A setting is one line of a dataclass: its variable, its default, how it is read, what it is. `load`
reads a whole dataclass and reports every wrong variable at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class SettingsError(Exception):
    """One or more environment variables are wrong; the text has a line for each."""


def setting(variable: str, default: str | None, read: Callable[[str], Any], help: str) -> Any:  # noqa: A002 - the word users know
    """Declares a dataclass field that comes from an environment variable.

    Args:
        variable: its name.
        default: its value, as written in the environment, when the variable is unset or empty;
            None makes it required.
        read: turns the text into the value; raises ValueError with a reason.
        help: what it sets, with its unit.
    """
    return field(metadata={"variable": variable, "default": default, "read": read, "help": help})


def load(settings: type[T], environment: Mapping[str, str]) -> T:
    """Reads a settings dataclass, those inside it included.

    Raises:
        SettingsError: some variables are missing or wrong; all of them are named.
    """
    problems: list[str] = []
    loaded: T = _load(settings, environment, problems)
    if problems:
        raise SettingsError("\n".join(problems))
    return loaded


def _load(settings: Any, environment: Mapping[str, str], problems: list[str]) -> Any:
    values: dict[str, Any] = {}
    for item in fields(settings):
        if "variable" not in item.metadata:
            if item.default is MISSING and item.default_factory is MISSING:
                values[item.name] = _load(item.type, environment, problems)
            continue
        variable, default = item.metadata["variable"], item.metadata["default"]
        text = environment.get(variable) or default
        if text is None:
            problems.append(f"{variable}: required ({item.metadata['help']})")
            continue
        try:
            values[item.name] = item.metadata["read"](text)
        except ValueError as error:
            problems.append(f"{variable}: {error}")
    return None if problems else settings(**values)


def seconds(least: float, most: float) -> Callable[[str], float]:
    """Reads a number of seconds within bounds."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"a number of seconds is needed, not {text!r}") from None
        if not least <= value <= most:
            raise ValueError(f"{least:g} to {most:g} seconds are allowed, not {text}")
        return value

    return read


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal():
            raise ValueError(f"a whole number is needed, not {text!r}")
        if not least <= int(text) <= most:
            raise ValueError(f"{least} to {most} are allowed, not {text}")
        return int(text)

    return read


def fraction(text: str) -> float:
    """Reads a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise ValueError(f"a number from 0 to 1 is needed, not {text!r}")
    return value


def one_of(*choices: str) -> Callable[[str], str]:
    """Reads one of some words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)} is needed, not {text!r}")
        return text

    return read


def switch(text: str) -> bool:
    """Reads true or false."""
    if text not in ("true", "false"):
        raise ValueError(f"true or false is needed, not {text!r}")
    return text == "true"


def listen_address(text: str) -> str:
    """Reads `host:port`; port 0 lets the system choose."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"host:port is needed, not {text!r}")
    return text


def optional_listen_address(text: str) -> str:
    """Reads `host:port`; `none` for an empty text."""
    return "" if text == "none" else listen_address(text)


def optional_url(text: str) -> str:
    """Reads an http or https URL of host and port; `none` for an empty text."""
    if text == "none":
        return ""
    scheme, _, address = text.partition("://")
    if scheme not in ("http", "https"):
        raise ValueError(f"http://host:port or https://host:port is needed, not {text!r}")
    listen_address(address)
    return text


def target(text: str) -> str:
    """Reads the address of a server to call, in gRPC's form: `host:port` or `dns:///host:port`."""
    if ":" not in text or text != text.strip():
        raise ValueError(f"host:port or dns:///host:port is needed, not {text!r}")
    return text


def optional_file(text: str) -> Path | None:
    """Reads the path of a file that is there; `none` for no file."""
    if text == "none":
        return None
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"there is no file {text!r}")
    return path


def optional_text(text: str) -> str:
    """Reads a text; `none` for an empty one."""
    return "" if text == "none" else text


def read_secret(path: Path) -> str:
    """Reads a secret from a file.

    Raises:
        ValueError: it can't be read, or is empty.
    """
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{str(path)!r} can't be read: {type(error).__name__}") from None
    if not secret:
        raise ValueError(f"{str(path)!r} is empty")
    return secret
