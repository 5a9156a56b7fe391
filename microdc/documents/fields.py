"""The field types that documents share: what text they take, what value comes of it, how an editor sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, WithJsonSchema

from microdc.documents.secrets import check_no_password, parse_reference
from microdc.units import (
    Delay,
    Percent,
    Rate,
    Size,
    parse_delay,
    parse_memory,
    parse_percent,
    parse_rate,
    parse_size,
)

T = TypeVar("T")


class Record(BaseModel):
    """A mapping in a document: exactly the keys that it names, values that never change."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
        model_title_generator=lambda model: (
            model.__name__.removesuffix("Record").removesuffix("Document").lower()
        ),
        field_title_generator=lambda name, _: name,
    )


def kind_of(value: object) -> str:
    """What a value is, in the words of a document's author."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a mapping",
    }
    return "empty" if value is None else names.get(type(value), type(value).__name__)


def _from_text(parse: Callable[[str], T], *examples: str, pattern: str = "", **schema: Any) -> Any:
    """A field that `parse` makes of text. Numbers are given to it too, so that it says what they lack."""

    def validate(value: object) -> T:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(f"must be text, not {kind_of(value)}")  # noqa: TRY004 - pydantic collects ValueError only
        return parse(str(value))

    if pattern:
        schema["pattern"] = f"^({pattern})$"
    if examples:
        schema["examples"] = list(examples)
    return PlainValidator(validate), WithJsonSchema({"type": "string", **schema})


def _matches(pattern: str, what: str) -> Callable[[str], str]:
    """A parser that takes text of one form and leaves it as it is."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise ValueError(f"{text!r} is not {what}")
        return text

    return parse


