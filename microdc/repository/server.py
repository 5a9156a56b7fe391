"""A repository served over HTTP: files by their names, and nothing else."""

from __future__ import annotations

import functools
import socket
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, Self

from microdc.errors import UnreachableError

Told = Callable[[str], None]


class Server:
    """Serves a directory until it is closed. told: is given a line for each request."""

    def __init__(self, directory: Path, address: str, port: int, told: Told = lambda _: None) -> None:
        handler = functools.partial(_Handler, directory=str(directory.resolve()), told=told)
        kind = _Six if ":" in address else _Http
        try:
            self._http = kind((address, port), handler)
        except OSError as error:
            where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
            raise UnreachableError(
                f"cannot serve there: {error.strerror}",
                where=where,
                hint="choose another --address or --port",
            ) from None

    @property
    def url(self) -> str:
        host, port = self._http.server_address[:2]
        name = str(host)
        return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"

    def forever(self) -> None:
        self._http.serve_forever(poll_interval=0.2)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.forever, name="repository", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self.close()

    def close(self) -> None:
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to be told of."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Six(_Http):
    address_family = socket.AF_INET6


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # apt asks for many files on one connection
    timeout = 60.0
    """s for which a connection may say nothing: each holds a thread."""

    def __init__(self, *arguments: object, told: Told, **named: object) -> None:
        self._told = told
        super().__init__(*arguments, **named)  # type: ignore[arg-type]

    def list_directory(self, path: object) -> None:
        """No directory is shown."""
        del path
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_head(self) -> BinaryIO | None:
        """Links and hidden files, which are half written, are not served."""
        if not self._shown(Path(self.translate_path(self.path))):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def _shown(self, path: Path) -> bool:
        """path: as it will be opened, so that it does not matter how its name was written in the request."""
        top = Path(self.directory)
        try:
            inside = path.resolve().is_relative_to(top)
        except (OSError, RuntimeError, ValueError):  # a name with a zero byte, or a ring of links
            return False
        return inside and not any(part.startswith(".") for part in path.relative_to(top).parts)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
        self._told(f"{self.address_string()} {format % arguments}")

    def address_string(self) -> str:
        return str(self.client_address[0])
