"""The controller's side of a station: brings its program to the site's host, starts it there and talks to it."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from typing import Any, Self

from microdc.deploy.ports import Payload, StationConfig, Told
from microdc.deploy.specs import SiteSpec, site_spec
from microdc.deploy.station import answers, config, loaders, program, pushing
from microdc.errors import InputError, MicrodcError, UnreachableError
from microdc.host.address import address_of
from microdc.host.model import Completed, Host
from microdc.host.operate import connect
from microdc.host.writing import advice
from microdc.testbed.model import Testbed

ENSURE_SECONDS = 120.0
"""It may have to end another one, and asks the segment for other DHCP servers before it answers."""
_ASK_SECONDS = 60.0
_ASK_VERSION = "import sys; sys.stdout.write('microdc %d %d' % sys.version_info[:2])"
_INSTALL_PYTHON = "install Python 3.8 or newer there, such as with `apt install python3-minimal`"


class SiteStation:
    """A `Station` (ports) through its program at the site. Its methods may be called from several threads."""

    def __init__(self, spec: SiteSpec, host: Host, watchfulness: config.Watchfulness = config.ALERT) -> None:
        self._spec, self._host, self._watchfulness = spec, host, watchfulness
        self._directory = config.directory_of(spec)
        self._path = f"{self._directory}/{program.file_name()}"
        self._python = "python3" if host.address.kind == "ssh" else sys.executable
        self._address = IPv4Address(spec.deploy.address) if spec.deploy.address else None
        self._loaders: dict[str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def where(self) -> str:
        return str(self._host.address)

    def url(self) -> str:
        return config.url_of(self._spec, self._own_address())

    def ensure(self, wanted: StationConfig) -> None:
        document = config.document(
            self._spec, wanted, self._own_address(), self._bring_loaders(), self._watchfulness
        )
        self._ask("ensure", stdin=document, timeout=ENSURE_SECONDS)

    def push(self, file: Payload, tell: Callable[[int], None]) -> None:
        pushing.push(self._host, self._command(), self._ask, file, tell)

    def evidence(self, log: str, after: int) -> Told:
        return answers.told(self._answers("read", log or "-", str(after)))

    def status(self) -> dict[str, Any]:
        """What the program tells of itself; {"state": "none"} where none runs."""
        return self._ask("status")

    def stop(self) -> None:
        self._ask("stop")

    def close(self) -> None:
        self._host.close()

    def _command(self) -> list[str]:
        """The words before a verb, and the directory, which comes after it."""
        return [self._python, "-I", "-S", self._path, self._directory]

    def _ask(
        self, verb: str, *words: str, stdin: bytes = b"", timeout: float = _ASK_SECONDS
    ) -> dict[str, Any]:
        return self._answers(verb, *words, stdin=stdin, timeout=timeout)[-1]

    def _answers(
        self, verb: str, *words: str, stdin: bytes = b"", timeout: float = _ASK_SECONDS
    ) -> list[dict[str, Any]]:
        *before, directory = self._command()
        argv = [*before, verb, directory, *words]
        done = self._run(argv, stdin, timeout)
        if not done.ok and b"can't open file" in done.stderr:
            self._bring()
            done = self._run(argv, stdin, timeout)
        try:
            found = answers.values(done.stdout)
        except ValueError:
            raise self._looked_into(done) from None
        if "error" in found[-1]:
            raise answers.failure(found[-1], self.where)
        return found

    def _run(self, argv: Sequence[str], stdin: bytes = b"", timeout: float = _ASK_SECONDS) -> Completed:
        try:
            return self._host.run(argv, stdin=stdin, timeout=timeout)
        except UnreachableError as error:
            if "no program" in error.what:
                raise self._no_python(f"there is no {self._python} on that machine") from None
            raise

    def _bring(self) -> None:
        made = self._run(["env", "LC_ALL=C", "mkdir", "-p", "-m", "700", self._directory])
        if not made.ok:
            reason = made.stderr.decode(errors="replace").strip()
            hint = advice(reason) or "see `directory` under the site's `deploy`"
            raise InputError(
                f"the directory of the boot services cannot be made: {reason}", where=self.where, hint=hint
            )
        self._host.put(program.source(), self._path, mode=0o600)

    def _looked_into(self, done: Completed) -> MicrodcError:
        """What it means that the program answered nothing: that the Python there does not do, or else what it said."""
        asked = self._run([self._python, "-c", _ASK_VERSION])
        words = asked.stdout.decode(errors="replace").split()
        if not asked.ok or words[:1] != ["microdc"]:
            return self._no_python(f"the {self._python} on that machine cannot be used")
        if (int(words[1]), int(words[2])) < tuple(map(int, answers.OLDEST_PYTHON.split("."))):
            return self._no_python(
                f"the {self._python} on that machine is Python {words[1]}.{words[2]}, which is too old"
            )
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        what = f"the boot services cannot be started or asked: {' '.join(said) or f'status {done.status}'}"
        return UnreachableError(what, where=self.where, hint=advice(what))

    def _no_python(self, what: str) -> InputError:
        return InputError(f"{what}, which the boot services need", where=self.where, hint=_INSTALL_PYTHON)

    def _own_address(self) -> IPv4Address:
        """The one that is declared, or that the interface has in the network. Raises InputError."""
        if self._address is None:
            self._address = self._found_address()
        return self._address

    def _found_address(self) -> IPv4Address:
        interface, network = self._spec.deploy.interface, self._spec.network
        shown = self._host.run(["ip", "-json", "-4", "address", "show", "dev", interface])
        if not shown.ok:
            reason = shown.stderr.decode(errors="replace").strip()
            what = f"the interface {interface} of the boot services cannot be looked at there: {reason}"
            raise InputError(
                what, where=self._spec.where, hint=f"`ip link` at {self.where} shows those that are there"
            )
        parts = [part for link in json.loads(shown.stdout or b"[]") for part in link.get("addr_info", ())]
        found = [IPv4Address(part["local"]) for part in parts if IPv4Address(part["local"]) in network]
        if not found:
            what = f"{interface} has no address in {network} there"
            raise InputError(
                what, where=self._spec.where, hint="give it one, or write `address` under `deploy`"
            )
        return found[0]

    def _bring_loaders(self) -> dict[str, str]:
        """IPXE for machines whose NIC has none: brought once."""
        if self._loaders is None:
            found: dict[str, str] = {}
            for kind, path in loaders.find().items():
                data = path.read_bytes()
                found[kind] = hashlib.sha256(data).hexdigest()
                self.push(Payload(found[kind], len(data), path), lambda _: None)
            self._loaders = found
        return self._loaders


def open_station(testbed: Testbed, site: str) -> SiteStation:
    """The boot services of a site, connected to. Raises MicrodcError."""
    spec = site_spec(testbed, testbed.sites[site])
    return SiteStation(spec, connect(address_of(spec.deploy.reach)))
