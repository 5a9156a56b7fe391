"""`python -m microdc.lab.redfish`: serves one BMC or many until SIGTERM."""

from __future__ import annotations

import argparse
import resource
import signal
import socket
import sys
import threading
from functools import cache
from pathlib import Path
from ssl import SSLContext

from microdc.errors import InputError, MicrodcError
from microdc.lab.redfish import users
from microdc.lab.redfish.bmc import bmc
from microdc.lab.redfish.server import Listener, listen, serve, tls_context
from microdc.lab.redfish.sessions import LIMIT
from microdc.lab.redfish.users import Login


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 after SIGTERM, otherwise what the error says."""
    options = _options(arguments)
    stopped, stop = socket.socketpair()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.send(b"."))
    try:
        listeners = _listeners(options)
    except MicrodcError as problem:
        sys.stderr.write(f"{problem}\n")
        return int(problem.exit_code)
    except OSError as problem:
        sys.stderr.write(f"cannot listen, or cannot read the certificate: {problem}\n")
        return 3
    for listener in listeners:
        sys.stdout.write(f"listening {listener.name}\n")
    sys.stdout.flush()
    serve(listeners, stopped)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m microdc.lab.redfish", description=__doc__)
    parser.add_argument("--directory", metavar="DIR", help="of a machine (machine.json) or a recorded tree")
    parser.add_argument("--listen", metavar="ADDRESS:PORT", default="127.0.0.1:0", help="where; port 0: any")
    parser.add_argument(
        "--serve",
        metavar="DIR@ADDRESS:PORT",
        action="append",
        default=[],
        help="one more BMC; may be repeated",
    )
    parser.add_argument(
        "--certificate",
        metavar="FILE",
        type=Path,
        help="PEM; in DIR if it is there; without it plain HTTP is spoken",
    )
    parser.add_argument(
        "--key", metavar="FILE", type=Path, help="PEM; in the certificate's file if not given"
    )
    parser.add_argument(
        "--users", metavar="FILE", type=Path, required=True, help="JSON: {name: password}, mode 600"
    )
    parser.add_argument(
        "--sessions", metavar="N", type=int, default=LIMIT, help="at a time (default %(default)s)"
    )
    parser.add_argument(
        "--in-memory", action="store_true", help="machines are state in memory, nothing is started"
    )
    parser.add_argument("--log-requests", action="store_true", help="each as a line of DIR/requests.log")
    options = parser.parse_args(arguments)
    if not options.directory and not options.serve:
        parser.error("nothing to serve: --directory or --serve")
    return options


def _listeners(options: argparse.Namespace) -> list[Listener]:
    threading.stack_size(512 * 1024)  # a thousand connections are a thousand threads
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (most, most)
    )  # and more descriptors than a process usually may have
    known = users.load(options.users)
    places = [f"{options.directory}@{options.listen}"] if options.directory else []
    return [_listener(options, known, *_place(told)) for told in (*places, *options.serve)]


def _place(told: str) -> tuple[Path, str, int]:
    """Directory, address and port of DIR@ADDRESS:PORT. InputError for something else."""
    directory, _, where = told.rpartition("@")
    address, _, port = where.rpartition(":")
    if not directory or not address or not port.isdecimal():
        raise InputError("this names no BMC", where=told, hint="write DIR@ADDRESS:PORT")
    return Path(directory), address.strip("[]"), int(port)


def _listener(
    options: argparse.Namespace, known: list[Login], directory: Path, address: str, port: int
) -> Listener:
    opened = listen(address, port)
    service = bmc(
        directory,
        known,
        sessions=options.sessions,
        in_memory=options.in_memory,
        address=address,
        port=int(opened.getsockname()[1]),
    )
    log = directory / "requests.log" if options.log_requests else None
    return Listener(service, opened, _tls(options.certificate, options.key, directory), log)


def _tls(certificate: Path | None, key: Path | None, directory: Path) -> SSLContext | None:
    """What a BMC speaks; files of its own directory come first, so that each of many can have a certificate of its own."""
    if certificate is None:
        return None
    own = directory / certificate
    found = own if own.exists() else certificate
    own_key = directory / key if key else found
    return _tls_context(found, own_key if own_key.exists() or key is None else key)


_tls_context = cache(tls_context)


if __name__ == "__main__":
    sys.exit(main())
