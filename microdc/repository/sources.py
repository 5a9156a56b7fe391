"""Which sources packages are taken from: those of this machine's own distribution, or what a document says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from microdc.errors import InputError, UnreachableError
from microdc.repository.model import Sources
from microdc.repository.running import run

_FIELDS = ("ORIGIN", "CODENAME", "REPO_URI", "RELEASE", "COMPONENT", "TRUSTED")
_OS_RELEASE = Path("/etc/os-release")


class Target(NamedTuple):
    """An index that apt has fetched. codename: what its Release file says; release: what the source asks for."""

    origin: str
    codename: str
    uri: str
    release: str
    component: str
    trusted: str


def of_machine() -> Sources:
    """The sources of this machine's distribution and release, with the lists that apt has fetched of them.

    Sources of others that this machine has too are left out: what a node gets is not to hang on where its image was built. Raises
    UnreachableError where there are none, or their lists were not fetched.
    """
    release = os_release(_OS_RELEASE.read_text("utf-8")) if _OS_RELEASE.exists() else {}
    wanted = "|".join(f"$({field})" for field in _FIELDS)
    told = run(["apt-get", "indextargets", "--format", wanted, "Created-By: Packages"])
    targets = [Target(*line.split("|")) for line in told.splitlines() if line.count("|") == len(_FIELDS) - 1]
    lines = lines_of(targets, release.get("ID", ""), release.get("VERSION_CODENAME", ""))
    if not lines:
        name = release.get("PRETTY_NAME", "this system")
        hint = "run `apt-get update`, or give the image document `sources`"
        raise UnreachableError(f"apt has no lists of the packages of {name}", where="apt", hint=hint)
    return Sources(lines, Path("/var/lib/apt/lists"))


def of_document(lines: Iterable[str]) -> Sources:
    """Lines as in sources.list. Raises InputError for one that is none."""
    kept = tuple(line.strip() for line in lines)
    for line in kept:
        if len(line.split()) < 3 or line.split()[0] != "deb":
            raise InputError(
                f"{line!r} is no source of packages",
                hint="write it as in sources.list: deb [signed-by=FILE] URI SUITE COMPONENT",
            )
    return Sources(kept)


def lines_of(targets: Iterable[Target], distribution: str, codename: str) -> tuple[str, ...]:
    """The lines of sources.list for a distribution's release, its updates and its security. Pure."""
    components: dict[tuple[str, str], list[str]] = {}
    for target in targets:
        ours = target.origin.lower() == distribution.lower() and target.codename.split("-")[0] == codename
        if ours and target.trusted == "yes" and not target.codename.endswith(("-backports", "-proposed")):
            named = components.setdefault((target.uri, target.release), [])
            named += [] if target.component in named else [target.component]
    return tuple(f"deb {uri} {release} {' '.join(named)}" for (uri, release), named in components.items())


def os_release(text: str) -> dict[str, str]:
    """The fields of an os-release file. Pure."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name: value.strip("\"'") for name, value in pairs}
