"""Carries an event to where a subscription wants it."""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import threading
from urllib.parse import urlsplit

from microdc.lab.redfish.world import Document

ATTEMPTS, PAUSE = 3, 2
"""Of a delivery; seconds between two. After the last one the subscription ends."""
TIMEOUT = 10.0


def delivered(destination: str, headers: dict[str, str], event: Document) -> bool:
    """Whether one event reached its destination; tries ATTEMPTS times."""
    parts = urlsplit(destination)
    pause = threading.Event()
    for attempt in range(ATTEMPTS):
        if attempt:
            pause.wait(PAUSE)
        connection = (
            http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT, context=_unverified())
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)
        )
        try:
            path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            body = json.dumps(event)
            connection.request("POST", path, body, {**headers, "Content-Type": "application/json"})
            if connection.getresponse().status < 400:
                return True
        except (OSError, http.client.HTTPException) as problem:
            sys.stderr.write(f"event to {parts.netloc}: {problem}\n")
        finally:
            connection.close()
    return False


def _unverified() -> ssl.SSLContext:
    """Listeners have certificates of their own making: VerifyCertificate is false unless asked for, says EventDestination."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
