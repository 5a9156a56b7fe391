"""The certificate that a BMC shows, looked at before it is trusted: nothing but the beginning of TLS is sent."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from microdc.bmc.model import Limits, Target
from microdc.bmc.redfish.failures import shown
from microdc.bmc.redfish.line import Line
from microdc.bmc.redfish.tls import fingerprint_of, written_fingerprint
from microdc.errors import InputError

_T = TypeVar("_T")
_LONGEST = 253
"""Characters of a name that are kept: as many as a host name may have."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A TLS certificate, its texts in one line each without what moves a cursor: they are a stranger's. fingerprint: SHA-256, as documents keep it; names: the host names and addresses that it is made out to.

    subject, issuer: "" where they cannot be read; not_before, not_after: None likewise. Real BMCs show certificates that are odd.
    self_signed: whether it vouches for itself, so that only its fingerprint can be trusted.
    """

    fingerprint: str
    subject: str = ""
    issuer: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    names: tuple[str, ...] = ()
    self_signed: bool = False

    @property
    def written(self) -> str:
        """Its fingerprint as `openssl x509 -fingerprint -sha256` writes it."""
        return written_fingerprint(self.fingerprint)


def certificate(target: Target, limits: Limits | None = None) -> Certificate:
    """The certificate that the Redfish service of `target` shows now. Raises BmcError, and InputError for an address without TLS."""
    line = Line.to(replace(target, fingerprint="", cafile="", verify=False), (limits or Limits()).connect)
    if line.context is None:
        raise InputError("an http:// address has no certificate", where=target.where or target.name)
    with line.secure(line.open()) as secured:
        encoded = secured.getpeercert(binary_form=True) or b""
    return read_certificate(encoded)


def read_certificate(encoded: bytes) -> Certificate:
    """What a certificate in DER form says of itself."""
    fingerprint = fingerprint_of(encoded)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", CryptographyDeprecationWarning
        )  # of serial numbers below 1, which BMCs have
        try:
            found = x509.load_der_x509_certificate(encoded)
        except ValueError:
            return Certificate(fingerprint)
        subject, issuer = (_read(lambda: found.subject), _read(lambda: found.issuer))
        return Certificate(
            fingerprint,
            subject="" if subject is None else shown(subject.rfc4514_string(), _LONGEST),
            issuer="" if issuer is None else shown(issuer.rfc4514_string(), _LONGEST),
            not_before=_read(lambda: found.not_valid_before_utc),
            not_after=_read(lambda: found.not_valid_after_utc),
            names=_read(lambda: _names(found)) or (),
            self_signed=subject is not None and subject == issuer,
        )


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    told = (*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress)))
    return tuple(shown(name, _LONGEST) for name in told)


def _read(what: Callable[[], _T]) -> _T | None:
    """A part that is read when it is asked for, None where it is malformed."""
    try:
        return what()
    except (ValueError, x509.DuplicateExtension):
        return None
