"""What is asked of a server and of its system, as pieces of work; and what was learned by it. Each is done by one thread at a time for a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from microdc.bmc.booting import CLEAR
from microdc.bmc.errors import RETRYABLE, BmcError
from microdc.bmc.judging import differs, words
from microdc.bmc.model import Power
from microdc.deploy.model import NodeRecord, NodeSpec
from microdc.deploy.ports import Checked, Reading, Server, System
from microdc.deploy.views import BmcView, CheckView
from microdc.errors import MicrodcError, UnreachableError


def after_act(error: MicrodcError | None, now: datetime) -> BmcView:
    """What is known of a BMC after an act: what it read before no longer holds."""
    if error is None:
        return BmcView(tried=now)
    sent = getattr(error, "sent", True)
    return BmcView(problem=str(error), failed=True, sent=bool(sent), fatal=not _passes(error), tried=now)


def after_look(bmc: BmcView, reading: Reading | None, error: MicrodcError | None, now: datetime) -> BmcView:
    """What is known of a BMC after a look. One that does not answer says nothing of its server's power."""
    if reading is None:
        problem = str(error) if error is not None else ""
        return replace(bmc, power=None, at=None, off=0, problem=problem, tried=now)
    off = bmc.off + 1 if reading.power is Power.OFF else 0
    return replace(bmc, power=reading.power, at=now, off=off, problem="", tried=now)


def _passes(error: MicrodcError) -> bool:
    """Whether trying again may help."""
    if isinstance(error, BmcError):
        return error.cause in RETRYABLE
    return isinstance(error, UnreachableError)


@dataclass(frozen=True, slots=True)
class Installed:
    """What has to be right of a system that was installed. home: what it told of itself; keys: those that its ramdisk made."""

    spec: NodeSpec
    record: NodeRecord
    home: Mapping[str, Any]
    keys: Sequence[str]


def check(installed: Installed, server: Callable[[], Server], system: System, now: datetime) -> CheckView:
    """Whether the system runs from its disk, answers with its own key, and will be booted from its disk again."""
    problem, cause = home_problem(installed)
    if problem:
        return CheckView(now, problem, cause)
    try:
        seen = system.check(installed.spec, installed.keys)
    except UnreachableError as error:
        return CheckView(now, f"its SSH server cannot be reached: {error.what}")
    except MicrodcError as error:
        seen = Checked(str(error), cause="ssh")
    if seen.problem:
        return CheckView(now, seen.problem, seen.cause)
    try:
        return CheckView(now, note=_boots_from_disk(server()))
    except MicrodcError as error:
        note = f"whether its BMC would boot it from the network again could not be looked at: {error.what}"
        return CheckView(now, note=f"{note}; it would be sent on to its disk")


def home_problem(installed: Installed) -> tuple[str, str]:
    """What is wrong with what a system told of itself, and the word for it; twice "" where nothing is."""
    home, spec, record = installed.home, installed.spec, installed.record
    root = str(home.get("root", ""))
    if not root.startswith("/dev/"):
        return f"its root is {root or 'not told'}, and not its disk", "wrong-root"
    hostname = str(home.get("hostname", ""))
    if hostname.partition(".")[0] != spec.name:
        return f"it calls itself {hostname or 'nothing'}", "wrong-name"
    image = home.get("image")
    if image and record.image is not None and image not in {record.image.digest, record.image.name}:
        return f"it runs the image {image}, and not {record.image.name}", "wrong-image"
    told = {_key(key) for key in home.get("host_keys", ())}
    if told and installed.keys and not told & {_key(key) for key in installed.keys}:
        return "it tells other SSH host keys than its ramdisk made", "host-key"
    return "", ""


def _key(text: object) -> tuple[str, ...]:
    """A public key without its comment."""
    return tuple(str(text).split()[:2])


def _boots_from_disk(server: Server) -> str:
    """Looks that no override is left, and takes one away that is; "" where the BMC tells that none is."""
    boot = server.read().boot
    if boot is None:
        return "its BMC has no boot override that could be looked at"
    if not differs(CLEAR, boot):
        return ""
    left = server.clear_boot()
    if differs(CLEAR, left):
        return f"its BMC still reads {words(left)}, and would not let go of it"
    return f"its BMC still read {words(boot)}: taken away"
