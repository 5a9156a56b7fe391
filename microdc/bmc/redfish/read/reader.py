"""Fetching resources for reading: each once, what cannot be read as a remark, a BMC that is gone as the exception that it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol, runtime_checkable

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.redfish.answers import Resource, Service
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.links import ROOT, plain
from microdc.bmc.redfish.read.remarks import Remarks

MOST_RESOURCES: Final = 5000
"""Resources that one reading fetches: the largest recorded servers have some hundred that are asked for."""
MOST_BROKEN: Final = 3
"""Resources that may be no JSON, endless or too large before it is the BMC that is broken: each costs a few attempts."""
_NOT_THERE = 404
_OF_A_RESOURCE = frozenset({Cause.BROKEN_ANSWER, Cause.TOO_LARGE})


@runtime_checkable
class Expanding(Protocol):
    """A service that can fetch a collection with its members in one answer."""

    def expand(self, path: str) -> Resource:
        """The collection; its members are the resources themselves where the BMC can do that, else links."""


class Reader:
    """One reading of a service. Raises BmcError when the BMC is gone, or sends little but broken answers; all else becomes a remark."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.remarks = Remarks()
        self._had: dict[str, Doc | None] = {}
        self._broken = 0

    def open(self, path: str) -> Doc | None:
        """A linked resource; None, with a remark, where it cannot be read."""
        return self._open(path, expected=True, expanded=False)

    def seek(self, path: str) -> Doc | None:
        """A resource that may be there: None without a remark where it is not."""
        return self._open(path, expected=False, expanded=False)

    def collection(self, path: str) -> Doc | None:
        """As `open`, with the members in it where the service can do that."""
        return self._open(path, expected=True, expanded=True)

    def doc(self, at: str, body: Mapping[str, Any]) -> Doc:
        """A resource that was fetched otherwise."""
        return Doc(at, body, self.remarks, self.open)

    def keep(self, path: str, body: Mapping[str, Any]) -> Doc:
        """A resource that came with another one, and need not be fetched again."""
        kept = self._had.get(plain(path))
        if kept is None:
            self._had[plain(path)] = kept = self.doc(path, body)
        return kept

    def _open(self, path: str, *, expected: bool, expanded: bool) -> Doc | None:
        key = plain(path) + (path[path.index("?") :] if "?" in path else "")
        if key not in self._had:
            if len(self._had) >= MOST_RESOURCES:
                self.remarks.add(ROOT, f"has more than {MOST_RESOURCES} resources; the rest is not read")
                return None
            self._had[key] = self._fetch(path, expected=expected, expanded=expanded)
        return self._had[key]

    def _fetch(self, path: str, *, expected: bool, expanded: bool) -> Doc | None:
        try:
            body = self._get(path, expanded=expanded)
        except BmcRefusedError as refusal:
            if refusal.status != _NOT_THERE:
                self.remarks.add(path, f"cannot be read: {refusal.what}")
            elif expected:
                self.remarks.add(path, "is linked but not there")
            return None
        except BmcError as problem:
            self._broken += 1
            if problem.cause not in _OF_A_RESOURCE or self._broken > MOST_BROKEN:
                raise
            self.remarks.add(path, f"cannot be read: {problem.what}")
            return None
        if not isinstance(body, Mapping):
            self.remarks.add(path, "is no resource")
            return None
        if "error" in body and "@odata.id" not in body:
            self.remarks.add(path, "is an error instead of a resource")
            return None
        return self.doc(path, body)

    def _get(self, path: str, *, expanded: bool) -> Resource:
        if expanded and isinstance(self.service, Expanding):
            try:
                return self.service.expand(path)
            except BmcRefusedError as refusal:
                if refusal.status == _NOT_THERE:
                    raise
        return self.service.get(path)
