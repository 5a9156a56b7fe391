"""SessionService and Session."""

from __future__ import annotations

from microdc.lab.redfish.resources.shapes import ENABLED, links, resource
from microdc.lab.redfish.world import Document

SERVICE = "/redfish/v1/SessionService"
SESSIONS = f"{SERVICE}/Sessions"


def service(timeout: int) -> Document:
    """timeout: seconds after which an idle session ends."""
    return {
        **resource(SERVICE, "SessionService.v1_1_8.SessionService", "Session Service"),
        "Status": ENABLED,
        "ServiceEnabled": True,
        "SessionTimeout": timeout,
        **links(SERVICE, "Sessions"),
    }


def session(path: str, user: str, created: str, client: str) -> Document:
    """created: ISO 8601. client: address of who logged in."""
    return {
        **resource(path, "Session.v1_6_0.Session", f"Session of {user}"),
        "UserName": user,
        "Password": None,
        "SessionType": "Redfish",
        "CreatedTime": created,
        "ClientOriginIPAddress": client,
    }
