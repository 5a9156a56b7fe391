"""The root of a service, by which it is known to be one."""

from __future__ import annotations

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.redfish.answers import Resource
from microdc.bmc.redfish.contents import NoObjectError, as_object
from microdc.bmc.redfish.failures import shown
from microdc.bmc.redfish.refusals import check, expired
from microdc.bmc.redfish.wire import Wire

ROOT = "/redfish/v1/"


def read_root(wire: Wire) -> Resource:
    """The root, asked for without a login; empty where a service, against the specification, tells it to nobody.

    Raises BmcError, NOT_REDFISH for what is no Redfish service.
    """
    where = f"{wire.line.where}{ROOT}"
    reply = wire.ask("GET", ROOT)
    if expired(reply) or reply.status == 403:
        return {}
    if reply.status in {429, 503}:
        check(reply, where)
    if reply.status >= 500:
        what = f"its root answers {reply.status} {shown(reply.reason)}"
        raise BmcError(Cause.BROKEN_ANSWER, what, where=where)
    try:
        root = as_object(reply.content)
    except NoObjectError as error:
        raise _none(f"its answer ({reply.status}) is no service root: {error}", where) from None
    if reply.status != 200 or (
        "RedfishVersion" not in root and "ServiceRoot" not in str(root.get("@odata.type"))
    ):
        raise _none(f"its answer ({reply.status}) is no service root: {shown(reply.content)}", where)
    return root


def _none(what: str, where: str) -> BmcError:
    hint = "is it the address of a BMC, with its Redfish service switched on?"
    return BmcError(Cause.NOT_REDFISH, what, where=where, hint=hint)
