"""What changes by itself leaves an entry in the log, once each time: power, and sensors that cross a threshold."""

from __future__ import annotations

import threading
from collections.abc import Callable

from microdc.lab.redfish.facts import Facts
from microdc.lab.redfish.resources.paths import CHASSIS, SYSTEM
from microdc.lab.redfish.resources.sensors import Sensor, sensors
from microdc.lab.redfish.sel import EventLog


class Crossings:
    """Compares what is so with what was so at the last look. started: is called when the server has been turned on since."""

    def __init__(self, log: EventLog, started: Callable[[], None]) -> None:
        self._log, self._started = log, started
        self._lock = threading.Lock()
        self._health: dict[str, str] = {}
        self._power = ""

    def note(self, facts: Facts) -> None:
        """Looks at things as they are now."""
        with self._lock:
            self._note_power(facts.power)
            for sensor in sensors(facts):
                if sensor.health != self._health.get(sensor.id, "OK"):
                    self._log.append(
                        f"{sensor.name} reads {sensor.reading} {sensor.unit}: {sensor.health}",
                        severity=sensor.health,
                        code=_code(sensor),
                        source=f"{CHASSIS}/Sensors/{sensor.id}",
                    )
                self._health[sensor.id] = sensor.health

    def _note_power(self, power: str) -> None:
        """Whoever turned it: a client, the IPMI side, or the operating system. What it was before the first look is not told."""
        if power not in {"On", "Off"} or power == self._power:
            return
        if self._power:
            what = f"The server is {power.lower()}"
            self._log.append(what, code="ResourceEvent.1.3.ResourcePowerStateChanged", source=SYSTEM)
        if power == "On":
            self._started()
        self._power = power


def _code(sensor: Sensor) -> str:
    """The message of the SensorEvent registry."""
    if sensor.health == "OK":
        return "SensorEvent.1.0.SensorReadingNormalRange"
    low = sensor.reading is not None and any(sensor.reading <= one for one in sensor.lower)
    side, grade = ("Below", "Lower") if low else ("Above", "Upper")
    return f"SensorEvent.1.0.Reading{side}{grade}{'Critical' if sensor.health == 'Critical' else 'Caution'}Threshold"
