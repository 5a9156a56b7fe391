"""A Redfish service out of a recorded tree, in memory: both layouts of the archives, refusals as they were recorded."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from microdc.bmc.errors import BmcRefusedError
from microdc.bmc.redfish.answers import Answer, Resource

ROOT = "/redfish/v1"


class RecordedTree:
    """Answers GET from a mapping of paths; everything else is refused. asked: the paths in the order in which they were asked for."""

    def __init__(self, resources: Mapping[str, Any]) -> None:
        self.resources = dict(resources)
        self.asked: list[str] = []
        self._paths = {key(path): path for path in resources}

    @classmethod
    def of(cls, archive: Path) -> Self:
        """The tree in an archive: `<path>/index.json`, or one file for each resource with `_` for `/`."""
        with tarfile.open(archive) as tar:
            names = [one for one in tar.getmembers() if one.isfile() and one.name.endswith(".json")]
            found = {path: _json(tar, one) for one in names if (path := path_of(one.name)) is not None}
        return cls({path: body for path, body in found.items() if isinstance(body, dict)})

    def get(self, path: str) -> Resource:
        return self.read(path).body

    def read(self, path: str) -> Answer:
        self.asked.append(path)
        found = self._paths.get(key(path))
        if found is None:
            raise missing(path)
        body = self.resources[found]
        if isinstance(body, dict) and "error" in body and "@odata.id" not in body:
            raise missing(path)
        return Answer(200, {}, body)

    def send(self, method: str, path: str, body: Resource | None = None, *, if_match: str = "") -> Answer:
        raise BmcRefusedError(f"a recorded tree: {method} {if_match} {body}", where=path, status=405)


def missing(path: str) -> BmcRefusedError:
    return BmcRefusedError(
        "refused with 404", where=path, status=404, codes=("Base.1.4.ResourceMissingAtURI",)
    )


def key(path: str) -> str:
    """By which a resource is found: an iLO links to /redfish/v1/systems/1/bios/ and means Systems."""
    return path.rstrip("/").lower()


def path_of(name: str) -> str | None:
    parts = name.removeprefix("./").split("/")[1:]
    if parts and parts[-1].startswith("_redfish_v1"):
        return parts[-1].removesuffix(".json").replace("_", "/")
    if parts and parts[-1] == "index.json":
        return "/".join((ROOT, *parts[:-1]))
    return None


def _json(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    file = tar.extractfile(member)
    assert file is not None
    return json.loads(file.read())