def _whole_numbers_too(value: object) -> object:
    """`port: 1` is text although YAML sees a number; `1.10` is not, since it would become 1.1."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_NUMBER = r"[0-9][0-9_]*(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_DELAY = rf"{_NUMBER} ?(ns|us|µs|ms|s|min|m|h)|0"
_SIZE = rf"{_NUMBER} ?([kKmMgG]?[bB]|[kKmMgG][iI][bB])"
PERCENT_PATTERN = rf"{_NUMBER} ?%|0"
_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_HOST_NAME = r"([A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9a-fA-F:]+(%[A-Za-z0-9_.-]+)?\])"
_HOST = (
    r"local|netns:[A-Za-z0-9_][A-Za-z0-9_.-]*"
    rf"|ssh://([A-Za-z0-9_][A-Za-z0-9_.-]*@)?{_HOST_NAME}(:[0-9]{{1,5}})?"
)


@dataclass(frozen=True, slots=True)
class Buffer:
    """What may queue before a rate: a time (ns of that rate) or a size (bytes); the other is None."""

    time: Delay | None = None
    size: Size | None = None


def parse_buffer(text: str) -> Buffer:
    """Text such as `40ms` or `64kB`. Raises ValueError."""
    if re.fullmatch(_SIZE, text.strip()):
        return Buffer(size=parse_size(text))
    try:
        return Buffer(time=parse_delay(text))
    except ValueError as error:
        if "no unit" not in str(error):
            raise
        raise ValueError(f"{text!r} is neither a time nor a size: write such as 40ms or 64kB") from None


def parse_bytes(text: str) -> int:
    """Text such as `18B` or `-14B` to bytes, which may be less than none. Raises ValueError."""
    value = parse_size(text.strip().removeprefix("-"))
    if value >= 2**31:
        raise ValueError(f"{text!r} is 2 GiB or more, which is not the size of a header")
    return -value if text.strip().startswith("-") else value


def _parse_name(text: str) -> str:
    if len(text) > 63 or re.fullmatch(_NAME, text) is None:
        raise ValueError(f"{text!r} is not a name: at most 63 of a-z, 0-9 and -, and no - at either end")
    return text


_WAY_END = rf"({_NAME}/)?{_NAME}"


def _parse_profile(text: str) -> str:
    if "/" not in text:
        return _parse_name(text)
    if re.fullmatch(rf"{_NAME}/{_WAY_END}:{_WAY_END}", text) is None:
        raise ValueError(
            f"{text!r} is not a profile: write its name, or TOPOLOGY/POP:POP for the way between two PoPs"
        )
    return text


RESERVED_LABELS = frozenset({"kind", "name", "site", "rack", "role"})
"""Labels that everything has by itself."""


def _parse_label(text: str) -> str:
    if text in RESERVED_LABELS:
        raise ValueError(f"{text!r} is a label that everything has by itself: choose another word")
    return _parse_name(text)


def _parse_interface(text: str) -> str:
    # The kernel's rule (dev_valid_name): shorter than IFNAMSIZ, neither `.` nor `..`, no slash, colon or space.
    if len(text) > 15:
        raise ValueError(f"{text!r} has {len(text)} characters: the kernel allows 15 in an interface name")
    if text in {"", ".", ".."} or re.search(r"[/:\s]", text):
        raise ValueError(f"{text!r} is not an interface name: no slash, colon or space")
    return text


def _parse_mac(text: str) -> str:
    low = text.lower().replace("-", ":")
    if re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", low) is None:
        raise ValueError(f"{text!r} is not a MAC address: write such as 52:54:00:20:00:11")
    if int(low[:2], 16) & 1 or low == "00:00:00:00:00:00":
        raise ValueError(f"{text!r} is not the address of one network card: it is a group address or zero")
    return low


def _parse_certificate(text: str) -> str:
    low = text.lower().removeprefix("sha256:").replace(":", "")
    if re.fullmatch(r"[0-9a-f]{64}", low) is None:
        raise ValueError(
            f"{text!r} is not the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, as "
            "`openssl x509 -fingerprint -sha256` shows"
        )
    return low


def _parse_network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f"{text!r} is not an IP network: write such as 10.20.0.0/16 or fd00:20::/32"
        ) from None
    if "/" not in text:
        raise ValueError(
            f"{text!r} has no prefix length: write {text}/{network.max_prefixlen} for one address"
        )
    if str(network.network_address) != str(ip_address(text.split("/", maxsplit=1)[0])):
        raise ValueError(f"{text!r} has bits after its prefix: write {network}")
    return network


def _parse_ip(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address") from None


def _parse_ipv4(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an IPv4 address") from None


def _parse_node_address(text: str) -> IPv4Interface:
    try:
        return IPv4Interface(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an IPv4 address: write such as 10.20.1.11") from None


def _parse_host(text: str) -> str:
    if text.startswith("ssh://"):
        check_no_password(text)
    if re.fullmatch(_HOST, text) is None:
        raise ValueError(f"{text!r} is not a host: write local, netns:NAME or ssh://[user@]host[:port]")
    if text.startswith("ssh://") and (port := re.search(r":(\d+)$", text)) and not 0 < int(port[1]) < 65536:
        raise ValueError(f"{text!r} has no valid port: 1 to 65535")
    return text


def _parse_url(text: str) -> str:
    check_no_password(text)
    if re.fullmatch(r"https?://[^\s/@]+(/[^\s@]*)?", text) is None:
        raise ValueError("is not a URL, or holds a user: write such as https://10.120.0.11")
    return text


def _parse_secret(text: str) -> str:
    return str(parse_reference(text))


def _parse_sentence(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text.strip()


Text = Annotated[str, BeforeValidator(_whole_numbers_too)]
Sentence = Annotated[str, *_from_text(_parse_sentence, minLength=1)]
Name = Annotated[str, *_from_text(_parse_name, pattern=_NAME, maxLength=63)]
LabelName = Annotated[str, *_from_text(_parse_label, pattern=_NAME, maxLength=63)]
ProfileName = Annotated[
    str,
    *_from_text(
        _parse_profile, "gpon", "nren-europe/paris:madrid", pattern=rf"{_NAME}(/{_WAY_END}:{_WAY_END})?"
    ),
]
"""A profile: one of the library, or the way between two PoPs of a topology."""
InterfaceName = Annotated[str, *_from_text(_parse_interface, "eth0", pattern=r"[^/:\s]{1,15}")]
Port = Annotated[
    str, *_from_text(_matches(r"[^\s:]+(/[^\s:]+)*", "a port: no spaces, no colon"), "1", "ge-0/0/1")
]
DevicePort = Annotated[
    str,
    *_from_text(
        _matches(rf"{_NAME}:\S+", "the end of a cable: write DEVICE:PORT, such as bcn-c1:eno1"), "bcn-c1:eno1",
        pattern=rf"{_NAME}:\S+",
    ),
]  # fmt: skip
CertificateFingerprint = Annotated[
    str,
    *_from_text(_parse_certificate, "AB:CD:...", pattern="([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}"),
]
"""SHA-256 of a certificate, 64 hexadecimal digits in lower case once read."""
DelayField = Annotated[Delay, *_from_text(parse_delay, "10ms", "0.75ms", "250us", pattern=_DELAY)]
RateField = Annotated[
    Rate, *_from_text(parse_rate, "100mbit", "1gbit", pattern=rf"{_NUMBER} ?([kKmMgGtT]?i?[bB]it(/s)?)")
]
PercentField = Annotated[Percent, *_from_text(parse_percent, "0.1%", "1%", pattern=PERCENT_PATTERN)]
BufferField = Annotated[Buffer, *_from_text(parse_buffer, "40ms", "64kB", pattern=rf"{_DELAY}|{_SIZE}")]
SizeField = Annotated[Size, *_from_text(parse_size, "64kB", "1500B", pattern=_SIZE)]
MemoryField = Annotated[Size, *_from_text(parse_memory, "64GiB", "512MiB", pattern=rf"{_NUMBER} ?[MGT]iB")]
BytesField = Annotated[int, *_from_text(parse_bytes, "18B", "-14B", pattern=rf"-?{_SIZE}")]
Mac = Annotated[
    str, *_from_text(_parse_mac, "52:54:00:20:00:11", pattern="[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
]
Network = Annotated[
    IPv4Network | IPv6Network,
    *_from_text(_parse_network, "10.20.0.0/16", "fd00:20::/32", pattern=r"[0-9a-fA-F.:]+/[0-9]{1,3}"),
]
IpAddress = Annotated[IPv4Address | IPv6Address, *_from_text(_parse_ip, "10.20.0.11", "fd00:20::11")]
Ipv4Address = Annotated[IPv4Address, *_from_text(_parse_ipv4, "10.20.0.1")]
NodeAddress = Annotated[IPv4Interface, *_from_text(_parse_node_address, "10.20.1.11", "10.20.1.11/16")]
"""Without a prefix length: /32, which stands for that of the network that the address is in."""
HostAddress = Annotated[
    str, *_from_text(_parse_host, "local", "netns:bcn-h1", "ssh://root@wan1.example.net", pattern=_HOST)
]
Url = Annotated[str, *_from_text(_parse_url, "https://10.120.0.11", pattern=r"https?://[^\s/@]+(/[^\s@]*)?")]
Secret = Annotated[
    str,
    *_from_text(_parse_secret, "env:BCN_BMC", "file:secrets/bcn", pattern=r"(env|file|keyring):\S.*"),
]
