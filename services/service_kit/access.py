"""From settings to who may call."""

import ipaddress

from service_kit import auth
from service_kit.server_settings import AccessSettings
from service_kit.settings import SettingsError
from service_kit.watched import Watched


def open_access(settings: AccessSettings, listen: str) -> auth.Callers | None:
    """Reads the files of tokens and keys; None if no token is to be asked for.

    Args:
        settings: which files.
        listen: where the server will listen.

    Raises:
        SettingsError: a file is wrong, or the server would listen beyond loopback without asking for tokens. That
            clients show certificates does not suffice: those say nothing of what their holders may do.
    """
    tokens_file, jwks_file = settings.tokens_file, settings.jwks_file
    if tokens_file is None and jwks_file is None:
        _require_loopback(settings, listen)
        return None
    static = signed = None
    if tokens_file is not None:
        try:
            static = Watched([tokens_file], lambda: auth.Tokens.read(tokens_file))
        except ValueError as error:
            raise SettingsError(f"GROUPGUARD_TOKENS_FILE: {error}") from None
    if jwks_file is not None:
        if not (settings.jwt_issuer and settings.jwt_audience):
            raise SettingsError(
                "GROUPGUARD_JWKS_FILE: GROUPGUARD_JWT_ISSUER and GROUPGUARD_JWT_AUDIENCE are needed"
            )
        issuer = auth.Issuer(settings.jwt_issuer, settings.jwt_audience)
        try:
            signed = Watched([jwks_file], lambda: auth.SignedTokens.read(jwks_file, issuer))
        except ValueError as error:
            raise SettingsError(f"GROUPGUARD_JWKS_FILE: {error}") from None
    return auth.BearerTokens(static, signed)


def _require_loopback(settings: AccessSettings, listen: str) -> None:
    host = listen.rpartition(":")[0].strip("[]")
    if not _is_loopback(host) and not settings.insecure:
        raise SettingsError(
            f"GROUPGUARD_LISTEN: {listen} is beyond loopback and no token would be asked for; "
            "set GROUPGUARD_TOKENS_FILE or GROUPGUARD_JWKS_FILE, or GROUPGUARD_INSECURE=true if that is meant"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name: 127.example.com may be anywhere
        return host == "localhost"
