"""What a virtual server boots from in tests: a namespace with a switch, DHCP and TFTP for known MACs, and a disk.

The switch is a bridge, its ports are taps that stay. dnsmasq answers no MAC that it was not told. What boots tells on
the serial console that it did, and with what.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from microdc.host import namespaces
from microdc.host.local import NamespaceHost
from microdc.lab.machine.machine import Machine

GATEWAY = "10.99.0.1"
FROM_DISK = "BOOTED FROM DISK"
GOT_NMI = "GOT NMI"
BUTTON = "POWER BUTTON"
FROM_NETWORK = "BOOTED FROM NETWORK"
NETWORK_SCRIPT = f"""#!ipxe
echo {FROM_NETWORK}
echo serial=${{serial}} uuid=${{uuid}}
echo memory=${{smbios/17.12.2}}
sleep 1
reboot
"""
"""What iPXE is given: it says who it is, and resets the machine by itself, as an installer does at its end. A line
has 80 columns there, and the firmware brings the last characters to the serial port only by and by: hence the sleep.

memory: of the first module, in MiB, as two bytes, the lower one first (SMBIOS type 17, offset 12).
"""

_numbers = count(1)


@dataclass(slots=True)
class Segment:
    """A network segment with its boot server. Machines are plugged in with `machine`."""

    namespace: str
    directory: Path
    bridge: str = "br0"
    _hosts: dict[str, str] = field(default_factory=dict)
    machines: list[Machine] = field(default_factory=list)

    @property
    def log(self) -> str:
        """What dnsmasq said: each DHCP message and each file that was sent."""
        return (self.directory / "dnsmasq.log").read_text("utf-8", errors="replace")

    def machine(
        self, name: str, *, known: bool = True, disk: bytes | None = None, **description: Any
    ) -> Machine:
        """A machine with one NIC in this segment and one disk; off. known: whether the boot server answers it.

        disk: what is at the beginning of its disk; by default a boot sector that tells so.
        description: other keys of its machine.json.
        """
        number = len(self.machines) + 1
        mac, tap = f"52:54:00:99:00:{number:02x}", f"port{number}"
        run_inside(self.namespace, "ip", "tuntap", "add", "dev", tap, "mode", "tap")
        run_inside(self.namespace, "ip", "link", "set", tap, "master", self.bridge, "up")
        directory = self.directory / name
        directory.mkdir()
        (directory / "disk0.img").write_bytes((boot_sector() if disk is None else disk).ljust(1 << 20, b"\0"))
        data = {
            "name": name,
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{self.namespace}")),
            "serial": f"SN-{name}",
            "manufacturer": "Microdc, Inc.",
            "model": "Virtual Server",
            "memory_mib": 256,
            "cpus": 1,
            "firmware": "bios",
            "namespace": self.namespace,
            "nics": [{"name": "eth0", "mac": mac, "tap": tap}],
            "disks": [{"name": "disk0", "path": "disk0.img", "bytes": 1 << 20}],
            **description,
        }
        (directory / "machine.json").write_text(json.dumps(data), "utf-8")
        made = Machine(directory)
        self.machines.append(made)
        if known:
            self._hosts[mac] = f"10.99.0.{100 + number}"
            hosts = "".join(f"{mac},{address}\n" for mac, address in self._hosts.items())
            (self.directory / "hosts" / "known").write_text(hosts, "ascii")  # dnsmasq watches the directory
        return made

    def end(self) -> None:
        for machine in self.machines:
            machine.off()


@contextlib.contextmanager
def segment(directory: Path) -> Iterator[Segment]:
    """A segment of its own in an empty directory, and the end of all that was started in it."""
    name = f"mdcrack-{directory.stat().st_ino % 1_000_000}-{next(_numbers)}"
    namespaces.create(name)
    made = Segment(name, directory)
    try:
        run_inside(name, "ip", "link", "add", made.bridge, "type", "bridge", "mcast_snooping", "0")
        run_inside(name, "ip", "addr", "add", f"{GATEWAY}/24", "dev", made.bridge)
        run_inside(name, "ip", "link", "set", made.bridge, "up")
        for part in ("tftp", "hosts"):
            (directory / part).mkdir()
        (directory / "tftp" / "boot.ipxe").write_text(NETWORK_SCRIPT, "ascii")
        with NamespaceHost(name) as host:
            host.start_daemon(_dnsmasq(made), log=directory / "dnsmasq.log", outlive=False)
        wait_for(lambda: "TFTP root" in made.log, 20, "dnsmasq listens", lambda: made.log)
        yield made
    finally:
        try:
            made.end()
        finally:
            namespaces.delete(name)  # and dnsmasq with it


def _dnsmasq(made: Segment) -> list[str]:
    directory = made.directory
    words = ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--user=root"]
    words += ["--port=0", f"--interface={made.bridge}", "--bind-interfaces", "--pid-file", "--log-dhcp"]
    words += ["--dhcp-range=10.99.0.0,static", f"--dhcp-hostsdir={directory / 'hosts'}", "--leasefile-ro"]
    # firmware that asks as an HTTPClient wants to be answered as one, and a URL
    words += ["--dhcp-vendorclass=set:http,HTTPClient", "--dhcp-option-force=tag:http,60,HTTPClient"]
    words += [f"--dhcp-boot=tag:http,http://{GATEWAY}/boot.efi", "--dhcp-boot=tag:!http,boot.ipxe"]
    return [*words, "--enable-tftp", f"--tftp-root={directory / 'tftp'}"]


def run_inside(namespace: str, *argv: str) -> str:
    """Its output; it must succeed."""
    done = subprocess.run([*namespaces.inside(namespace), *argv], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stderr}{done.stdout}"
    return done.stdout


def wait_for(
    condition: Callable[[], bool], seconds: float, what: str, told: Callable[[], str] = lambda: ""
) -> None:
    """Waits until it holds. told: what a person wants to see where it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{told()[-3000:]}"
        time.sleep(0.02)


