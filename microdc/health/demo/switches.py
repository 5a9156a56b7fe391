"""What the demo's switches tell. Pure."""

from __future__ import annotations

from math import sin, tau
from typing import Any, NamedTuple

from microdc.health.demo.building import SwitchBox
from microdc.health.model import Reason

Told = tuple[tuple[Reason, ...], dict[str, float], dict[str, Any]]

_UPTIME = 4_000_000.0
_PERIOD = 8.0
"""Seconds from one flap of a port to the next."""


class Mood(NamedTuple):
    """What is done to a switch now. flapping: for how long a port of it has come and gone, None for not. wrong: two of its cables changed places.

    off: numbers of the ports whose servers are off.
    """

    flapping: float | None = None
    wrong: bool = False
    off: frozenset[int] = frozenset()


USUAL = Mood()


def observe(box: SwitchBox, t: float, mood: Mood = USUAL) -> Told:
    """A switch `t` seconds after the beginning."""
    ports = port_rows(box, t, mood)
    reasons: list[Reason] = []
    flaps = 0.0
    if mood.flapping is not None:
        flaps = float(2 * int(1 + mood.flapping / _PERIOD))
        port = ports[flapping_port(box) - 1]
        ago = "is down" if port["oper"] == "down" else "is up again"
        reasons.append(
            Reason(
                "degraded",
                f"the link of {port['far']} came and went {flaps / 2:.0f} times, and {ago}",
                port["name"],
            )
        )
    if mood.wrong:
        for mine, other in _swapped(box):
            there, declared = box.wired[other].name, box.wired[mine].name
            reasons.append(
                Reason("degraded", f"{there} is heard where {declared} is declared", box.ports[mine - 1])
            )
    figures = {
        "ports_up": float(sum([port["oper"] == "up" for port in ports])),
        "ports_down": float(sum([port["oper"] == "down" and port["far"] is not None for port in ports])),
        "in_bits": float(sum([port["in"] for port in ports])),
        "out_bits": float(sum([port["out"] for port in ports])),
        "errors": float(sum([port["errors"] for port in ports])),
        "flaps": flaps,
        "wrong_cables": 2.0 if mood.wrong else 0.0,
    }
    return (
        tuple(reasons),
        figures,
        {"system": box.device.name, "uptime": round(_UPTIME + t, 1), "ports": ports},
    )


def port_rows(box: SwitchBox, t: float, mood: Mood) -> list[dict[str, Any]]:
    """Its ports as the facts have them."""
    rows = []
    flapping = flapping_port(box) if mood.flapping is not None else 0
    uplinks = dict(box.uplinks)
    most = box.speed * (0.0008 if box.management else 0.09)
    total = 0.0
    for number, name in enumerate(box.ports, 1):
        machine = box.wired.get(number)
        far = uplinks.get(name)
        rate, up, flaps = 0.0, far is not None, 0
        if machine is not None:
            far = f"{machine.name}:{'bmc' if box.management else 'eno1'}"
            up = box.management or number not in mood.off
            if number == flapping and mood.flapping is not None:
                up, flaps = mood.flapping % _PERIOD > 3, 2 * int(1 + mood.flapping / _PERIOD)
            if up:
                rate = most * (
                    1.05
                    + sin(tau * (t / 61.0 + machine.phases[0])) * 0.6
                    + 0.4 * sin(tau * (t / 7.0 + machine.phases[1]))
                )
                total += rate
        rows.append(
            {
                "name": name,
                "oper": "up" if up else "down",
                "admin": "up",
                "speed": box.speed * (10 if machine is None and not box.management else 1),
                "in": round(rate),
                "out": round(rate * 0.7),
                "errors": 3.0 if flaps and up else 0.0,
                "flaps": flaps,
                "far": far,
            }
        )
    if rows and uplinks:
        main = rows[box.ports.index(box.uplinks[0][0])]
        main["in"], main["out"] = round(total * 0.8), round(total)
    return rows


def flapping_port(box: SwitchBox) -> int:
    """Which port comes and goes, when one does: of the middle of its servers; 1 where it has none."""
    numbers = sorted(box.wired)
    return numbers[len(numbers) // 2] if numbers else 1


def _swapped(box: SwitchBox) -> tuple[tuple[int, int], ...]:
    """Numbers of the ports whose cables changed places, each with that where its own cable is."""
    first, second = sorted(box.wired)[1:3]
    return (first, second), (second, first)
