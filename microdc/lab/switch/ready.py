"""Whether what a switch is made of answers, asked from the lab's management network."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.lab.ports import IpAddress
from microdc.lab.switch import frr
from microdc.lab.switch.agent import PORT
from microdc.lab.switch.files import Files
from microdc.lab.switch.model import SwitchPlan

SSH_PORT = 22
_SECONDS = 30.0
_LOOK = 0.05  # s
_ASK = bytes.fromhex(
    "303e020103301102040000000102030100"
    "00040104020103041030"
    "0e0400020100020100040004000400"
    "30140400"
    "0400a00e020400000001020100020100"
    "3000"
)
"""The first message of SNMPv3 (RFC 3414, section 4): it needs no login, and every agent reports its engine id to it."""


def wait_agent(files: Files, switch: SwitchPlan, namespace: str) -> None:
    """Until its snmpd answers in the namespace. Raises UnreachableError with its last words where it does not start; so does the other one."""
    _wait(files, "snmpd", switch, lambda: agent_answers(switch.address, namespace))


def wait_shell(files: Files, switch: SwitchPlan, namespace: str) -> None:
    """Until its sshd greets."""
    _wait(files, "sshd", switch, lambda: shell_accepts(switch.address, namespace))


def wait_zebra(files: Files, switch: SwitchPlan) -> None:
    """Until its zebra listens."""
    _wait(files, "zebra", switch, (files / frr.DIRECTORY / frr.SOCKET).exists)


def agent_answers(address: IpAddress, namespace: str, timeout: float = 0.5) -> bool:
    """Asks its SNMP agent once, and waits `timeout` seconds at most."""

    def ask() -> bool:
        with socket.socket(_family(address), socket.SOCK_DGRAM) as asking:
            asking.settimeout(timeout)
            try:
                asking.connect((str(address), PORT))
                asking.send(_ASK)
                return bool(asking.recv(1024))
            except OSError:  # nobody listens there, or it is silent
                return False

    return namespaces.call(namespace, ask)


def shell_accepts(address: IpAddress, namespace: str, timeout: float = 0.5) -> bool:
    """Whether an SSH server greets there within `timeout` seconds."""
    try:
        with namespaces.socket_from(namespace, (str(address), SSH_PORT), timeout=timeout) as found:
            return found.recv(4) == b"SSH-"
    except OSError:
        return False


def _family(address: IpAddress) -> socket.AddressFamily:
    return socket.AF_INET6 if address.version == 6 else socket.AF_INET


def _wait(files: Files, service: str, switch: SwitchPlan, answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not answers():
        if files.running(service) is None or time.monotonic() > deadline:
            what = f"{service} of {switch.name} did not start: {files.said(service)}"
            raise UnreachableError(what, where=f"netns:{switch.namespace}")
        time.sleep(_LOOK)