def console(machine: Machine) -> str:
    """All that came out of the serial port so far."""
    try:
        return (machine.directory / "console.log").read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def wait_console(machine: Machine, text: str, *, times: int = 1, seconds: float = 90) -> None:
    """Waits until the text has come out of the serial port so many times."""
    wait_for(
        lambda: console(machine).count(text) >= times,
        seconds,
        f"{times} × {text!r}",
        lambda: console(machine),
    )


def boot_sector(line: str = FROM_DISK) -> bytes:
    """A disk's first 512 bytes: tells `line`, each NMI, and the power button, at which it powers off.

    It talks to the serial port itself, and idles with the processor halted.
    """
    code = bytes.fromhex(
        "31c0 8ed8 8ed0 bc007c"  # 00: registers; the stack lies below the code
        "c7060800 397c a30a00"  # 09: the NMI's vector (2): at 39
        "ba0206 b80001 ef"  # 12: PM1a_EN: the power button is told (ICH9, PIIX4: where SeaBIOS puts the registers)
        "be6f7c e82300"  # 19: print the line, at 6f
        "fb f4"  # 1f: sti; 20: hlt, until an interrupt: the clock's come 18 times a second
        "ba0006 ed f6c401 74f6"  # 21: PM1a_STS: pressed? back to 20 where not
        "be607c e81200"  # 2a: print the button's text, at 60
        "ba0406 b80020 ef ebe7"  # 30: PM1a_CNT: sleep (S5: power off); 37: to 20
        "60 be567c e80200 61 cf"  # 39: NMI: print its text, at 56
        "bafd03 ec a820 74fb"  # 42: print: wait until the port is free
        "baf803 ac 84c0 7403 ee ebed c3"  # 4a: next character out, until it is 0
    )
    texts = (f"{GOT_NMI}\r\n", f"{BUTTON}\r\n")
    assert [len(code), len(texts[0])] == [0x56, 0x60 - 0x56 - 1]
    assert len(texts[1]) == 0x6F - 0x60 - 1
    body = code + b"".join(text.encode("ascii") + b"\0" for text in (*texts, f"{line}\r\n"))
    assert len(body) <= 510
    return body.ljust(510, b"\0") + b"\x55\xaa"
