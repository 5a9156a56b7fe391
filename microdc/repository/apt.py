"""A root of apt's own, apart from this machine's: what it would install is asked, and fetched, and nothing is installed.

apt resolves what needs what, and checks signatures and hashes; it has no status but what it is given.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import time
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

from microdc import locations
from microdc.errors import InputError, UnreachableError
from microdc.events import Step
from microdc.repository import index
from microdc.repository.locking import locked
from microdc.repository.model import Package, Sources
from microdc.repository.running import located, reason, run

ESSENTIAL = "?essential"
"""What every system of the distribution has."""
_INST = re.compile(r"^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) .*\[(\S+)\]\)", re.MULTILINE)
_UPDATE = "run `apt-get update`: the lists are missing or old"
_POLL = 0.5  # s between two looks at how much has come


def opened(sources: Sources, installed: str = "") -> AptRoot:
    """The root for these sources and this status, in the cache: what apt works out of the lists is kept there."""
    name = hashlib.sha256("\n".join([*sources.lines, installed]).encode()).hexdigest()[:16]
    return AptRoot(pool().parent / "apt" / name, sources, installed)


def pool() -> Path:
    """Where the files of packages are kept, for images and repositories alike."""
    return locations.cache_dir() / "packages"


class AptRoot:
    """apt with sources and a status of its own, in a directory that it keeps its caches in.

    installed: the text of a dpkg status file: what is there already.
    """

    def __init__(self, directory: Path, sources: Sources, installed: str = "") -> None:
        self.directory = directory.absolute()
        self.sources = sources
        for name in ("lists/partial", "cache/archives/partial", "etc/parts"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        texts = {
            "status": installed,
            "etc/sources.list": "".join(f"{line}\n" for line in sources.lines),
            "apt.conf": _configuration(self.directory, sources),
        }
        with locked(self.directory):
            for name, text in texts.items():
                _keep(self.directory / name, text)

    def update(self) -> Generator[Step, None, None]:
        """Fetches the lists, where they are not this machine's own. Raises UnreachableError, also for a wrong signature."""
        if self.sources.lists is not None:
            return
        yield Step("fetching lists of packages", "started", ", ".join(self.sources.lines))
        with locked(self.directory):
            self._run(
                ["apt-get", "update", "-q", "--error-on=any"], hint="are the sources right, and their keys?"
            )
        yield Step("fetching lists of packages", "done")

    def resolve(self, packages: Iterable[str]) -> list[Package]:
        """All that has to be installed for these packages, without what is only recommended.

        packages: names, patterns of apt, or NAME=VERSION. Raises InputError for what apt does not know, or cannot have together.
        """
        words = list(packages)
        try:
            told = self._run(
                ["apt-get", "install", "--simulate", "--no-install-recommends", "-y", "-q", "--", *words]
            )
        except UnreachableError as error:
            raise InputError(
                error.what.replace("apt-get failed", "apt cannot resolve this"),
                where="packages",
                hint=_UPDATE,
            ) from None
        wanted = sorted(
            {f"{name.partition(':')[0]}:{arch}={version}" for name, version, arch in _INST.findall(told)}
        )
        if not wanted:
            return []
        # an index calls packages of all architectures by none
        shown = self._run(["apt-cache", "show", *(name.replace(":all=", "=") for name in wanted)])
        return index.parse(shown)

    def fetch(self, packages: Sequence[Package], files: Path) -> Generator[Step, None, None]:
        """Brings the files of packages into a directory, those that it has not; all are checked by their hash there.

        Raises UnreachableError.
        """
        (files / "partial").mkdir(parents=True, exist_ok=True)
        with locked(files):
            yield from self._bring(packages, files)

    def _bring(self, packages: Sequence[Package], files: Path) -> Generator[Step, None, None]:
        missing = [package for package in packages if not intact(files, package)]
        if missing:
            total = sum(package.size for package in missing)
            what = f"fetching {len(missing)} packages"
            yield Step(what, "started", done=0, total=total, unit="bytes")
            yield from self._download(missing, files, what, total)
            yield Step(what, "done", done=total, total=total, unit="bytes")
        wrong = [package.file for package in missing if not intact(files, package)]
        if wrong:
            raise UnreachableError(f"{wrong[0]} is not what the index says", where=str(files), hint=_UPDATE)

    def _download(
        self, missing: Sequence[Package], files: Path, what: str, total: int
    ) -> Generator[Step, None, None]:
        archives = ["-o", f"Dir::Cache::archives={files.absolute()}"]
        argv = [located("apt-get"), "download", "-q=2", *archives, *(package.exact for package in missing)]
        with subprocess.Popen(
            argv, cwd=files, env=self._environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            try:
                while process.poll() is None:
                    time.sleep(_POLL)
                    yield Step(
                        what, "progress", done=min(_come(missing, files), total), total=total, unit="bytes"
                    )
                told = process.stderr.read() if process.stderr else b""
            finally:
                process.kill()
        if process.returncode != 0:
            raise UnreachableError(
                f"cannot fetch packages: {reason(told.decode(errors='replace'))}", hint=_UPDATE
            )

    def _run(self, argv: Sequence[str], hint: str = _UPDATE) -> str:
        return run(argv, environment=self._environment(), hint=hint)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "LC_ALL": "C.UTF-8", "APT_CONFIG": str(self.directory / "apt.conf")}


def intact(files: Path, package: Package) -> bool:
    """Whether a directory has the file of a package, with the right contents."""
    file = files / package.file
    try:
        if file.stat().st_size != package.size:
            return False
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == package.sha256
    except OSError:
        return False


def _keep(file: Path, text: str) -> None:
    """Has a file say this; one that does already is left, since another's apt may be reading it. It is for its owner only: a proxy has a password."""
    if file.exists() and file.read_text("utf-8") == text:
        return
    part = file.with_name(f".{file.name}")
    part.touch(0o600)
    part.write_text(text, "utf-8")
    part.replace(file)


def _come(packages: Sequence[Package], files: Path) -> int:
    places = (place / package.file for package in packages for place in (files, files / "partial"))
    return sum(place.stat().st_size for place in places if place.exists())


def _configuration(directory: Path, sources: Sources) -> str:
    """Of this machine's own settings only how things are fetched (proxies, retries) is taken."""
    kept = [
        line
        for line in run(["apt-config", "dump"]).splitlines()
        if line.startswith("Acquire::") and not line.startswith("Acquire::Languages")
    ]
    settings = {
        "Dir": f"{directory}/",
        "Dir::State": directory,
        "Dir::State::status": directory / "status",
        "Dir::State::lists": sources.lists or directory / "lists",
        "Dir::Cache": directory / "cache",
        "Dir::Etc": directory / "etc",
        "Dir::Etc::parts": directory / "etc" / "parts",
        "Dir::Etc::sourcelist": directory / "etc" / "sources.list",
        "Dir::Etc::sourceparts": directory / "etc" / "parts",
        "Dir::Etc::preferencesparts": directory / "etc" / "parts",
        "Dir::Etc::trusted": "/etc/apt/trusted.gpg",
        "Dir::Etc::trustedparts": "/etc/apt/trusted.gpg.d",
        "Acquire::Languages": "none",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",  # another user could not write into directories of this one
    }
    return "".join(
        f"{line}\n" for line in [*kept, *(f'{name} "{value}";' for name, value in settings.items())]
    )
