"""What is asked of the demo: the documents that the commands of microdc print with `-o json`, for the same names."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from microdc.health.demo.acting import nodes as act_nodes
from microdc.health.demo.acting import servers as act_servers
from microdc.health.demo.acting import wan as act_wan
from microdc.health.demo.documents import (
    cables,
    declared,
    eventlog,
    hardware,
    nodes,
    servers,
    store,
    switches,
    wan,
)
from microdc.health.demo.state import State

Document = dict[str, Any]


class Asking:
    """Each question raises InputError for a name that there is not. clock: Unix seconds, for whoever does not say at which moment."""

    def __init__(self, state: State, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._lock = threading.RLock()

    # -- what acts would do: as with `--dry-run`

    def plan_power(self, name: str, act: str, at: float | None = None) -> Document:
        """`microdc power ACT NAME --dry-run`."""
        with self._lock:
            return act_servers.plan_power(self._state, name, act, self._now(at))

    def plan_boot(self, name: str, target: str, at: float | None = None) -> Document:
        """`microdc boot NAME --once TARGET --dry-run`; `none` is `--clear`."""
        with self._lock:
            return act_servers.plan_boot(self._state, name, target, self._now(at))

    def plan_lay(self, pair: str, profile: str, at: float | None = None) -> Document:
        """`microdc apply-profile PROFILE --pair A:B --dry-run`."""
        with self._lock:
            return act_wan.lay(self._state, pair, profile, self._now(at), dry=True)

    def plan_undo(self, overlay: str, at: float | None = None) -> Document:
        """`microdc wan undo OVERLAY --dry-run`."""
        with self._lock:
            return act_wan.undo(self._state, overlay, self._now(at), dry=True)

    def plan_cut(self, a: str, b: str, at: float | None = None) -> Document:
        """`microdc wan cut LINK --dry-run`."""
        with self._lock:
            return act_wan.cut(self._state, a, b, self._now(at), dry=True)

    def plan_restore(self, a: str, b: str, at: float | None = None) -> Document:
        """`microdc wan mend LINK --dry-run`."""
        with self._lock:
            return act_wan.restore(self._state, a, b, self._now(at), dry=True)

    def plan_deploy(self, name: str, at: float | None = None) -> Document:
        """`microdc deploy plan NAME`."""
        return self._tell(act_nodes.plan, name, at)

    # -- what the screens ask

    def declared(self, name: str, at: float | None = None) -> Document:
        """`microdc inventory show NAME`, of a server."""
        return self._tell(declared.show, name, at)

    def hardware(self, name: str, at: float | None = None) -> Document:
        """`microdc inventory collect NAME`."""
        return self._tell(hardware.collect, name, at)

    def sel(self, name: str, at: float | None = None) -> Document:
        """`microdc bmc sel NAME`."""
        return self._tell(eventlog.sel, name, at)

    def sensors(self, name: str, at: float | None = None) -> Document:
        """`microdc bmc sensors NAME`."""
        return self._tell(servers.sensors, name, at)

    def boot(self, name: str, at: float | None = None) -> Document:
        """`microdc boot NAME`."""
        return self._tell(servers.boot, name, at)

    def console(self, name: str, at: float | None = None) -> Document:
        """`microdc bmc console-hint NAME`."""
        return self._tell(servers.console, name, at)

    def switch(self, name: str, at: float | None = None) -> Document:
        """`microdc switch show NAME`."""
        return self._tell(switches.show, name, at)

    def ports(self, name: str, at: float | None = None) -> Document:
        """`microdc switch ports NAME`."""
        return self._tell(switches.ports, name, at)

    def neighbours(self, name: str, at: float | None = None) -> Document:
        """`microdc switch neighbours NAME`."""
        return self._tell(switches.neighbours, name, at)

    def macs(self, name: str, at: float | None = None) -> Document:
        """`microdc switch macs NAME`."""
        return self._tell(switches.macs, name, at)

    def vlans(self, name: str, at: float | None = None) -> Document:
        """`microdc switch vlans NAME`."""
        return self._tell(switches.vlans, name, at)

    def cabling(self, site: str, at: float | None = None) -> Document:
        """`microdc cabling check SITE`, which may be a switch, too."""
        return self._tell(cables.check, site, at)

    def explain(self, node: str, at: float | None = None) -> Document:
        """`microdc deploy explain NODE`."""
        return self._tell(nodes.explain, node, at)

    def nodes(self, name: str = "", at: float | None = None) -> Document:
        """`microdc deploy status NAME`, of a node or a site; of all where none is named."""
        return self._tell(nodes.status, name, at)

    def journal(self, last: int = 20, at: float | None = None) -> Document:
        """`microdc log --last N`, oldest first."""
        with self._lock:
            return store.journal(self._state, last, self._now(at))

    def entry(self, ident: int, at: float | None = None) -> Document:
        """`microdc log show ID`. Raises InputError where there is none."""
        with self._lock:
            return store.entry(self._state, ident, self._now(at))

    def leases(self, at: float | None = None) -> Document:
        """`microdc lease list`."""
        with self._lock:
            return store.leases(self._state, self._now(at))

    def wan(self, at: float | None = None) -> Document:
        """`microdc wan show`."""
        with self._lock:
            return wan.show(self._state, "", self._now(at))

    def drift(self, at: float | None = None) -> Document:
        """`microdc wan drift`."""
        return self._tell(wan.drift, "", at)

    def _tell(self, tell: Callable[[State, str, float], Document], name: str, at: float | None) -> Document:
        with self._lock:
            return tell(self._state, name, self._now(at))

    def _now(self, at: float | None) -> float:
        return self._clock() if at is None else at
