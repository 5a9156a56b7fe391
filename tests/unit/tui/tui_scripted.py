"""A world that a test writes: its fleet, its samples, and the answers to the questions that it expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any

from microdc.health.model import Device, Fleet, Kind, Place, Sample
from microdc_tui.world.ports import Answer, Put, Say

MOMENT = 1_780_000_000.0


class Scripted:
    """answers: by the words of the command line joined by blanks; what is not there is refused as an unknown command is."""

    title = "scripted"
    readonly = ""
    trouble = ""
    farewell = "it goes on"
    shared: tuple[str, ...] = ()

    def __init__(
        self, fleet: Fleet, samples: Sequence[Sample] = (), answers: Mapping[str, Any] | None = None
    ) -> None:
        self.moment = MOMENT
        self.asked: list[str] = []
        self.hanging = Event()
        self.answers: dict[str, Any] = dict(answers or {})
        self._fleet, self._samples = fleet, list(samples)
        self.put: Put = lambda _: None

    def now(self) -> float:
        return self.moment

    def start(self, put: Put, say: Say) -> None:
        del say
        self.put = put
        put([self._fleet])
        put(self._samples)

    def hold(self, held: bool) -> None:  # noqa: FBT001  the signature of worlds
        del held

    def ask(self, argv: Sequence[str], stop: Event) -> Answer:
        words = " ".join(argv)
        self.asked.append(words)
        answer = self.answers.get(words)
        if answer is Hang:
            self.hanging.set()
            stop.wait(30)
            return Answer(code=130)
        if isinstance(answer, Answer):
            return answer
        if answer is None:
            return Answer(
                code=2, narration=(f"Error: nobody knows `microdc {words}`", "  write it otherwise")
            )
        return Answer(answer)

    def plan(self, argv: Sequence[str], stop: Event) -> Answer:
        return self.ask(argv, stop)

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        del tell, stop
        raise AssertionError(f"these screens act on nothing: {argv}")

    def end(self) -> None:
        pass

    def close(self) -> None:
        pass


class Hang:
    """An answer that does not come until nobody waits for it."""


def server(
    name: str,
    site: str = "here",
    unit: int | None = 1,
    *,
    rack: str = "r1",
    height: int = 1,
    role: str = "compute",
) -> Device:
    return Device(Kind.SERVER, name, site, rack, unit, height, role)


def switch(name: str, site: str = "here", unit: int | None = 42, *, rack: str = "r1") -> Device:
    return Device(Kind.SWITCH, name, site, rack, unit, 1, "leaf")


def fleet(*devices: Device, racks: Mapping[str, int] | None = None) -> Fleet:
    names = dict.fromkeys(device.site for device in devices)
    places = tuple(Place(name, name.title(), None, racks or {"r1": 42}) for name in names)
    return Fleet(places, devices, "scripted")


def well(device: Device, at: float = MOMENT, **more: Any) -> Sample:
    """A sample of a device that is well: on, 24 °C, 180 W."""
    if device.kind is Kind.SWITCH:
        told: dict[str, Any] = {
            "figures": {"ports_up": 2.0, "ports_down": 0.0},
            "facts": {"system": device.name, "ports": []},
        }
    else:
        figures = {
            "power_state": 1.0,
            "inlet_celsius": 24.0,
            "draw_watts": 180.0,
            "fan_rpm_least": 5400.0,
            "fans_failed": 0.0,
        }
        told = {"figures": figures, "facts": {"power": "on", "driver": "redfish", "health": "ok"}}
    return Sample(device.key, at, 0.1, 10.0, **(told | more))
