"""The tokens of nodes: worked out of one key, so that none of them is stored, and the same comes out after a restart, also on another machine."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Literal

from microdc.deploy.model import NodeRecord
from microdc.errors import InputError
from microdc.locations import state_dir
from microdc.store.nodes import Nodes

Purpose = Literal["boot", "home"]
_BYTES = 32
_NAME = "deploy"
"""Of the key in the store."""


def old_key_file() -> Path:
    """Where an earlier microdc kept the key, one on each machine."""
    return state_dir() / "deploy.key"


def load_key(nodes: Nodes, old: Path | None = None) -> bytes:
    """The key of a store, so that whoever has the store can go on with what another one began. Made where there is none, of what the old file holds where
    that is there. Raises InputError where it cannot be used.
    """
    file = old or old_key_file()
    key = nodes.key(_NAME)
    if key is None:
        key = nodes.keep_key(_NAME, _old(file) or secrets.token_bytes(_BYTES))
    if len(key) != _BYTES:
        raise InputError("the store holds no key of the nodes' tokens, but something else under its name")
    return key


def _old(path: Path) -> bytes | None:
    """What the old file holds; None where there is none."""
    try:
        if path.stat().st_mode & 0o077:
            hint = f"whoever read it may boot in a node's place: remove it, a new one is made; or chmod 600 {path}"
            raise InputError("others may read this key", where=str(path), hint=hint)
        key = bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"the key of the nodes' tokens: {error.strerror}", where=str(path)) from None
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        hint = "remove it: a new one is made, and moves that go on begin anew"
        raise InputError("this is no key", where=str(path), hint=hint)
    return key


def token(key: bytes, record: NodeRecord, purpose: Purpose) -> str:
    """A node's token for one purpose of one move. The moment at which the move began is in it, so that a store that was made anew, and counts
    moves from 1, gives none a second time.
    """
    began = record.began.isoformat() if record.began else ""
    parts = (record.testbed, record.site, record.name, str(record.move), began, purpose)
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()
