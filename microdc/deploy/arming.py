"""What the boot services of a site are to do, worked out of the records of its nodes: so it is the same after a restart, whoever makes it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from microdc.deploy.lifecycle import ARMED
from microdc.deploy.model import NodeRecord, NodeSpec
from microdc.deploy.ports import Ramdisk, StationConfig, StationNode, World
from microdc.deploy.tokens import token

Orders = Callable[[NodeSpec, NodeRecord, str], Mapping[str, Any]]
"""What a node's ramdisk is told: of the node, its record and its home token."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A node as its site has to know it, moving or not. macs: of all its NICs, lower case."""

    spec: NodeSpec
    macs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a node stands with the boot services. move: 0 where nothing is to be done with it."""

    move: int = 0
    armed: bool = False


def standing(record: NodeRecord | None) -> Standing:
    """How a node is to stand: served once it is marked, and given the ramdisk until that has said hello."""
    if record is None or not record.state.moving or record.mark is None:
        return Standing()
    return Standing(record.move, record.phase in ARMED)


def orders_of(world: World, url: str) -> Orders:
    """Orders as the real parts make them. url: where nodes reach the boot services."""

    def order(spec: NodeSpec, record: NodeRecord, home: str) -> Mapping[str, Any]:
        if record.action is None:
            return {}
        return world.order(
            spec,
            record.action,
            record.image,
            move=record.move,
            wipe=record.wipe,
            url=url,
            home_token=home,
        )

    return order


def config(
    site: str,
    revision: int,
    declared: Mapping[str, Declared],
    records: Mapping[str, NodeRecord],
    *,
    ramdisk: Ramdisk | None,
    key: bytes,
    orders: Orders,
) -> StationConfig:
    """What a site's boot services are to do. All declared nodes are known there; orders and tokens have those that move."""
    nodes = []
    for name, one in declared.items():
        spec, record = one.spec, records.get(name)
        stands = standing(record)
        macs = tuple(sorted(one.macs))
        if record is None or not stands.move:
            nodes.append(StationNode(name, spec.mac.lower(), macs, spec.address))
            continue
        home = token(key, record, "home")
        nodes.append(
            StationNode(
                node=name,
                mac=spec.mac.lower(),
                macs=macs,
                address=spec.address,
                armed=stands.armed,
                move=record.move,
                boot_token=token(key, record, "boot"),
                home_token=home,
                order=orders(spec, record, home),
            )
        )
    return StationConfig(site, revision, tuple(nodes), ramdisk)
