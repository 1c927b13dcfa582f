"""Certificates of authorities that only tests trust."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme

from groupguard_client import Tls
from support.valkey import LOOPBACK


@dataclass(frozen=True, slots=True)
class Identity:
    """The files of a certificate, its key, and the authority that signed it."""

    certificate: Path
    key: Path
    authority: Path

    def server(self, *, ask_clients: bool = False) -> dict[str, str]:
        """The environment of a service that shows it, and asks clients for one of the same authority."""
        return {
            "GROUPGUARD_TLS_CERT_FILE": str(self.certificate),
            "GROUPGUARD_TLS_KEY_FILE": str(self.key),
            **({"GROUPGUARD_TLS_CLIENT_CA_FILE": str(self.authority)} if ask_clients else {}),
        }

    def client(self, *, shown: bool = False) -> dict[str, str]:
        """The environment of a client that trusts its authority, and shows it."""
        own = {
            "GROUPGUARD_CLIENT_CERT_FILE": str(self.certificate),
            "GROUPGUARD_CLIENT_KEY_FILE": str(self.key),
        }
        return {"GROUPGUARD_CA_FILE": str(self.authority), **(own if shown else {})}

    def tls(self, *, shown: bool = False) -> Tls:
        """The same for a client in this process."""
        tls = Tls.from_environment(self.client(shown=shown))
        assert tls is not None
        return tls


def issue(folder: Path, authority: trustme.CA | None = None, host: str = LOOPBACK) -> Identity:
    """Writes a new certificate for a host, of a new authority unless one is given; over what is there."""
    authority = authority or trustme.CA()
    leaf = authority.issue_cert(host)
    identity = Identity(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")
    identity.certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    identity.key.write_bytes(leaf.private_key_pem.bytes())
    authority.cert_pem.write_to_path(str(identity.authority))
    return identity
