"""Names of ports as vendors write and shorten them: Ethernet1 is Et1, GigabitEthernet0/1 is Gi0/1, and "1" is either. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from microdc.switch.model import Port

_SHORT: dict[str, str] = {
    name: short
    for short, names in {
        "et": "ethernet eth et e",
        "fa": "fastethernet fa fe",
        "gi": "gigabitethernet gigabit gige gig gi ge",
        "2g": "twogigabitethernet tw",
        "5g": "fivegigabitethernet fi",
        "te": "tengigabitethernet tengige tengig ten te xe xge xgigabitethernet 10ge",
        "25g": "twentyfivegigabitethernet twentyfivegige twe tfgigabitethernet tf wge 25ge",
        "40g": "fortygigabitethernet fortygige fo fge 40ge",
        "50g": "fiftygige fif 50ge",
        "100g": "hundredgigabitethernet hundredgige hu hge 100ge",
        "200g": "twohundredgige 200ge",
        "400g": "fourhundredgige fh 400ge",
        "ma": "management managementethernet mgmteth mgmt ma mge mgigabitethernet",
        "po": "portchannel po",
        "vl": "vlan vl",
        "lo": "loopback lo",
        "": "port",
    }.items()
    for name in names.split()
}
"""Abbreviations of Arista EOS, Cisco IOS and NX-OS, Dell, FS, HPE Comware, Huawei VRP and Junos, hyphens left out."""

_NOT_WIRED = frozenset(
    {"ma", "po", "vl", "lo", "bridgeaggregation", "ae", "lag", "trk", "bond", "null", "tunnel"}
)
_LAGS = frozenset({"po", "bridgeaggregation", "ae", "lag", "trk", "bond"})
_WIRED_KINDS = frozenset({6, 62, 69, 117})
"""ifType of IANA: ethernetCsmacd, fastEther, fastEtherFX, gigabitEthernet."""
_LAG_KIND = 161
"""ieee8023adLag."""
_PARTS = re.compile(r"((?:10|25|40|50|100|200|400)ge|[^\W\d_]+(?:-[^\W\d_]+)*)[-_.]?(?=\d)")


@dataclass(frozen=True, slots=True)
class PortName:
    """family: the kind of interface, "" where a name is only a number. rest: number, module and channel."""

    family: str
    rest: str


@lru_cache(maxsize=65536)
def parsed(text: str) -> PortName:
    """A port's name in the one way in which all its spellings meet.

    Case, spaces, leading zeros, the width of letters, and `:` against `/` make no difference.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(
        char for char in plain if not char.isspace() and unicodedata.category(char) not in {"Cc", "Cf", "Mn"}
    )
    plain = re.sub(r"(?<!\d)0+(?=\d)", "", plain.replace(":", "/"))
    match = _PARTS.match(plain)
    if match is None:
        return PortName("", plain)
    family = match[1].replace("-", "")
    return PortName(_SHORT.get(family, family), plain[match.end() :])


def is_lag(port: Port) -> bool:
    """Whether a port is an aggregation of others, which no cable ends in."""
    return port.kind == _LAG_KIND or parsed(port.name).family in _LAGS


def is_wired(port: Port) -> bool:
    """Whether a cable can end in a port."""
    if port.kind is not None and port.kind not in _WIRED_KINDS:
        return False
    return parsed(port.name).family not in _NOT_WIRED - {"ma"}


def find(text: str, ports: Sequence[Port]) -> tuple[Port, ...]:
    """The ports that a name may mean, mostly one: the closest way of writing that fits any decides.

    A bare number means the port of that number where only one has it, the management port aside.
    """
    wanted = parsed(text)
    return (
        tuple(port for port in ports if port.name == text)
        or _unlike(port for port in ports if parsed(port.name) == wanted)
        or tuple(port for port in ports if port.description and parsed(port.description) == wanted)
        or tuple(port for port in ports if _numbered(wanted, parsed(port.name)) and is_wired(port))
    )


def _unlike(ports: Iterable[Port]) -> tuple[Port, ...]:
    """Of ports that are one by name, those that a cable can end in, where there are any."""
    found = tuple(ports)
    return tuple(port for port in found if is_wired(port)) or found


def _numbered(one: PortName, other: PortName) -> bool:
    """Whether two names have one number and one of them is only that."""
    if one.rest != other.rest or (one.family and other.family):
        return False
    return (one.family or other.family) not in _NOT_WIRED


def comparable(one: str, other: str) -> bool:
    """Whether two names are of one manner, so that different ones are different ports."""
    return parsed(one).family == parsed(other).family
