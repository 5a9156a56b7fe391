"""A server behind a Redfish service: the protocol of all drivers, out of reading and writing."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol, Self, runtime_checkable

from microdc.bmc.errors import UnsupportedError
from microdc.bmc.model import (
    Abilities,
    Act,
    Boot,
    Console,
    Hardware,
    Identity,
    Led,
    Log,
    LogEntry,
    Power,
    Sensors,
    Target,
)
from microdc.bmc.redfish.answers import Resource, Service
from microdc.bmc.redfish.read.abilities import NO_SYSTEM, abilities, event_stream
from microdc.bmc.redfish.read.console import console
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.events import entries
from microdc.bmc.redfish.read.hardware import hardware, opened
from microdc.bmc.redfish.read.identity import identity, named_chassis
from microdc.bmc.redfish.read.logs import log, log_services
from microdc.bmc.redfish.read.place import Place, find_system, locate
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.sensors import sensors
from microdc.bmc.redfish.read.state import boot, led
from microdc.bmc.redfish.write import boot as booting
from microdc.bmc.redfish.write import power as powering
from microdc.bmc.redfish.write.upkeep import clear_logs, restart, set_led
from microdc.host import namespaces


@runtime_checkable
class Noted(Protocol):
    """A service that has something to say beside every report."""

    @property
    def notes(self) -> tuple[str, ...]: ...


@runtime_checkable
class Streaming(Protocol):
    """A service that can listen to server-sent events."""

    def stream(self, path: str, stop: threading.Event) -> Iterator[Resource]:
        """The JSON object of each event, until `stop` is set. Raises BmcRefusedError and BmcError."""


class RedfishBmc:
    """One server behind a Redfish service, which is opened and closed with it where it can be.

    Where the server is in the tree is looked for once, and again with each whole inventory.
    """

    driver = "redfish"

    def __init__(self, target: Target, service: Service) -> None:
        self.target = target
        self._service = service
        self._system: str | None = None
        self._place: Place | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        return self._service.notes if isinstance(self._service, Noted) else ()

    def __enter__(self) -> Self:
        if isinstance(self._service, AbstractContextManager):
            self._service.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        if isinstance(self._service, AbstractContextManager):
            self._service.__exit__(None, None, None)

    # -- reading

    def abilities(self) -> Abilities:
        reader = Reader(self._service)
        streams = isinstance(self._service, Streaming)
        return abilities(reader, self._located(reader), self.target, streams=streams)

    def identity(self) -> Identity:
        """One request more where the system leaves out who it is."""
        reader = Reader(self._service)
        path = self._find(reader)
        if path is None:
            leading = self._located(reader).leading
            return identity(None, self._read(reader, leading) if leading else None)
        system = self._read(reader, path)
        return identity(system, named_chassis(reader, system))

    def hardware(self) -> Hardware:
        self._place = None
        reader = Reader(self._service)
        return hardware(reader, self._located(reader))

    def power(self) -> Power:
        """One request. Of an enclosure without a system, the state of its chassis."""
        reader = Reader(self._service)
        path = self._find(reader) or self._located(reader).leading
        if path is None:
            raise UnsupportedError(NO_SYSTEM, where=self.target.name)
        return powering.read_power(self._service, path)

    def boot(self) -> Boot:
        reader = Reader(self._service)
        found = boot(self._read(reader, self._needed()))
        if found is None:
            raise UnsupportedError("the system has no boot override", where=self.target.name)
        return found

    def sensors(self) -> Sensors:
        reader = Reader(self._service)
        return sensors(reader, self._located(reader))

    def log(self, limit: int | None = None) -> Log:
        reader = Reader(self._service)
        return log(reader, self._located(reader), limit)

    def events(self, stop: threading.Event) -> Iterator[LogEntry]:
        reader = Reader(self._service)
        uri = event_stream(reader, self._located(reader))
        if uri is None or not isinstance(self._service, Streaming):
            raise UnsupportedError(
                "the BMC sends no events over a connection of ours",
                where=self.target.name,
                hint="poll its log",
            )
        return self._listened(self._service, uri, stop)

    def led(self) -> Led:
        for part in self._lit():
            found = led(part)
            if found is not None:
                return found
        raise UnsupportedError(
            "neither the system nor its chassis has an identify LED", where=self.target.name
        )

    def console(self) -> Console:
        reader = Reader(self._service)
        place = self._located(reader)
        system = reader.open(place.system) if place.system else None
        found = console(self.target, system, opened(reader, place.managers))
        if found is None:
            raise UnsupportedError("the BMC tells of no serial console", where=self.target.name)
        if found.command and self.target.via:
            return replace(found, command=f"{shlex.join(namespaces.inside(self.target.via))} {found.command}")
        return found

    # -- writing

    def act(self, act: Act) -> None:
        powering.act(self._service, self._needed(), act)

    def set_boot(self, wanted: Boot) -> Boot:
        return booting.set_boot(self._service, self._needed(), wanted)

    def clear_log(self) -> None:
        reader = Reader(self._service)
        place = self._located(reader)
        clear_logs(self._service, list(log_services(reader, place)), place.system)

    def reset_controller(self) -> None:
        reader = Reader(self._service)
        restart(self._service, opened(reader, self._located(reader).managers))

    def set_led(self, led: Led) -> None:
        set_led(self._service, self._lit(), led)

    # -- where it is

    def _find(self, reader: Reader) -> str | None:
        """The path of the system; None where the BMC has none."""
        if self._system is None and self._place is None:
            self._system, _ = find_system(reader, self.target.system, self.target.where)
            if self._system is None:
                self._place = locate(reader, self.target.system, self.target.where)
        return self._system

    def _needed(self) -> str:
        """Looked for again where there was none: a BMC that starts may list its system late."""
        path = self._system
        if path is None:
            self._place = None
            path = self._find(Reader(self._service))
        if path is None:
            raise UnsupportedError(NO_SYSTEM, where=self.target.name)
        return path

    def _located(self, reader: Reader) -> Place:
        if self._place is None:
            self._place = locate(reader, self.target.system, self.target.where)
            self._system = self._place.system
        return self._place

    def _read(self, reader: Reader, path: str) -> Doc:
        """A resource that is needed. Raises BmcRefusedError and BmcError."""
        return reader.keep(path, self._service.get(path))

    def _lit(self) -> Iterator[Doc]:
        """What may have an LED, the system first; the chassis are looked for only when it has none."""
        reader = Reader(self._service)
        path = self._find(reader)
        if path is not None:
            yield self._read(reader, path)
        yield from opened(reader, self._located(reader).chassis)

    def _listened(self, service: Streaming, uri: str, stop: threading.Event) -> Iterator[LogEntry]:
        for event in service.stream(uri, stop):
            yield from entries(Reader(self._service), event)
