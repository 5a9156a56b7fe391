"""An inventory whose servers have BMCs that run: the lab's own Redfish service over TLS, with machines in memory."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import inventories
import pytest

from microdc.bmc.judging import Patience
from microdc.cli import bmc_servers, main
from microdc.errors import Exit
from redfishservice import ADMIN, Rig, describe, running, self_signed

QUICK = Patience(graceful=1.5, settle=5.0, fallen=0.3, observe=0.3, boot=1.0, controller=20.0, refused=0.3, poll=0.02, longest=0.1)  # fmt: skip


@dataclass
class Racks:
    """Servers a1 and a2 with BMCs that run, a3 whose BMC nobody answers for, a4 without one."""

    directory: Path
    capsys: pytest.CaptureFixture[str]
    rigs: dict[str, Rig] = field(default_factory=dict)
    told: str = ""
    """What the last command said on stderr."""

    @property
    def document(self) -> Path:
        return self.directory / "sites/a.yaml"

    def __call__(self, *arguments: str, code: Exit = Exit.OK, says: str = "") -> str:
        """A command's output, where it ends with `code` and says `says` on stderr, and no traceback."""
        found = main.call(arguments)
        captured = self.capsys.readouterr()
        self.told = captured.err
        assert found == code, captured.err + captured.out
        assert says in captured.err
        assert "Traceback" not in captured.err
        return captured.out

    def sessions(self) -> int:
        """Sessions that are open at the BMCs."""
        found = 0
        for rig in self.rigs.values():
            collection = rig.client.get("/redfish/v1/SessionService/Sessions").json
            found += int(collection["Members@odata.count"])
        return found


@pytest.fixture
def racks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Racks]:
    """Commands on such an inventory, with a store of its own."""
    certificate = self_signed(tmp_path)
    encoded = ssl.PEM_cert_to_DER_cert(certificate[0].read_text("utf-8"))
    pin = hashlib.sha256(encoded).hexdigest()
    inventory = tmp_path / "inventory"
    inventory.mkdir()
    with ExitStack() as stack:
        found = Racks(inventory, capsys)
        for name in ("a1", "a2"):
            place = describe(tmp_path / name, name=name, serial=f"S-{name}")
            found.rigs[name] = stack.enter_context(running(place, certificate=certificate))
        refusing = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = refusing.getsockname()[1]
        refusing.close()  # nobody listens there now
        lines = [
            f'      {name}: {{role: compute, bmc: {{redfish: "https://127.0.0.1:{rig.client.port}", '
            f'credentials: "file:bmc", fingerprint: "{pin}"}}}}  # {name} is here'
            for name, rig in found.rigs.items()
        ]
        text = "\n".join(
            [
                "racks:",
                "  r1:",
                "    servers:",
                *lines,
                f'      a3: {{bmc: {{redfish: "https://127.0.0.1:{port}", credentials: "file:bmc"}}}}',
                "      a4: {}",
            ]
        )
        inventories.write(inventory, a=inventories.site("a", 1) + text + "\n")
        (inventory / "sites/bmc").write_text(":".join(ADMIN), "utf-8")
        for variable, home in {"XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "run"}.items():  # fmt: skip
            (tmp_path / home).mkdir(mode=0o700)
            monkeypatch.setenv(variable, str(tmp_path / home))
        monkeypatch.setenv("MICRODC_INVENTORY", str(inventory))
        monkeypatch.setenv("MICRODC_STORE", str(tmp_path / "store.db"))
        monkeypatch.setenv("MICRODC_OWNER", "ann")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(bmc_servers, "patience_of", _quick)
        yield found


def _quick(wait: float = 0.0) -> Patience:
    del wait
    return QUICK
