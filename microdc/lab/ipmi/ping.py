"""Whether a BMC answers IPMI, by one datagram that needs no login; and whether one could be put there."""

from __future__ import annotations

import socket

from microdc.host import namespaces

# RMCP header; no session; Get Channel Authentication Capabilities of this channel, for an administrator (IPMI 2.0, 22.13)
_ASK = bytes.fromhex("0600ff07 00 00000000 00000000 09 2018c8 8100388e04 b5")
_ANSWER = 0x38  # the same command, after the network function of answers (7 << 2)
_COMMAND_AT, _STATUS_AT = 19, 20


def answers(address: str, port: int, *, namespace: str, timeout: float) -> bool:
    """Asks once, from inside the namespace ("": from here), and waits at most `timeout` seconds."""

    def ask() -> bool:
        with socket.socket(_family(address), socket.SOCK_DGRAM) as asking:
            asking.settimeout(timeout)
            try:
                asking.connect((address, port))
                asking.send(_ASK)
                said = asking.recv(1024)
            except OSError:  # nobody listens there yet, or it is silent
                return False
        return len(said) > _STATUS_AT and said[_COMMAND_AT] == _ANSWER and said[_STATUS_AT] == 0

    return namespaces.call(namespace, ask)


def in_the_way(address: str, port: int, *, namespace: str) -> str:
    """Why nobody can listen there; "" where somebody can. ipmi_sim itself shares a port without a word."""

    def bind() -> str:
        with socket.socket(_family(address), socket.SOCK_DGRAM) as trial:
            try:
                trial.bind((address, port))
            except OSError as error:
                return error.strerror or str(error)
        return ""

    return namespaces.call(namespace, bind)


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
