"""The documents that a change of the WAN follows from, as they are."""

from __future__ import annotations

from pathlib import Path

from microdc.wan.profile import directories_of


def documents(inventory: Path) -> dict[str, bytes]:
    """The documents of an inventory and the profiles that it may name, by name: `inventory/...` and `profiles/...`.

    Only documents: keys and other files that they name stay where they are. Raises OSError where one cannot be read.
    """
    shipped, _ = directories_of(inventory)
    found = {}
    for title, directory in (("inventory", inventory), ("profiles", shipped)):
        for file in sorted(directory.rglob("*.y*ml")):
            found[f"{title}/{file.relative_to(directory)}"] = file.read_bytes()
    return found
