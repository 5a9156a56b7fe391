"""Which host keys are trusted: the one pinned, or those in a known_hosts file, and no others.

The file is read as sshd(8) describes it: names with wildcards, negated, hashed, with a port; `@revoked` keys are refused.
`@cert-authority` lines are passed over: host certificates are not checked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import paramiko

from microdc.errors import InputError, UnreachableError
from microdc.host.model import Address

_SYSTEM_FILE = Path("/etc/ssh/ssh_known_hosts")
_RSA = ("rsa-sha2-512", "rsa-sha2-256")
_ORDER = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")


def negotiated(kind: str) -> tuple[str, ...]:
    """What a type of key is called when it is asked for: an RSA key signs in other ways than its name says."""
    return _RSA if kind == "ssh-rsa" else (kind,)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One line. marker: "", "@revoked" or "@cert-authority"; patterns: of host names; key: as it goes over the wire."""

    marker: str
    patterns: tuple[str, ...]
    kind: str
    key: bytes

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.key).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint}"

    def is_of(self, name: str) -> bool:
        """Whether the line speaks of the host `name`: one of its patterns fits, and none that is negated."""
        fits = [
            (_fits(pattern.removeprefix("!"), name), pattern.startswith("!")) for pattern in self.patterns
        ]
        return (True, False) in fits and (True, True) not in fits


def _fits(pattern: str, name: str) -> bool:
    if pattern.startswith("|1|"):
        try:
            salt, expected = (base64.b64decode(part, validate=True) for part in pattern[3:].split("|"))
        except (ValueError, binascii.Error):
            return False
        return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), expected)
    glob = re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(glob, name) is not None


def parse(text: str) -> list[KnownKey]:
    """The lines of a known_hosts file. Like OpenSSH, it passes over lines that it does not understand."""
    found = []
    for line in text.splitlines():
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#"):
            continue
        try:
            key = base64.b64decode(words[2], validate=True)
        except binascii.Error:
            continue
        found.append(KnownKey(marker, tuple(words[0].split(",")), words[1], key))
    return found


class KnownHosts:
    """The keys of the file that an address names, or of the user's own and the system's.

    Raises InputError where a file cannot be read.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self.file = address.known_hosts or Path("~/.ssh/known_hosts").expanduser()
        own = [file for file in (self.file, _SYSTEM_FILE) if file.is_file()]
        files = [] if address.host_key else [address.known_hosts] if address.known_hosts else own
        self._lines = [line for file in files for line in parse(_text(file))]

    def kinds(self) -> list[str]:
        """The kinds of key that are known of this host, as they are negotiated, the better first."""
        known = {line.kind for line in self._known()}
        kinds = [kind for kind in _ORDER if kind in known]
        return [name for kind in kinds for name in negotiated(kind)]

    def check(self, key: paramiko.PKey) -> None:
        """Raises UnreachableError unless `key` is one to be trusted."""
        address, offered, blob = self._address, named(key), key.asbytes()
        if address.host_key:
            if address.host_key != key.fingerprint:
                raise UnreachableError(
                    f"the host offers the key {offered}, but {address.host_key} is pinned by `host_key`",
                    where=str(address),
                    hint="another machine answers, or this one was installed anew: compare it at the machine",
                )
            return
        names = _names(address, with_port=True) + _names(address, with_port=False)
        if any(line.key == blob for line in self._of(names, "@revoked")):
            what = f"the key {offered}, which the host offers, is revoked in {self.file}"
            raise UnreachableError(what, where=str(address), hint="give the host a new key")
        known = self._known()
        if not known:
            raise self._unknown(offered, key.fingerprint)
        if all(line.key != blob for line in known):
            raise UnreachableError(
                f"the host offers the key {offered}, but {', '.join(map(str, known))} is known",
                where=str(address),
                hint="another machine answers, or this one was installed anew: then remove the old key from "
                f"{self.file} with `ssh-keygen -R '{_names(address, with_port=True)[0]}' -f {self.file}`",
            )

    def _unknown(self, offered: str, fingerprint: str) -> UnreachableError:
        address = self._address
        port = f"-p {address.port} " if address.port != 22 else ""
        hint = (
            f"compare it at the machine, then add it to {self.file} with `ssh-keyscan {port}{address.name}`, "
            f"or pin it in the inventory: `host_key: {fingerprint}`"
        )
        if self._of(_names(address, with_port=True), "@cert-authority"):
            hint = f"host certificates are not checked, so its @cert-authority does not help; {hint}"
        return UnreachableError(
            f"the host offers the key {offered}, which is not known", where=str(address), hint=hint
        )

    def _known(self) -> list[KnownKey]:
        """The keys of this host; like OpenSSH, those without a port where none is noted for its port."""
        with_port = self._of(_names(self._address, with_port=True), "")
        return with_port or self._of(_names(self._address, with_port=False), "")

    def _of(self, names: Iterable[str], marker: str) -> list[KnownKey]:
        return [line for line in self._lines if line.marker == marker and any(map(line.is_of, names))]


def _names(address: Address, *, with_port: bool) -> list[str]:
    """How a file may call the host; an IPv6 address as it was written and in its short form."""
    names = [address.name.lower()]
    if ":" in address.name:
        host, percent, zone = names[0].partition("%")
        names.append(f"{ip_address(host)}{percent}{zone}")
    return [f"[{name}]:{address.port}" if with_port and address.port != 22 else name for name in names]


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", errors="replace")
    except OSError as error:
        raise InputError(
            f"the known_hosts file cannot be read: {error.strerror}",
            where=str(file),
            hint="make it with `ssh-keyscan HOST`, and compare the key at the machine",
        ) from None


def named(key: paramiko.PKey) -> str:
    """A key as people compare it: type and SHA-256 fingerprint."""
    return f"{key.get_name()} {key.fingerprint}"
