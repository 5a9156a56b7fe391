"""The tokens of nodes: worked out of one key, so that there is nothing to store, and the same comes out after a restart."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Literal

from microdc.deploy.model import NodeRecord
from microdc.errors import InputError
from microdc.locations import state_dir

Purpose = Literal["boot", "home"]
_BYTES = 32


def key_file() -> Path:
    """Where the key is kept."""
    return state_dir() / "deploy.key"


def load_key(path: Path | None = None) -> bytes:
    """The key, made where there is none; readable by its owner alone. Raises InputError where it cannot be used."""
    path = path or key_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
        if path.stat().st_mode & 0o077:
            hint = f"whoever read it may boot in a node's place: remove it, a new one is made; or chmod 600 {path}"
            raise InputError("others may read this key", where=str(path), hint=hint)
        key = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        raise InputError(f"the key of the nodes' tokens: {error.strerror}", where=str(path)) from None
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        hint = "remove it: a new one is made, and moves that go on begin anew"
        raise InputError("this is no key", where=str(path), hint=hint)
    return key


def _make(path: Path) -> None:
    """Makes the key whole or not at all; of two that make one at once, one wins and both use it."""
    if path.exists():
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            return
    finally:
        part.unlink(missing_ok=True)


def token(key: bytes, record: NodeRecord, purpose: Purpose) -> str:
    """A node's token for one purpose of one move. The moment at which the move began is in it, so that a store that was made anew, and counts
    moves from 1, gives none a second time.
    """
    began = record.began.isoformat() if record.began else ""
    parts = (record.testbed, record.site, record.name, str(record.move), began, purpose)
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()
