"""What documents say of deploying nodes to values. Pure."""

from __future__ import annotations

from microdc.documents.deploying import DeployRecord, DiskRecord, IronicRecord, NodeRecord
from microdc.testbed.build_reach import AnySource, file_of, reach_of
from microdc.testbed.nodes import Deploy, DiskHints, Ironic, NodeSettings


def deploy_of(record: DeployRecord, source: AnySource) -> Deploy:
    return Deploy(
        reach=reach_of(record, source),
        interface=record.interface,
        address=str(record.address or ""),
        dhcp=record.dhcp,
        other_dhcp=record.other_dhcp,
        network=record.network,
        gateway=str(record.gateway or ""),
        dns=tuple(map(str, record.dns)),
        port=record.port,
        directory=record.directory,
        image=record.image or "",
        authorized_keys=tuple(file_of(name, source) for name in record.authorized_keys),
        limit=record.limit,
        streams=record.streams,
        ironic=_ironic(ironic) if (ironic := record.ironic) else None,
    )


def _ironic(record: IronicRecord) -> Ironic:
    return Ironic(record.url, record.credentials or "", record.images or "", record.driver or "")


def node_of(record: NodeRecord) -> NodeSettings:
    disk = record.disk or DiskRecord()
    hints = DiskHints(
        disk.serial or "",
        disk.wwn or "",
        disk.model or "",
        disk.path or "",
        disk.least,
        disk.most,
        disk.kind or "",
    )
    return NodeSettings(record.image or "", record.nic or "", record.address, hints, record.firmware or "")
