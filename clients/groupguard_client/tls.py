"""How a client makes sure whom it talks to, and shows who it is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import grpc

SYSTEM = "system"
"""In place of a file of authorities: those that gRPC trusts by itself."""


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS to all three services."""

    authorities: bytes | None = None
    """Certificates, PEM, one of which must have signed a server's; None for those that gRPC trusts by itself."""
    certificate: bytes | None = None
    """The client's own certificate chain, PEM, if servers ask for one."""
    key: bytes | None = None
    """Its private key, PEM, not encrypted."""

    @classmethod
    def read(cls, authorities: str, certificate: str = "", key: str = "") -> Self:
        """Reads the files; `authorities` may be `system`.

        Raises:
            ValueError: one of certificate and key is missing, or a file can't be read.
        """
        if bool(certificate) != bool(key):
            raise ValueError("a client's certificate and its key are needed together")
        try:
            return cls(
                None if authorities == SYSTEM else Path(authorities).read_bytes(),
                Path(certificate).read_bytes() if certificate else None,
                Path(key).read_bytes() if key else None,
            )
        except OSError as error:
            raise ValueError(f"{error.filename}: {error.strerror}") from None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """Reads GROUPGUARD_CA_FILE, GROUPGUARD_CLIENT_CERT_FILE and GROUPGUARD_CLIENT_KEY_FILE; None without the first.

        Each may be `none`.

        Raises:
            ValueError: as for `read`, or there is a certificate but no GROUPGUARD_CA_FILE.
        """
        files = [
            environment.get(f"GROUPGUARD_{name}_FILE", "") for name in ("CA", "CLIENT_CERT", "CLIENT_KEY")
        ]
        authorities, certificate, key = ("" if file == "none" else file for file in files)
        if authorities:
            return cls.read(authorities, certificate, key)
        if certificate or key:
            raise ValueError("GROUPGUARD_CA_FILE is needed for a client's certificate to be shown")
        return None

    def credentials(self) -> grpc.ChannelCredentials:
        """Returns what a channel needs."""
        return grpc.ssl_channel_credentials(self.authorities, self.key, self.certificate)
