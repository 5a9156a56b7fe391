"""What the station must not forget: which tokens were spent, by whom, and the sessions that came of them."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import trouble
from .place import KEPT, boottime, write_whole
from .plan import Node

REPLAY_SECONDS = 60.0
"""How long a hello is answered again to the same ramdisk: an answer may be lost on the way."""


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Kept:
    """Durable before it is answered: after a kill, a spent token is still spent and a session still holds.

    boots: digest of a boot token -> {node, move, nonce, at, session}; homes: digest of a home token -> boot_id.
    """

    def __init__(self, directory: Path = Path()) -> None:
        self._path = directory / KEPT
        self._lock = threading.Lock()
        self._boots: dict[str, dict[str, Any]] = {}
        self._homes: dict[str, str] = {}
        try:
            data = json.loads(self._path.read_bytes())
            self._boots, self._homes = dict(data["boots"]), dict(data["homes"])
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError) as problem:
            trouble.say(f"{self._path} cannot be read, and is begun anew: {problem}")

    def spent(self, node: Node) -> bool:
        """Whether the node's boot token was used."""
        with self._lock:
            return digest(node.boot) in self._boots

    def again(self, node: Node, shown: str, nonce: str) -> str | None:
        """The session that this ramdisk was given a moment ago, where it says hello once more. None: it was given none."""
        with self._lock:
            found = self._boots.get(digest(shown))
            if found is None or (found["node"], found["move"]) != (node.name, node.move):
                return None
            same = hmac.compare_digest(found["nonce"].encode(), nonce.encode())
            return found["session"] if same and 0 <= boottime() - found["at"] <= REPLAY_SECONDS else None

    def spend(self, node: Node, nonce: str) -> str | None:
        """A new session, for the node's token, which is spent from then on. None: it is spent already."""
        with self._lock:
            key = digest(node.boot)
            if key in self._boots:
                return None
            session = secrets.token_urlsafe(32)
            entry = {
                "node": node.name,
                "move": node.move,
                "nonce": nonce,
                "at": boottime(),
                "session": session,
            }
            self._write({**self._boots, key: entry}, self._homes)
            return session

    def session(self, node: Node, shown: str) -> bool:
        """Whether it is the session of this move of this node."""
        with self._lock:
            return any(
                entry["node"] == node.name
                and entry["move"] == node.move
                and hmac.compare_digest(entry["session"].encode(), shown.encode())
                for entry in self._boots.values()
            )

    def home(self, node: Node, boot_id: str) -> bool | None:
        """Whether a first report is news (True) or said again after the same boot (False). None: it is another boot's, and refused."""
        with self._lock:
            found = self._homes.get(node.home)
            if found is not None:
                return False if found == boot_id else None
            self._write(self._boots, {**self._homes, node.home: boot_id})
            return True

    def forget(self, nodes: Iterable[Node]) -> None:
        """Keeps what is said of the moves that go on, and of the tokens that are still somebody's. Where that cannot be written it is forgotten all
        the same: what the file still has of moves that are over lets nobody in.
        """
        known = list(nodes)
        moves, homes = {(node.name, node.move) for node in known}, {node.home for node in known}
        with self._lock:
            left = {
                key: entry for key, entry in self._boots.items() if (entry["node"], entry["move"]) in moves
            }
            still = {key: boot for key, boot in self._homes.items() if key in homes}
            if len(left) < len(self._boots) or len(still) < len(self._homes):
                self._boots, self._homes = left, still
                try:
                    self._write(left, still)
                except OSError as problem:
                    trouble.say(f"{self._path} cannot be written: {problem}")

    def _write(self, boots: dict[str, dict[str, Any]], homes: dict[str, str]) -> None:
        write_whole(self._path, json.dumps({"boots": boots, "homes": homes}).encode())
        self._boots, self._homes = boots, homes
