"""Our netem codec in pyroute2's place: after `register()`, IPRoute.tc and its dumps speak all of netem.

IPRoute().tc("add", "netem", index, 0x10000, options=Netem(latency=20_000_000, rate=125_000_000))
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pyroute2.netlink import nla
from pyroute2.netlink.rtnl import TC_H_ROOT
from pyroute2.netlink.rtnl.tcmsg import plugins, sched_template

from microdc.netlink import netem
from microdc.netlink.model import Netem


class _Options(nla.cdata):
    """TCA_OPTIONS of a netem qdisc; its value is a Netem."""

    def setvalue(self, value: Netem | bytes) -> None:
        super().setvalue(netem.pack(value) if isinstance(value, Netem) else value)  # type: ignore[no-untyped-call]

    def decode(self) -> None:
        super().decode()  # type: ignore[no-untyped-call]
        self["value"] = netem.unpack(bytes(self["value"]))


def _parameters(keywords: dict[str, Any]) -> Netem:
    options = keywords.get("options")
    if not isinstance(options, Netem):
        raise TypeError("netem takes options=Netem(...), not single keywords")
    return options


def register() -> None:
    """Puts the codec into pyroute2's table of kinds; calling it again changes nothing."""
    kinds: dict[str, Any] = plugins
    kinds["netem"] = SimpleNamespace(
        parent=TC_H_ROOT,
        options=_Options,
        get_parameters=_parameters,
        stats=sched_template.stats,
        stats2=sched_template.stats2,
    )
