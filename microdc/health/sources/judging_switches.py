"""What a switch told, and what happened since it told before -> what is wrong with it, figures and facts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from microdc.health.model import Reason, Severity
from microdc.survey.cabling.model import CableVerdict
from microdc.survey.cabling.names import find
from microdc.switch import health
from microdc.switch.model import Port, Rates, SwitchState
from microdc.switch.traffic import Between

_WRONG = {"wrong", "wrong vlan"}


def reasons(
    state: SwitchState,
    cabled: Mapping[int, str],
    lately: Between | None,
    cables: Sequence[CableVerdict] = (),
    asleep: Mapping[str, str] | None = None,
) -> tuple[Reason, ...]:
    """What is not as it should be.

    cabled: by ifIndex, the far end of the cable that is declared at a port. cables: what was said of the cables when they were looked at last.
    asleep: servers whose ports may well be without a link, and why.
    """
    known = asleep or {}
    ends = {port.name: _device(cabled.get(port.index)) for port in state.ports}
    excused = {
        port: f"{device} at its far end {known[device]}" for port, device in ends.items() if device in known
    }
    found = [_finding(one, excused) for one in health.judge(state, cabled, lately)]
    return (*found, *_cables(cables, state.ports))


def _device(end: str | None) -> str:
    return "" if end is None else end.partition(":")[0]


def _finding(one: health.Finding, excused: Mapping[str, str]) -> Reason:
    if one.where in excused and "the cable to" in one.what:
        return Reason("info", f"no link: {excused[one.where]}", one.where)
    severity: Severity = "info" if one.severity == "info" else "degraded"
    return Reason(severity, one.what, one.where)


def _cables(cables: Iterable[CableVerdict], ports: Sequence[Port]) -> Iterator[Reason]:
    """Cables that are not where they are declared. Links that are missing are judged as the ports are, which are read more often."""
    for one in cables:
        if one.kind in _WRONG and one.alarming:
            meant = find(one.port.port, ports)
            where = meant[0].name if len(meant) == 1 else str(one.port)
            yield Reason("degraded", f"{one.kind}: {one.reason}", where)


def figures(
    state: SwitchState,
    lately: Between | None,
    flaps: Mapping[int, int],
    cables: Sequence[CableVerdict] | None,
) -> dict[str, float]:
    """By the names of `microdc.health.figures`. flaps: by ifIndex, since the poller began. cables: None before they were looked at."""
    links = [port for port in state.ports if port.admin != "down"]
    found: dict[str, float] = {
        "ports_up": float(sum(port.oper == "up" for port in links)),
        "ports_down": float(sum(port.oper in {"down", "lower layer down"} for port in links)),
        "flaps": float(sum(flaps.values())),
    }
    rates = (
        [one.rates for one in lately.ports if one.rates is not None and not one.port.lag] if lately else []
    )
    for name, octets in (
        ("in_bits", [one.in_octets for one in rates]),
        ("out_bits", [one.out_octets for one in rates]),
    ):
        told = [value for value in octets if value is not None]
        if told:
            found[name] = 8 * sum(told)
    errors = [value for one in rates if (value := _errors(one)) is not None]
    if errors:
        found["errors"] = sum(errors)
    if cables is not None:
        found["wrong_cables"] = float(sum(one.kind in _WRONG for one in cables))
    return found


def ports_data(
    state: SwitchState, lately: Between | None, flaps: Mapping[int, int], cabled: Mapping[int, str]
) -> list[dict[str, Any]]:
    """The ports as screens show them: in and out in bit/s, errors a second; null where it cannot be told."""
    rates = {one.port.index: one.rates for one in lately.ports} if lately else {}
    return [_port(port, rates.get(port.index), flaps, cabled) for port in state.ports]


def _port(
    port: Port, rates: Rates | None, flaps: Mapping[int, int], cabled: Mapping[int, str]
) -> dict[str, Any]:
    return {
        "name": port.name,
        "oper": port.oper,
        "admin": port.admin,
        "speed": port.speed,
        "in": _bits(rates.in_octets if rates else None),
        "out": _bits(rates.out_octets if rates else None),
        "errors": _rounded(_errors(rates) if rates else None),
        "flaps": flaps.get(port.index, 0),
        "far": cabled.get(port.index),
    }


def _errors(rates: Rates) -> float | None:
    told = [one for one in (rates.in_errors, rates.out_errors) if one is not None]
    return sum(told) if told else None


def _bits(octets: float | None) -> float | None:
    return None if octets is None else round(8 * octets)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def counted(flaps: Mapping[int, int], lately: Between) -> dict[int, int]:
    """In how many intervals the link of each port changed, by ifIndex."""
    changed = (one.port.index for one in lately.ports if one.flapped)
    return {**flaps, **{index: flaps.get(index, 0) + 1 for index in changed}}


def joined(ports: SwitchState, parts: SwitchState | None) -> SwitchState:
    """A reading of ports and counters, with the components and sensors of an earlier one, which are read more rarely."""
    if parts is None:
        return ports
    return SwitchState(
        system=ports.system,
        ports=ports.ports,
        components=parts.components,
        sensors=parts.sensors,
        sample=ports.sample,
        remarks=ports.remarks,
    )
