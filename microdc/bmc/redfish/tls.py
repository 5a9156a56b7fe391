"""What a TLS certificate is held against, and how certificates are named."""

from __future__ import annotations

import functools
import hashlib
import ssl
from enum import Enum
from pathlib import Path

from microdc.bmc.model import Target
from microdc.errors import InputError


class Trust(Enum):
    """Why a certificate is believed."""

    AUTHORITIES = "a certificate authority vouches for it"
    PINNED = "its fingerprint is the one written down"
    BLIND = "it is not looked at"


def trust_of(target: Target) -> Trust:
    """A fingerprint that is written down counts before anything else, also before `verify: false`."""
    if target.fingerprint:
        return Trust.PINNED
    return Trust.AUTHORITIES if target.verify else Trust.BLIND


def context_of(target: Target) -> ssl.SSLContext:
    """The context in which the target's certificate is checked. Contexts are shared: to read the system's authorities takes 20 ms.

    With a pinned fingerprint nothing is checked here: who uses the context compares fingerprints before anything is sent.
    Raises InputError for a file of authorities that cannot be read.
    """
    trust = trust_of(target)
    cafile = target.cafile if trust is Trust.AUTHORITIES else ""
    try:
        changed = Path(cafile).stat().st_mtime_ns if cafile else 0
        return _context(trust, cafile, changed)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or "it holds no certificate"
        raise InputError(
            f"the CA certificates {cafile!r} cannot be read: {reason}", where=target.where
        ) from None


@functools.lru_cache(maxsize=64)
def _context(trust: Trust, cafile: str, changed: int) -> ssl.SSLContext:  # noqa: ARG001 - a file that changed is read again
    context = ssl.create_default_context(cafile=cafile or None)
    # what Python 3.13 turned on refuses what the small authorities of BMCs leave out, such as key identifiers
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # Python's own list has no cipher that BMCs of ten years ago speak; OpenSSL's has, and they are sound in TLS 1.2
    context.set_ciphers("DEFAULT")
    if trust is not Trust.AUTHORITIES:
        context.set_ciphers("DEFAULT:@SECLEVEL=1")  # their self-made keys of 1024 bits
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def fingerprint_of(certificate: bytes) -> str:
    """SHA-256 of a certificate in DER form, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(certificate).hexdigest()


def plain_fingerprint(text: str) -> str:
    """A fingerprint as documents and programs write it, with or without colons, brought to the form of `fingerprint_of`."""
    return text.strip().lower().removeprefix("sha256:").replace(":", "")


def written_fingerprint(text: str) -> str:
    """A fingerprint as `openssl x509 -fingerprint -sha256` writes it: AB:CD:..."""
    digits = plain_fingerprint(text).upper()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
