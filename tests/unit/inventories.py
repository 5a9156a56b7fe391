"""Small inventories for tests: files written from text."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

TESTBED = """
testbed: t
emulators:
  wan1: {host: local}
wan:
  default: {profile: lan}
"""


def site(name: str, number: int, more: str = "") -> str:
    """A site with its own networks, behind an interface of its own."""
    return f"""
site: {name}
uplink: {{emulator: wan1, interface: if{number}}}
networks:
  data: [10.{number}.0.0/16, "fd00:{number}::/32"]
  mgmt: [10.10{number}.0.0/24]
{dedent(more)}"""


def write(directory: Path, **changes: str) -> Path:
    """An inventory of two sites, a and b. changes: text of `testbed` or of a site; a site's "" leaves it out."""
    texts = {"testbed": TESTBED, "a": site("a", 1), "b": site("b", 2), **changes}
    (directory / "sites").mkdir()
    for name, text in texts.items():
        place = directory / "testbed.yaml" if name == "testbed" else directory / "sites" / f"{name}.yaml"
        if text:
            place.write_text(text.lstrip("\n"), "utf-8")
    return directory
