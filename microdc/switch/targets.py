"""From the inventory to the switches that are meant and their SNMP agents. Only the secrets are read from outside."""

from __future__ import annotations

from collections.abc import Sequence

from microdc.documents.check import nearest
from microdc.documents.secrets import resolve_at
from microdc.errors import InputError
from microdc.snmp import model as snmp
from microdc.testbed.model import Switch, Testbed
from microdc.testbed.selectors import items, select


def chosen(testbed: Testbed, patterns: Sequence[str] = (), labels: Sequence[str] = ()) -> tuple[Switch, ...]:
    """The switches that are meant, those of racks and sites among them; all where nothing is named.

    A pattern with `=` is a label term. Raises InputError for a name or a label that nothing has, and where no switch is meant.
    """
    terms = [*labels, *(pattern for pattern in patterns if "=" in pattern)]
    names = [pattern for pattern in patterns if "=" not in pattern]
    every = {item.path: item.part for item in items(testbed) if isinstance(item.part, Switch)}
    if not every:
        raise InputError("the inventory has no switch", hint="switches stand under `switches` of a rack")
    found = dict(every)
    if names:
        paths = [path for name in names for path in _paths(testbed, name, every)]
        found = {path: switch for path, switch in every.items() if path in paths}
    if terms:
        labelled = {item.path for item in select(testbed, (), terms)}
        found = {path: switch for path, switch in found.items() if path in labelled}
    if not found:
        raise InputError(
            f"no switch is {' and '.join([*names, *terms])}", hint="microdc inventory list -l kind=switch"
        )
    return tuple(found.values())


def _paths(testbed: Testbed, pattern: str, every: dict[str, Switch]) -> list[str]:
    """The paths of the switches that a pattern stands for."""
    named = [item.path for item in select(testbed, [pattern])]
    found = [path for path in every if any(path == one or path.startswith(f"{one}/") for one in named)]
    if not found:
        near = nearest(pattern, {switch.name for switch in every.values()})
        raise InputError(
            f"no switch is in {pattern}", hint=near or "microdc inventory list -l kind=switch shows all"
        )
    return found


def agent_of(testbed: Testbed, switch: Switch) -> snmp.Agent:
    """How a switch's SNMP agent is reached, its credentials read.

    Raises InputError, with file and line, where the document says too little or the credentials cannot be read.
    """
    path = path_of(switch)
    where = str(testbed.where(*path))
    if not switch.management:
        raise InputError(f"{switch.name} has no `management` address", where=where)
    if not switch.snmp_credentials:
        at = str(testbed.where(*path, "snmp"))
        hint = "a reference to user:authentication password:privacy password, or with `version: 2` to a community"
        raise InputError(f"{switch.name} has no `snmp.credentials`", where=at, hint=hint)
    place = testbed.where(*path, "snmp", "credentials")
    secret = resolve_at(switch.snmp_credentials, place)
    login = snmp.credentials(secret, switch.snmp_version or 3, where=str(place))
    return snmp.Agent(switch.name, switch.management, login, snmp.PORT, switch.via)


def path_of(switch: Switch) -> tuple[str, ...]:
    """The path of a switch in the documents, as `Testbed.where` takes it."""
    return ("sites", switch.site, "racks", switch.rack, "switches", switch.name)
