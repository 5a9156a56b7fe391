"""The key of package repositories: made once, kept as a file, used by gpg in a home of its own that goes again with its agent."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from microdc import locations
from microdc.errors import ApplyError, UnreachableError
from microdc.repository.running import run

_OWNER = "microdc package repository"


def key_file() -> Path:
    return locations.state_dir() / "repository-key.asc"


class Signer:
    """gpg with the key of this controller, which is made on first use. A context manager; the key's file is 0600."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._home = ""

    def __enter__(self) -> Self:
        self._home = self._stack.enter_context(home())
        file = key_file()
        if not file.exists():
            _make(self._home, file)
        run(["gpg", *_options(self._home), "--import", str(file)], hint=f"is {file} a key?")
        return self

    def __exit__(self, *reason: object) -> None:
        self._stack.close()

    def clear(self, text: Path, out: Path) -> None:
        """Signs a text so that it can still be read (InRelease)."""
        run(["gpg", *_options(self._home), "--clearsign", "--output", str(out), str(text)])

    def detached(self, text: Path, out: Path) -> None:
        """Writes the signature of a file beside it (Release.gpg)."""
        run(["gpg", *_options(self._home), "--armor", "--detach-sign", "--output", str(out), str(text)])

    def export(self, out: Path) -> str:
        """Writes the public key; its fingerprint."""
        run(["gpg", *_options(self._home), "--output", str(out), "--export"])
        return fingerprint(run(["gpg", *_options(self._home), "--list-keys", "--with-colons"]))


@contextlib.contextmanager
def home() -> Iterator[str]:
    """A home directory for gpg with a short name, since the agent's socket lies in it; the agent ends with it."""
    with tempfile.TemporaryDirectory(prefix="mdc-gpg-", ignore_cleanup_errors=True) as directory:
        try:
            yield directory
        finally:
            run(["gpgconf", "--homedir", directory, "--kill", "all"])


def verified(signed: Path, key: Path) -> bytes:
    """The text that a signed file (InRelease) holds. Raises ApplyError where it is not signed by the key."""
    with tempfile.TemporaryDirectory(prefix="mdc-gpg-") as directory:
        out = Path(directory, "text")
        try:
            run(["gpgv", "--keyring", str(key.absolute()), "--output", str(out), str(signed)])
        except UnreachableError as error:
            raise ApplyError(f"the signature does not hold: {error.what}", where=str(signed)) from None
        return out.read_bytes()


def listing(directory: str, key: Path) -> str:
    """What gpg tells of the key in a file, with colons."""
    return run(["gpg", *_options(directory), "--show-keys", "--with-colons", str(key)])


def fingerprint(told: str) -> str:
    """The first fingerprint of what gpg lists with colons. Pure."""
    return next((line.split(":")[9] for line in told.splitlines() if line.startswith("fpr:")), "")


def _options(directory: str) -> list[str]:
    return ["--homedir", directory, "--batch", "--quiet", "--no-tty", "--yes", "--digest-algo", "SHA512"]


def _make(directory: str, file: Path) -> None:
    """Of two that make one at once, the first one's holds for both."""
    words = ["--passphrase", "", "--pinentry-mode", "loopback"]
    run(["gpg", *_options(directory), *words, "--quick-generate-key", _OWNER, "ed25519", "sign", "never"])
    secret = run(["gpg", *_options(directory), *words, "--armor", "--export-secret-keys"])
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    with open(part, "w", opener=lambda path, flags: os.open(path, flags, 0o600), encoding="ascii") as stream:
        stream.write(secret)
    with contextlib.suppress(FileExistsError):
        os.link(part, file)
    part.unlink()
    identity = fingerprint(run(["gpg", *_options(directory), "--list-keys", "--with-colons"]))
    run(["gpg", *_options(directory), "--delete-secret-and-public-keys", identity])
