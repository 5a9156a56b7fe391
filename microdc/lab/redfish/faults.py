"""Which ways of lying are planted in a BMC: `faults.json` in its directory, {name: parameter}, looked at with each request.

Only what the BMC itself does wrong stands here. A hot inlet, a missing DIMM or a cut cable are planted in the world: in the
machine's own files. Each name has a public report behind it; numbers are issues on GitHub.
"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any


class Fault(StrEnum):
    """A way in which a BMC lies, hangs or differs. `true` as the parameter plants it; what else one says is written beside it."""

    DEAD = "dead"
    """Takes connections and never answers."""
    SLOW = "slow"
    """Every answer comes late: seconds."""
    STARTING = "starting"
    """503 with Retry-After and the words that it is still starting: the value of Retry-After in seconds, 5 by default."""
    BUSY = "busy"
    """503 ServiceTemporarilyUnavailable: the value of Retry-After in seconds, 5 by default."""
    SESSIONS = "sessions"
    """No login any more: 503 with RAC0218, too many sessions (quadsproject/badfish 447)."""
    EXPIRED = "expired"
    """Sessions end early: {"seconds": N} after their begin, or {"requests": N}; `true` is one request."""
    ETAG_REQUIRED = "etag-required"
    """A PATCH without If-Match: 428 PreconditionHeaderMissing (stmcginnis/gofish 171); the number 412 for that status."""
    ETAG_WRONG = "etag-wrong"
    """An ETag that is another one at each read (FuturFusion/operations-center 1040)."""
    CLOCK_SKEW = "clock-skew"
    """The BMC's clock is ahead: seconds, negative for behind; a day by default (dates of 1970 after a dead battery are a negative one)."""
    NULL_READINGS = "null-readings"
    """Sensors without values."""
    LAGGING_POWER = "lagging-power"
    """The power state follows late, through PoweringOn and PoweringOff: seconds (chaos/powerman 67)."""
    FALLS_BACK = "falls-back"
    """The first power-on since it was planted goes PoweringOn and back to Off (chaos/powerman 154)."""
    BOOT_LIES = "boot-lies"
    """A boot override is accepted and not kept (bmc-toolbox/bmclib 459)."""
    HTML = "html"
    """An HTML page with status 200, whatever is asked."""
    HUGE = "huge"
    """Answers of 20 MB: or as many bytes as given."""
    HALF = "half"
    """Half an answer, then silence."""
    REDIRECT_LOOP = "redirect-loop"
    """Every GET is redirected to itself."""
    BASIC_ONLY = "basic-only"
    """No SessionService: logins answer 404, tokens 401."""
    LOGIN_401 = "login-401"
    """No credentials are right."""
    TRAILING_SLASH = "trailing-slash"
    """POST to Sessions is redirected to Sessions/ (check_redfish 187): the status, 308 by default."""
    NO_LOCATION = "no-location"
    """A new session comes without Location (DMTF/python-redfish-library 177)."""
    SETTINGS_OBJECT = "settings-object"
    """Boot is read-only but in the object that @Redfish.Settings names (gofish 511); "SD": AMI's way (DMTF/Redfish-Tacklebox 144)."""
    MODE_REJECTED = "mode-rejected"
    """BootSourceOverrideMode in a PATCH is an error, as with HPE (ansible community.general 3509)."""
    MODE_NEEDED = "mode-needed"
    """A PATCH of Boot without BootSourceOverrideMode puts it back to Legacy, as with Supermicro (DMTF/Redfishtool 106)."""
    ALREADY_409 = "already-409"
    """On of a server that is on (Off of one that is off): 409 PSU501, as with Dell (dellemc-openmanage-ansible-modules 132)."""


class Faults:
    """What `faults.json` holds now. Read again when it has changed; no file, no faults."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "faults.json"
        self._stamp: tuple[int, int] | None = None
        self._planted: dict[str, Any] = {}

    def planted(self) -> dict[str, Any]:
        """The faults with their parameters. Names that are none are told once on stderr and change nothing."""
        try:
            status = self._file.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._stamp, self._planted = None, {}
            return self._planted
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._planted, self._stamp = self._read(), stamp
        return self._planted

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._file.read_bytes())
        except (OSError, ValueError) as problem:
            sys.stderr.write(f"{self._file}: not read: {problem}\n")
            return {}
        if not isinstance(found, dict):
            sys.stderr.write(f"{self._file}: not read: no JSON object\n")
            return {}
        known = set(Fault)
        for name in found:
            if name not in known:
                sys.stderr.write(f"{self._file}: {name} is no fault of a BMC\n")
        return {name: value for name, value in found.items() if name in known and value not in (False, None)}


def seconds(parameter: Any, default: float) -> float:
    """A parameter that is a number; the default where it is something else, such as `true`."""
    given = isinstance(parameter, int | float) and not isinstance(parameter, bool)
    return float(parameter) if given else default
