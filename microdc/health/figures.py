"""The vocabulary of figures: what each name means, in which unit, of what it is told, and what it is called in Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from microdc.health.model import Kind

Over = Literal["sum", "most", "least", ""]


@dataclass(frozen=True, slots=True)
class Figure:
    """unit: for people, "" for counts, states and shares. kinds: the devices that have it. over: how those of a site's devices make one figure

    of the site, "" where they make none. metric: its name in Prometheus, which wants base units: there its value is the figure's times `scale`
    (octets for bits); counter: it only grows, until the poller begins anew.
    """

    unit: str
    help: str
    kinds: frozenset[Kind]
    metric: str
    over: Over = ""
    scale: float = 1.0
    counter: bool = False


_SERVER: Final = frozenset({Kind.SERVER})
_SWITCH: Final = frozenset({Kind.SWITCH})
_SHAPER: Final = frozenset({Kind.SHAPER})
_PAIR: Final = frozenset({Kind.PAIR})
_NODE: Final = frozenset({Kind.NODE})
_OCTETS: Final = 1 / 8

FIGURES: Final[Mapping[str, Figure]] = {
    "power_state": Figure(
        "", "1 where it is on, 0 where it is off", _SERVER, "microdc_server_power_state", "sum"
    ),
    "draw_watts": Figure("W", "what it draws", _SERVER, "microdc_server_draw_watts", "sum"),
    "inlet_celsius": Figure(
        "°C", "the air that it takes in", _SERVER, "microdc_server_inlet_celsius", "most"
    ),
    "hottest_celsius": Figure("°C", "its hottest sensor", _SERVER, "microdc_server_hottest_celsius", "most"),
    "fan_rpm_least": Figure("rpm", "its slowest fan", _SERVER, "microdc_server_slowest_fan_rpm", "least"),
    "fans_failed": Figure("", "fans that failed", _SERVER, "microdc_server_failed_fans", "sum"),
    "sensors_critical": Figure("", "critical sensors", _SERVER, "microdc_server_critical_sensors", "sum"),
    "ports_up": Figure("", "ports with a link", _SWITCH, "microdc_switch_ports_up", "sum"),
    "ports_down": Figure(
        "", "ports without the link that they should have", _SWITCH, "microdc_switch_ports_down", "sum"
    ),
    "in_bits": Figure(
        "bit/s",
        "what all its ports took in",
        _SWITCH,
        "microdc_switch_receive_bytes_per_second",
        "sum",
        _OCTETS,
    ),
    "out_bits": Figure(
        "bit/s",
        "what all its ports gave out",
        _SWITCH,
        "microdc_switch_transmit_bytes_per_second",
        "sum",
        _OCTETS,
    ),
    "errors": Figure("/s", "errors of all its ports", _SWITCH, "microdc_switch_errors_per_second", "sum"),
    "flaps": Figure(
        "",
        "changes of its links since the poller began",
        _SWITCH,
        "microdc_switch_flaps_total",
        "sum",
        counter=True,
    ),
    "wrong_cables": Figure(
        "", "cables that are not as declared", _SWITCH, "microdc_switch_wrong_cables", "sum"
    ),
    "overlays": Figure("", "changes laid over the inventory's WAN", _SHAPER, "microdc_shaper_overlays"),
    "drifted": Figure("", "differences to what was laid", _SHAPER, "microdc_shaper_drifted"),
    "agent_up": Figure("", "1 where its agent answers, else 0", _SHAPER, "microdc_shaper_agent_up"),
    "rtt_asked": Figure("s", "round trip as asked for", _PAIR, "microdc_pair_asked_rtt_seconds"),
    "rtt_measured": Figure("s", "round trip as measured", _PAIR, "microdc_pair_measured_rtt_seconds"),
    "rate_asked_ab": Figure(
        "bit/s",
        "rate asked for, from the first site to the second",
        _PAIR,
        "microdc_pair_asked_ab_bytes_per_second",
        scale=_OCTETS,
    ),
    "rate_asked_ba": Figure(
        "bit/s",
        "rate asked for, from the second site to the first",
        _PAIR,
        "microdc_pair_asked_ba_bytes_per_second",
        scale=_OCTETS,
    ),
    "rate_ab": Figure(
        "bit/s",
        "what went through, from the first site to the second",
        _PAIR,
        "microdc_pair_through_ab_bytes_per_second",
        scale=_OCTETS,
    ),
    "rate_ba": Figure(
        "bit/s",
        "what went through, from the second site to the first",
        _PAIR,
        "microdc_pair_through_ba_bytes_per_second",
        scale=_OCTETS,
    ),
    "loss_asked_ab": Figure(
        "", "share of packets that is to be lost, first to second", _PAIR, "microdc_pair_asked_loss_ab_ratio"
    ),
    "loss_asked_ba": Figure(
        "", "share of packets that is to be lost, second to first", _PAIR, "microdc_pair_asked_loss_ba_ratio"
    ),
    "loss_ab": Figure(
        "", "share lost in the last interval, first to second", _PAIR, "microdc_pair_loss_ab_ratio"
    ),
    "loss_ba": Figure(
        "", "share lost in the last interval, second to first", _PAIR, "microdc_pair_loss_ba_ratio"
    ),
    "way": Figure("", "1 where there is a way, 0 where all ways are cut", _PAIR, "microdc_pair_way"),
    "progress": Figure("", "how much of its move is done, 0..1", _NODE, "microdc_node_progress_ratio"),
    "phase_seconds": Figure("s", "how long it has been in its phase", _NODE, "microdc_node_phase_seconds"),
    "attempt": Figure("", "which attempt of its move this is", _NODE, "microdc_node_attempt"),
}
"""By the names that probes, samples, rings and screens use."""

SITE_FIGURES: Final[Mapping[str, Figure]] = {
    "wan_out": Figure(
        "bit/s",
        "what left the site over the WAN",
        frozenset(),
        "microdc_site_wan_transmit_bytes_per_second",
        scale=_OCTETS,
    ),
    "wan_in": Figure(
        "bit/s",
        "what came to the site over the WAN",
        frozenset(),
        "microdc_site_wan_receive_bytes_per_second",
        scale=_OCTETS,
    ),
}
"""What only a site has, beside the figures of its devices put together."""
