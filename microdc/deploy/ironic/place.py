"""What the backend knows of the inventory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from microdc.bmc.model import Target
from microdc.deploy.specs import SiteSpec
from microdc.testbed.model import Server
from microdc.testbed.nodes import Ironic


@dataclass(frozen=True, slots=True)
class Place:
    """A site of a testbed. server, target: of a node's name; keys: read when a system is deployed."""

    testbed: str
    site: SiteSpec
    ironic: Ironic
    server: Callable[[str], Server]
    target: Callable[[str], Target]
    keys: Callable[[], tuple[str, ...]]
