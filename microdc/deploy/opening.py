"""The real parts: the boot services of sites, BMCs, the ramdisk, systems that were installed."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from microdc.bmc.judging import Patience
from microdc.bmc.model import Limits
from microdc.bmc.targets import outlets_of, target_of
from microdc.deploy.answering import SshSystem
from microdc.deploy.authorized import authorized_keys
from microdc.deploy.model import Action, ImageRef, NodeSpec
from microdc.deploy.ports import Backend, Ramdisk, Station
from microdc.deploy.powering import BmcServer
from microdc.deploy.ramdisk.order import Identity, Network, order
from microdc.deploy.specs import SiteSpec, site_spec
from microdc.errors import InputError
from microdc.events import Step
from microdc.testbed.model import Server, Testbed
from microdc.testbed.servers import servers


@dataclass(slots=True)
class RealWorld:
    """The parts of one testbed. limits, patience: for BMCs."""

    testbed: Testbed
    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)
    _sites: dict[str, SiteSpec] = field(default_factory=dict)
    _keys: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def station(self, site: str) -> Station:
        """The boot services of a site, connected to. Raises MicrodcError."""
        from microdc.deploy.station.client import open_station  # noqa: PLC0415  only who deploys loads it

        return open_station(self.testbed, site)

    def server(self, node: str) -> BmcServer:
        """A server's BMC. Raises InputError, with file and line, where its credentials cannot be read."""
        server = self._server(node)
        return BmcServer(
            target_of(self.testbed, server), outlets_of(self.testbed, server), self.limits, self.patience
        )

    def system(self, node: str) -> SshSystem:
        """A node's system, as its site's host sees it."""
        return SshSystem(self.site(self._server(node).site).deploy.reach)

    def backend(self, site: str) -> Backend | None:
        """The other engine of a site that has one."""
        if self.site(site).deploy.ironic is None:
            return None
        from microdc.deploy.ironic.operate import open_backend  # noqa: PLC0415  only who uses it loads it

        return open_backend(self.testbed, site)

    def ramdisk(self) -> Generator[Step, None, Ramdisk]:
        """The ramdisk, built where this machine has not built it yet."""
        from microdc.deploy.ramdisk.image import build  # noqa: PLC0415  only who deploys loads it

        return (yield from build())

    def order(
        self,
        spec: NodeSpec,
        action: Action,
        image: ImageRef | None,
        *,
        move: int,
        wipe: bool,
        url: str,
        home_token: str,
    ) -> Mapping[str, Any]:
        """What a node's ramdisk is told. Raises InputError for a file of keys that cannot be read."""
        deploying = action is Action.DEPLOY
        return order(
            spec,
            move=move,
            action=action,
            testbed=self.testbed.name,
            image=image if deploying else None,
            identity=self._identity(spec, url, home_token) if deploying else None,
            wipe=wipe,
        )

    def site(self, name: str) -> SiteSpec:
        """What a site declares. Raises DocumentError."""
        if name not in self._sites:
            self._sites[name] = site_spec(self.testbed, self.testbed.sites[name])
        return self._sites[name]

    def _identity(self, spec: NodeSpec, url: str, home_token: str) -> Identity:
        site = self.site(spec.site)
        if spec.site not in self._keys:
            self._keys[spec.site] = authorized_keys(site.deploy.authorized_keys)
        gateway = str(site.gateway) if site.gateway else ""
        network = Network(spec.mac, spec.nic, (spec.address,), gateway, site.deploy.dns)
        return Identity(
            hostname=spec.name,
            home_url=f"{url}/node/home",
            home_token=home_token,
            authorized_keys=self._keys[spec.site],
            networks=(network,),
        )

    def _server(self, node: str) -> Server:
        found = next((server for server in servers(self.testbed) if server.name == node), None)
        if found is None:
            raise InputError(f"there is no server {node}", hint="microdc inventory list shows all")
        return found
