"""What others call: the Ironic of a site, opened."""

from __future__ import annotations

from microdc.bmc.targets import target_of
from microdc.deploy.authorized import authorized_keys
from microdc.deploy.ironic.api import Api
from microdc.deploy.ironic.backend import IronicBackend
from microdc.deploy.ironic.place import Place
from microdc.deploy.ironic.wire import Wire
from microdc.deploy.specs import site_spec
from microdc.documents.secrets import parse_reference, resolve
from microdc.errors import InputError
from microdc.testbed.model import Server, Testbed
from microdc.testbed.nodes import Ironic
from microdc.testbed.servers import servers


def open_backend(testbed: Testbed, site: str) -> IronicBackend:
    """The Ironic that deploys a site's nodes. Nothing is asked of it yet.

    Raises DocumentError or InputError where the site's document does not say enough, or its credentials cannot be read.
    """
    spec = site_spec(testbed, testbed.sites[site])
    ironic = spec.deploy.ironic
    if ironic is None:
        hint = "write `ironic: {url: ...}` in `deploy` of the site"
        raise InputError(f"{site} is not deployed by Ironic", where=spec.where, hint=hint)
    known = {server.name: server for server in servers(testbed)}

    def server(name: str) -> Server:
        return known[name]

    place = Place(
        testbed=testbed.name,
        site=spec,
        ironic=ironic,
        server=server,
        target=lambda name: target_of(testbed, known[name]),
        keys=lambda: authorized_keys(spec.deploy.authorized_keys),
    )
    return IronicBackend(Api(Wire(ironic.url, _login(testbed, site, ironic))), place)


def _login(testbed: Testbed, site: str, ironic: Ironic) -> tuple[str, str] | None:
    """User and password. Raises InputError with file and line."""
    if not ironic.credentials:
        return None
    at = testbed.where("sites", site, "deploy", "ironic", "credentials")
    try:
        secret = resolve(parse_reference(ironic.credentials), base=at.file.parent)
    except InputError as problem:
        raise InputError(f"{problem.what}: {problem.where}", where=str(at), hint=problem.hint) from None
    user, colon, password = secret.partition(":")
    if not colon or not user:
        what = f"what {ironic.credentials} holds is not user:password"
        raise InputError(what, where=str(at), hint="write the user, a colon and the password")
    return user, password
