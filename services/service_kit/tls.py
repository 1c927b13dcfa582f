"""TLS for a server: certificate, key and trusted authorities from files, exchanged while it serves."""

import ssl
from pathlib import Path

import grpc

from service_kit.server_settings import TlsSettings
from service_kit.settings import SettingsError
from service_kit.watched import Watched


def server_credentials(settings: TlsSettings) -> grpc.ServerCredentials | None:
    """Returns what a port needs to speak TLS; None for plaintext.

    The files are looked at when a client connects. Connections that stand keep the certificate they were made with.

    Raises:
        SettingsError: a file is missing or wrong.
    """
    certificate, key, client_ca = settings.certificate, settings.key, settings.client_ca
    if certificate is None or key is None:
        if certificate or key or client_ca:
            raise SettingsError(
                "GROUPGUARD_TLS_CERT_FILE: TLS needs both this and GROUPGUARD_TLS_KEY_FILE; "
                "GROUPGUARD_TLS_CLIENT_CA_FILE needs both as well"
            )
        return None
    paths = [path for path in (certificate, key, client_ca) if path is not None]
    try:
        identity = Watched(paths, lambda: _read(certificate, key, client_ca))
    except ValueError as error:
        raise SettingsError(f"GROUPGUARD_TLS_CERT_FILE: {error}") from None
    return grpc.dynamic_ssl_server_credentials(
        identity.current(), identity.current, require_client_authentication=client_ca is not None
    )


def _read(certificate: Path, key: Path, client_ca: Path | None) -> grpc.ServerCertificateConfiguration:
    """Reads what belongs together.

    Raises:
        ValueError: the files can't be used, or, half exchanged, do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise ValueError(f"{certificate} and {key} are no certificate and its key: {_why(error)}") from None
    authorities = None
    if client_ca is not None:
        try:
            authorities = client_ca.read_bytes()
            context.load_verify_locations(cadata=authorities.decode("ascii"))
        except (OSError, ValueError) as error:
            raise ValueError(f"{client_ca} holds no certificates: {_why(error)}") from None
    return grpc.ssl_server_certificate_configuration(
        [(key.read_bytes(), certificate.read_bytes())], authorities
    )


def _no_password() -> bytes:
    raise ValueError("the key is encrypted")


def _why(error: Exception) -> str:
    reason = (
        error.reason
        if isinstance(error, ssl.SSLError)
        else error.strerror
        if isinstance(error, OSError)
        else ""
    )
    return reason or str(error)[:100]
