"""Which parts of a testbed a name, a path, a glob or a label means."""

from __future__ import annotations

from pathlib import Path

import pytest
from inventories import site, write

from microdc.errors import InputError
from microdc.testbed.describe import describe
from microdc.testbed.load import load
from microdc.testbed.model import Testbed
from microdc.testbed.selectors import items, select

RACK = """
labels: {{country: {country}}}
racks:
  r1:
    switches:
      {name}-sw: {{role: data}}
    servers:
      {name}-c1: {{role: compute, unit: 3, labels: {{gpu: a2}}, bmc: {{ipmi: h, credentials: env:X, verify: false}}}}
      {name}-c2: {{role: compute}}
      {name}-s1: {{role: storage}}
    pdus:
      {name}-pdu: {{}}
"""


@pytest.fixture
def testbed(tmp_path: Path) -> Testbed:
    return load(
        write(
            tmp_path,
            a=site("a", 1, RACK.format(name="aa", country="es")),
            b=site("b", 2, RACK.format(name="bb", country="fr")),
        )
    )


@pytest.mark.parametrize(
    ("patterns", "labels", "names"),
    [
        (["a"], [], "a"),
        (["aa-c1"], [], "aa-c1"),
        (["a/r1/aa-c1"], [], "aa-c1"),
        (["a/*"], [], "r1 aa-sw aa-c1 aa-c2 aa-s1 aa-pdu"),
        (["a/r1/"], [], "r1"),
        (["*-c?"], [], "aa-c1 aa-c2 bb-c1 bb-c2"),
        (["bb-*", "wan1"], [], "wan1 bb-sw bb-c1 bb-c2 bb-s1 bb-pdu"),
        ([], ["role=storage"], "aa-s1 bb-s1"),
        ([], ["site=a,role=compute"], "aa-c1 aa-c2"),
        ([], ["site=a", "kind=server", "role!=compute"], "aa-s1"),
        ([], ["country=es,kind=server,gpu!=a2"], "aa-c2 aa-s1"),
        ([], ["rack=r1,kind=switch"], "aa-sw bb-sw"),
        (["a/*"], ["site=b"], ""),
        ([], [], "wan1 a r1 aa-sw aa-c1 aa-c2 aa-s1 aa-pdu b r1 bb-sw bb-c1 bb-c2 bb-s1 bb-pdu"),
    ],
)
def test_selection(testbed: Testbed, patterns: list[str], labels: list[str], names: str) -> None:
    assert [item.name for item in select(testbed, patterns, labels)] == names.split()


@pytest.mark.parametrize(
    ("patterns", "labels", "words"),
    [
        (["aa-c3"], [], "nothing in the testbed is called 'aa-c3' (did you mean aa-"),
        (["x*"], [], "nothing in the testbed is called 'x*'"),
        ([], ["roel=compute"], "label 'roel' (did you mean role"),
        ([], ["role=computer"], "role=computer (did you mean compute"),
        ([], ["role"], "'role' is not a selector"),
        ([], ["role=compute,"], "'' is not a selector"),
    ],
)
def test_a_selection_of_nothing_is_an_error(
    testbed: Testbed, patterns: list[str], labels: list[str], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        select(testbed, patterns, labels)
    assert words in str(caught.value)


def test_everything_can_be_described(testbed: Testbed) -> None:
    described = {item.path: describe(testbed, item) for item in items(testbed)}
    server = described["a/r1/aa-c1"]
    assert server["bmc"] == {"ipmi": "h", "credentials": "env:X", "verify": "no"}
    assert (server["role"], server["unit"], server["labels"]) == ("compute", 3, {"gpu": "a2"})
    assert server["described"].endswith("sites/a.yaml:13")
    assert described["wan1"]["interfaces"] == {"if1": "a", "if2": "b"}
    assert described["b"]["wan"] == {"a": "profile lan"}
    assert all(None not in values.values() for values in described.values())
