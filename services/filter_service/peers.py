"""FilterService as a caller of the two others: where they are, how it shows who it is."""

from collections.abc import Callable
from pathlib import Path

from filter_service.config import FilterSettings
from groupguard_client import Addresses, AsyncGroupGuard, Tls
from groupguard_client.tls import SYSTEM
from service_kit.settings import SettingsError, read_secret
from service_kit.telemetry import spans
from service_kit.watched import Watched

_ATTEMPTS = 2
"""Of each call: what waits for it is a check with a deadline of its own."""


def connect_peers(settings: FilterSettings) -> AsyncGroupGuard:
    """Returns a client of RuleService and BlacklistService.

    Raises:
        SettingsError: a file of the token or of TLS can't be used.
    """
    return AsyncGroupGuard(
        Addresses(rule=settings.rule_address, blacklist=settings.blacklist_address),
        token=_token(settings.token_file),
        tls=_tls(settings),
        headers=spans.headers,
        attempts=_ATTEMPTS,
    )


def _token(file: Path | None) -> Callable[[], str] | str:
    if file is None:
        return ""
    try:
        return Watched([file], lambda: read_secret(file)).current
    except ValueError as error:
        raise SettingsError(f"GROUPGUARD_TOKEN_FILE: {error}") from None


def _tls(settings: FilterSettings) -> Callable[[], Tls] | None:
    certificate, key = settings.client_cert_file, settings.client_key_file
    if not settings.ca_file:
        if certificate or key:
            raise SettingsError("GROUPGUARD_CA_FILE: needed for a client's certificate to be shown")
        return None
    files = [Path(file) for file in (settings.ca_file, certificate, key) if file and file != SYSTEM]
    try:
        return Watched(files, lambda: Tls.read(settings.ca_file, certificate, key)).current
    except ValueError as error:
        raise SettingsError(f"GROUPGUARD_CA_FILE: {error}") from None
