"""The sessions that are open, one file each, so that a process that was killed leaves none open for long.

A file holds a token: only its owner may read it. It is there from the login to the logout; `reaping` ends the sessions of those
whose process is gone. Between the service's answer to a login and the file lie microseconds in which a kill leaves a session
that nobody knows: it ends when the service lets it expire.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from microdc.bmc.model import Target
from microdc.host.daemon import Daemon
from microdc.locations import runtime_dir

_OLDEST = 24 * 3600.0  # seconds: no BMC keeps a session that long


@dataclass(frozen=True, slots=True)
class Session:
    """An open session of a service. base: `https://host:port`; path: its resource; owner: `PID:START`; opened: seconds since 1970.

    name, fingerprint, cafile, verify, via: as in `Target`, so that it can be ended without the inventory.
    """

    base: str
    path: str
    token: str = field(repr=False)
    owner: str
    opened: float
    name: str = ""
    fingerprint: str = ""
    cafile: str = ""
    verify: bool = True
    via: str = ""

    @classmethod
    def of(cls, target: Target, base: str, path: str, token: str) -> Session:
        """The session that this process has just opened."""
        return cls(
            base=base,
            path=path,
            token=token,
            owner=str(Daemon.of(os.getpid())),
            opened=time.time(),
            name=target.name,
            fingerprint=target.fingerprint,
            cafile=str(Path(target.cafile).absolute()) if target.cafile else "",
            verify=target.verify,
            via=target.via,
        )

    @property
    def target(self) -> Target:
        """Whom to reach to end it."""
        return Target(
            name=self.name,
            redfish=self.base,
            fingerprint=self.fingerprint,
            cafile=self.cafile,
            verify=self.verify,
            via=self.via,
        )

    @property
    def orphaned(self) -> bool:
        """Whether the process that opened it is gone."""
        try:
            return not Daemon.parse(self.owner).alive()
        except ValueError:
            return True

    @property
    def stale(self) -> bool:
        """Whether it is so old that it has expired whatever the service does."""
        return not -_OLDEST < time.time() - self.opened < _OLDEST


def directory() -> Path:
    """Where the files are: a directory for each service, so that who uses one looks at its files only."""
    return runtime_dir() / "bmc-sessions"


def _directory_of(base: str, via: str) -> Path:
    return directory() / hashlib.sha256(f"{via} {base}".encode()).hexdigest()[:16]


def record(session: Session) -> Path:
    """Writes a session down; raises OSError where that is not possible."""
    name = f"{session.owner.replace(':', '-')}-{secrets.token_hex(8)}"
    place = _directory_of(session.base, session.via)
    being_written = place / f".{name}"
    handle = _new_file(being_written)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(session), file)
        return being_written.rename(place / f"{name}.json")
    except BaseException:
        being_written.unlink(missing_ok=True)
        raise


def _new_file(path: Path) -> int:
    failure = OSError()
    for _ in range(100):
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except (
            FileNotFoundError,
            FileExistsError,
        ) as error:  # who ended a last session removed a directory meanwhile
            failure = error
    raise failure


def erase(file: Path) -> None:
    """Removes a session's file, and its directories with the last one. Nothing happens where it is gone: somebody else saw to it."""
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # there are others
        file.parent.rmdir()
        file.parent.parent.rmdir()


def orphans(base: str = "", via: str = "") -> list[tuple[Path, Session]]:
    """The sessions whose process is gone: of the service at `base` as reached from `via`, or all of them, the oldest first.

    Files that are no sessions, or too old to matter, are removed on the way.
    """
    found = []
    files = _directory_of(base, via).glob("*.json") if base else directory().glob("*/*.json")
    for file in list(files):
        session = _read(file)
        if session is None or (session.stale and session.orphaned):
            erase(file)
        elif session.orphaned:
            found.append((file, session))
    return sorted(found, key=lambda one: one[1].opened)


def _read(file: Path) -> Session | None:
    try:
        return Session(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        return None
