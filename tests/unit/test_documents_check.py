"""Values that a document may not have: each is told at its line, with what to write, and all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from microdc.documents.check import check, nearest
from microdc.documents.model import DocumentError, Problem
from microdc.documents.reader import parse
from microdc.documents.schema import KINDS
from microdc.host.address import parse_address

PROFILE = "profile: x\ndescription: d\nsource: s\n"


def problems(kind: str, text: str) -> list[Problem]:
    with pytest.raises(DocumentError) as caught:
        check(parse(text.encode(), Path("a.yaml")), KINDS[kind])
    return list(caught.value.problems)


def direction(values: str) -> list[Problem]:
    return problems("profile", f"{PROFILE}both:\n  {values}\n")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("delay: 10ms", "unknown key 'delay' (delay is never bare: write `owd` (one way) or `rtt`"),
        ("latency: 10ms", "write `owd`"),
        ("bandwidth: 1gbit", "write `rate`"),
        ("jiter: 1ms", "did you mean jitter?"),
        ("correlation: 25%", "jitter_correlation"),
        ("owd: 10", "`owd`: '10' has no unit of time"),
        ("owd: 1.5", "'1.5' has no unit of time"),
        ("owd: -1ms", "negative"),
        ("owd: .nan", "'.nan' is not a duration"),
        ("owd: nan ms", "is not a duration"),
        ("owd: 1e400", "out of range"),
        ("owd: 1e400ms", "out of range"),
        ("owd: 400s", "longest delay"),
        ("owd: true", "must be text, not true or false"),
        ("owd: [1ms]", "must be text, not a list"),
        ("owd:", "`owd` is empty"),
        ("loss: 101%", "more than 100%"),
        ("loss: 0.1", "lacks the percent sign: write 0.1%"),
        ("loss: -1%", "negative"),
        ("rate: 10 gbps", "ambiguous (tc reads gbps as bytes per second): write 10gbit"),
        ("rate: 10GB", "is a size, not a rate"),
        ("rate: 0mbit", "leave `rate` out"),
        ("rate: 0", "no unit of rate"),
        ("rate: 1e400", "out of range"),
        ("rate: 500gbit", "is outside"),
        ("buffer: 10", "neither a time nor a size"),
        ("buffer: -3kB", "negative"),
        ("buffer: 5GiB", "4 GiB or more"),
    ],
)
def test_a_direction_that_cannot_be_is_told_at_its_line(values: str, words: str) -> None:
    found = direction(values)
    assert len(found) == 1
    assert str(found[0]).startswith("a.yaml:5: ")
    assert words in str(found[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("both: {owd: 1ms, rtt: 2ms}", "owd and rtt are two ways to say one thing"),
        ("up: {owd: 1ms}", "`down` is missing"),
        ("down: {owd: 1ms}", "`up` is missing"),
        ("", "`both`, or `up` and `down` is missing"),
        ("both: {}\nup: {}\ndown: {}", "exclude each other"),
        ("up: {rtt: 1ms}\ndown: {}", "unknown key 'rtt'"),
        ("base: Up\n", "'Up' is not a name"),
    ],
)
def test_a_profile_says_each_direction_once(text: str, words: str) -> None:
    assert words in str(problems("profile", PROFILE + text + "\n")[0])


def test_a_profile_says_where_its_numbers_come_from() -> None:
    found = problems("profile", "profile: x\ndescription: d\nboth: {owd: 1ms}\n")
    assert [str(problem) for problem in found if "`source` is missing" in problem.what]
    assert "is blank" in str(problems("profile", "profile: x\ndescription: d\nsource: ' '\nboth: {}\n")[0])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("titel: x", "did you mean title?"),
        ("title: [x]", "`title`: must be text, not a list"),
        ("uplink: wan1", "`uplink` must be a mapping, not text"),
        ("uplink: {emulator: wan1}", "`interface` is missing (Interface of that emulator)"),
        ("uplink: {emulator: wan1, interface: a-name-of-sixteen}", "the kernel allows 15"),
        ("uplink: {emulator: wan1, interface: 'a b'}", "not an interface name"),
        ("networks: {data: 10.0.0.0/8}", "`data` must be a list, not text"),
        (
            "networks: {data: [10.0.0.1/8]}",
            "`data[0]`: '10.0.0.1/8' has bits after its prefix: write 10.0.0.0/8",
        ),
        ("networks: {data: [10.0.0.0]}", "write 10.0.0.0/32"),
        ("networks: {data: [10.0.0/8]}", "is not an IP network"),
        ("networks: {data: ['fd00::/129']}", "is not an IP network"),
        ("networks: {Data: []}", "'Data' is not a name"),
        ("probe: bcn-h1", "write local, netns:NAME or ssh://"),
        ("probe: ssh://a b", "is not a host"),
        ("probe: ssh://h:99999", "no valid port"),
        ("probe_ip: 10.0.0", "is not an IP address"),
        ("mtu: '1500'", "`mtu` must be a whole number, not text"),
        ("mtu: 100", "greater than or equal to 576"),
        ("labels: {role: x}", "a label that everything has by itself"),
        ("labels: {gpu: 1.10}", "must be text, not a number (put it in quotes)"),
        ("racks: {r1: {heigth: 3}}", "did you mean height?"),
        ("racks: {r1: {servers: {a: {nics: {e0: {mac: '52:54:00'}}}}}}", "not a MAC address"),
        ("racks: {r1: {servers: {a: {nics: {e0: {mac: '01:00:5e:00:00:01'}}}}}}", "group address"),
        ("racks: {r1: {servers: {a: {nics: {e0: {port: 1}}}}}}", "names a port without its `switch`"),
        ("racks: {r1: {servers: {a: {bmc: {verify: false}}}}}", "write `redfish` or `ipmi`"),
        ("racks: {r1: {servers: {a: {bmc: {redfish: 10.0.0.1}}}}}", "not a URL"),
        ("racks: {r1: {switches: {s: {snmp: {version: 1}}}}}", "cannot be 1 (write 2 or 3)"),
        ("racks: {r1: {cables: [{a: x, b: 'y:1'}]}}", "write DEVICE:PORT"),
        ("probe: {identity: k}", "`host` is missing"),
        ("probe: {host: h}", "`host`: 'h' is not a host"),
        ("racks: {r1: {servers: {a: {edge: 'ssh://h'}}}}", "`edge` must be a mapping, not text"),
        ("racks: {r1: {servers: {a: {edge: {host: 'ssh://h'}}}}}", "`interface` is missing"),
        ("racks: {r1: {cables: [{a: 'x:1', b: 'y:1', kind: pwer}]}}", "cannot be 'pwer'"),
    ],
)
def test_a_site_that_cannot_be_is_told_at_its_line(line: str, words: str) -> None:
    found = problems("site", f"site: a\n{line}\n")
    assert len(found) == 1
    assert found[0].where.line == 2
    assert words in str(found[0])


@pytest.mark.parametrize("name", ["A", "a_b", "-a", "a-", "", "a" * 64, "a.b", "ä"])
def test_names_are_of_lower_case_letters_digits_and_hyphens(name: str) -> None:
    assert "is not a name" in str(problems("site", f"site: '{name}'\n")[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wan: {default: {}}", "neither `profile` nor `backbone`"),
        ("wan: {default: {profile: a, backbone: b}}", "both `profile` and `backbone`"),
        ("wan: {pairs: [{between: [a], profile: x}]}", "at least 2 items"),
        ("emulators: {wan1: {}}", "`host` is missing"),
        ("emulators: {wan1: {host: 'ssh://root:pw@h'}}", "holds a password"),
        ("emulators: {wan1: {host: 'ssh://h', jump: gate}}", "`jump`: 'gate' is not a host"),
        (
            "emulators: {wan1: {host: 'ssh://h', jump: 'ssh://root:pw@h'}}",
            "`jump`: holds a password",
        ),
        ("emulators: {wan1: {host: 'ssh://h', jump: 5}}", "`jump` must be a mapping, not a number"),
        ("emulators: {wan1: {host: 'ssh://h', jump: local}}", "has the jump host local: write ssh://"),
        (
            "emulators: {wan1: {host: 'ssh://h', jump: {host: 'ssh://g', identty: k}}}",
            "did you mean identity?",
        ),
        ("emulators: {wan1: {host: 'ssh://h', jump: {identity: k}}}", "`host` is missing"),
        ("emulators: {wan1: {host: local, jump: 'ssh://g'}}", "local is not reached over SSH"),
        ("emulators: {wan1: {host: 'netns:a', host_key: 'SHA256:%s'}}" % ("A" * 43), "not reached over SSH"),
        ("emulators: {wan1: {host: 'ssh://h', host_key: 'MD5:00:11'}}", "is no SHA-256 fingerprint"),
        (
            "emulators: {wan1: {host: 'ssh://h', known_hosts: k, host_key: 'SHA256:%s'}}" % ("A" * 43),
            "has both `known_hosts` and `host_key`",
        ),
        (
            "emulators: {wan1: {host: 'ssh://h', via: a, jump: {host: 'ssh://g', via: b}}}",
            "has a `via`, and so has its `jump`",
        ),
    ],
)
def test_a_testbed_that_cannot_be_is_told(text: str, words: str) -> None:
    assert words in str(problems("testbed", f"testbed: t\n{text}\n")[0])


def test_all_problems_are_told_at_once_in_the_order_of_lines() -> None:
    found = problems("profile", "profile: X\nsorce: s\nboth:\n  owd: 10\n  rate: 1gbps\n  loss: 200%\n")
    assert [problem.where.line for problem in found] == [1, 1, 1, 2, 4, 5, 6]


@pytest.mark.parametrize(
    "line",
    [
        "credentials: hunter2",
        "credentials: 'admin:hunter2'",
        "credentials: 'env:hunter2 and more'",
        "redfish: 'https://admin:hunter2@10.0.0.1'",
        "redfish: 'https://admin:hun/hunter2@10.0.0.1'",
        "redfish: hunter2",
        "password: hunter2",
    ],
)
def test_a_secret_in_a_document_is_refused_and_not_repeated(line: str) -> None:
    found = problems("site", f"site: a\nracks: {{r1: {{servers: {{a: {{bmc: {{ipmi: h, {line}}}}}}}}}}}\n")
    assert len(found) == 1
    assert "hunter2" not in str(found[0])
    assert "env:NAME" in str(found[0]) or "https://10.120.0.11" in str(found[0])


def test_nearest_tells_few_names_and_is_silent_about_many() -> None:
    assert nearest("bracelona", ["barcelona", "paris"]) == "did you mean barcelona?"
    assert nearest("zzz", ["barcelona", "paris"]) == "known: barcelona, paris"
    assert nearest("zzz", [f"n{number}" for number in range(50)]) == ""


@pytest.mark.parametrize(
    "address",
    [
        "local", "netns:lab-a_b.c", "ssh://h", "ssh://Admin.x@host.example.net:2222", "ssh://root@10.0.0.1",
        "ssh://[fd00::1]:22", "ssh://root@[fe80::1%eth0]",
    ],
)  # fmt: skip
def test_an_address_that_a_document_may_hold_is_one_that_a_host_understands(address: str) -> None:
    check(parse(f"site: a\nprobe: '{address}'\n".encode(), Path("a.yaml")), KINDS["site"])
    parse_address(address)
