"""A certificate for each BMC of the lab, self-signed as those of most BMCs are; the inventory pins its fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from microdc.lab.ports import IpAddress

_DAYS = 825
"""What clients accept of a server's certificate at most (CA/Browser Forum, baseline requirements until 2020)."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM texts, and the SHA-256 fingerprint of the certificate in hexadecimal digits."""

    certificate: bytes
    key: bytes
    fingerprint: str


def self_signed(name: str, address: IpAddress) -> Certificate:
    """A certificate for a BMC that is reached by its address."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(address)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fingerprint = made.fingerprint(hashes.SHA256()).hex()
    return Certificate(made.public_bytes(serialization.Encoding.PEM), encoded, fingerprint)
