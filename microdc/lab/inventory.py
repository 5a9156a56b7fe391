"""The lab's inventory: a copy of the one that was asked for, with only the places where things run written anew."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from microdc.errors import InputError
from microdc.lab import names
from microdc.lab.model import LabRecord
from microdc.lab.plan import LabPlan, SitePlan
from microdc.testbed.load import load
from microdc.testbed.model import Testbed

_EMULATOR_KEYS = ("host", "identity", "known_hosts", "via")
_SITE_KEYS = ("probe", "probe_ip")


def directory_of(lab: str) -> Path:
    """Where the lab's inventory is, there or not."""
    return names.lab_dir(lab) / "inventory"


def testbed_name(lab: str) -> str:
    """What the lab's testbed is called: not like the one it was made from, whose leases and journal are not the lab's."""
    return f"lab-{lab}"


def check_source(lab: str, source: Path) -> None:
    """Raises InputError for an inventory that goes away when the lab is built anew."""
    if source.resolve().is_relative_to(names.lab_dir(lab).resolve()):
        hint = "name the inventory that it was made from, with --from DIR"
        raise InputError(f"this inventory is the lab {lab}'s own", where=str(source), hint=hint)


def write(plan: LabPlan, source: Path, emulators: Mapping[str, Mapping[str, str]]) -> Testbed:
    """Copies the inventory `source` into the lab and says there where emulators and probes are.

    emulators: name -> its `host` and, where it has them, `identity`, `known_hosts` and `via`. Returns the testbed that
    was written. Raises InputError where the copy cannot be read back.
    """
    target = directory_of(plan.lab)
    try:
        shutil.copytree(source, target)
    except OSError as error:
        raise InputError(f"the inventory cannot be copied: {error}", where=str(source)) from None
    testbed = load(target)
    own = {"testbed": testbed_name(plan.lab)}
    _rewrite(testbed.where("testbed").file, (), ("testbed",), own)
    for name, keys in emulators.items():
        document = testbed.where("emulators", name).file
        _rewrite(document, ("emulators", name), _EMULATOR_KEYS, keys)
    for site in plan.sites:
        _rewrite(testbed.where("sites", site.name).file, (), _SITE_KEYS, _probe(site))
    return load(target)


def record(made: LabRecord) -> None:
    """Notes that the lab stands, and how it was made."""
    writer = YAML(typ="safe", pure=True)
    values = {"lab": made.lab, "emulator": made.kind, "hosts": made.hosts, "source": str(made.source)}
    part = _record_file(made.lab).with_suffix(".part")
    writer.dump(values, part)
    part.rename(_record_file(made.lab))


def recorded(lab: str) -> LabRecord | None:
    """How the lab was made; None where it never stood whole, or the note of it is damaged."""
    try:
        values = YAML(typ="safe", pure=True).load(_record_file(lab))
        return LabRecord(values["lab"], values["emulator"], values["hosts"], Path(values["source"]))
    except (OSError, YAMLError, LookupError, TypeError):
        return None


def _record_file(lab: str) -> Path:
    return names.lab_dir(lab) / "lab.yaml"


def _probe(site: SitePlan) -> dict[str, str]:
    first = site.hosts[0]
    return (
        {"probe": f"netns:{first.namespace}", "probe_ip": str(first.addresses[0])} if first.addresses else {}
    )


def _rewrite(document: Path, path: tuple[str, ...], keys: tuple[str, ...], values: Mapping[str, str]) -> None:
    """Sets those of `keys` at `path` that have a value and removes the others; the rest of the document stays."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    content = yaml.load(document)
    mapping: Any = content
    for key in path:
        mapping = mapping[key]
    for key in keys:
        if key in values:
            mapping[key] = values[key]
        else:
            mapping.pop(key, None)
    yaml.dump(content, document)
