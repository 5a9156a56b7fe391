"""AccountService, ManagerAccount and Role."""

from __future__ import annotations

from microdc.lab.redfish.resources.shapes import link, links, resource
from microdc.lab.redfish.world import Document

SERVICE = "/redfish/v1/AccountService"
ACCOUNTS = f"{SERVICE}/Accounts"
ROLES = f"{SERVICE}/Roles"
PRIVILEGES = {
    "Administrator": ("Login", "ConfigureManager", "ConfigureUsers", "ConfigureSelf", "ConfigureComponents"),
    "Operator": ("Login", "ConfigureComponents", "ConfigureSelf"),
    "ReadOnly": ("Login", "ConfigureSelf"),
}
"""The standard roles and what they may, from DSP0266 13.2."""


def service(shortest: int, longest: int) -> Document:
    """shortest, longest: characters of a password."""
    return {
        **resource(SERVICE, "AccountService.v1_13_0.AccountService", "Account Service"),
        "Status": {"State": "Enabled", "Health": "OK"},
        "ServiceEnabled": True,
        "MinPasswordLength": shortest,
        "MaxPasswordLength": longest,
        "SupportedAccountTypes": ["Redfish"],
        **links(SERVICE, "Accounts", "Roles"),
    }


def role(name: str) -> Document:
    return {
        **resource(f"{ROLES}/{name}", "Role.v1_3_1.Role", name),
        "RoleId": name,
        "IsPredefined": True,
        "AssignedPrivileges": list(PRIVILEGES[name]),
        "OemPrivileges": [],
    }


def account(
    number: str, user: str, role: str, *, enabled: bool = True, must_change: bool = False
) -> Document:
    return {
        **resource(f"{ACCOUNTS}/{number}", "ManagerAccount.v1_10_0.ManagerAccount", f"Account of {user}"),
        "UserName": user,
        "Password": None,
        "RoleId": role,
        "Enabled": enabled,
        "Locked": False,
        "AccountTypes": ["Redfish"],
        "PasswordChangeRequired": must_change,
        "Links": {"Role": link(f"{ROLES}/{role}")},
    }
