"""The keys of the system's SSH server. They are made here: the private halves cross no wire."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import programs
from .identity import HostKey
from .words import CONFIGURE, FailedError

KINDS = ("ed25519", "ecdsa")
"""All that today's clients ask for; a key of RSA would take an emulated processor the better part of a minute."""


def made() -> Iterator[HostKey]:
    """One key of each kind. Raises FailedError."""
    with tempfile.TemporaryDirectory(prefix="keys-") as place:
        for kind in KINDS:
            path = Path(place) / kind
            try:
                programs.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(path)])
            except programs.ProgramError as error:
                raise FailedError(
                    CONFIGURE, f"no {kind} key for the SSH server can be made: {error}"
                ) from None
            words = path.with_suffix(".pub").read_text("ascii").split()
            yield HostKey(kind, path.read_bytes(), " ".join(words[:2]))
