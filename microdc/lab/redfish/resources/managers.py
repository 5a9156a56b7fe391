"""The BMC itself: Manager with its network, its console and its log."""

from __future__ import annotations

from microdc.lab.redfish.facts import Facts
from microdc.lab.redfish.resources.paths import CHASSIS, MANAGER, MANAGERS, SEL, SYSTEM
from microdc.lab.redfish.resources.shapes import ENABLED, action, collection, link, links, resource, tree
from microdc.lab.redfish.world import Document

RESET_TYPES = ("GracefulRestart", "ForceRestart")
NETWORK_PROTOCOL = f"{MANAGER}/NetworkProtocol"
VERSION = "1.0.0"
"""Of the BMC's firmware."""


def documents(facts: Facts) -> dict[str, Document]:
    """All resources under Managers but the entries of its log."""
    return {
        MANAGERS: collection(MANAGERS, "Manager", [MANAGER]),
        MANAGER: manager(facts),
        NETWORK_PROTOCOL: network_protocol(facts),
        **tree(f"{MANAGER}/EthernetInterfaces", "EthernetInterface", [ethernet(facts)]),
        **tree(f"{MANAGER}/LogServices", "LogService", [log_service(facts)]),
    }


def manager(facts: Facts) -> Document:
    return {
        **resource(MANAGER, "Manager.v1_18_0.Manager", "Manager"),
        "ManagerType": "BMC",
        "Manufacturer": facts.told("manufacturer"),
        "Model": "Virtual BMC",
        "FirmwareVersion": facts.told("bmc_version", VERSION),
        "UUID": facts.told("uuid"),
        "ServiceEntryPointUUID": facts.told("uuid"),
        "PowerState": "On",
        "Status": ENABLED,
        "DateTime": facts.at,
        "DateTimeLocalOffset": "+00:00",
        "SerialConsole": {
            "ServiceEnabled": True,
            "MaxConcurrentSessions": 1,
            "ConnectTypesSupported": ["Oem"],
        },
        "CommandShell": {"ServiceEnabled": False, "MaxConcurrentSessions": 0, "ConnectTypesSupported": []},
        **links(MANAGER, "EthernetInterfaces", "NetworkProtocol", "LogServices"),
        "Links": {
            "ManagerForServers": [link(SYSTEM)],
            "ManagerForChassis": [link(CHASSIS)],
            "ManagerInChassis": link(CHASSIS),
        },
        "Actions": action(MANAGER, "Manager.Reset", ResetType=list(RESET_TYPES)),
    }


def network_protocol(facts: Facts) -> Document:
    return {
        **resource(
            NETWORK_PROTOCOL, "ManagerNetworkProtocol.v1_9_1.ManagerNetworkProtocol", "Network protocols"
        ),
        "HostName": f"{facts.told('name', 'server')}-bmc",
        "FQDN": f"{facts.told('name', 'server')}-bmc",
        "HTTPS": {"ProtocolEnabled": True, "Port": facts.port},
        "HTTP": {"ProtocolEnabled": False, "Port": 80},
        "SSDP": {"ProtocolEnabled": False, "Port": 1900},
        "NTP": {"ProtocolEnabled": False, "NTPServers": []},
        "Status": ENABLED,
    }


def ethernet(facts: Facts) -> Document:
    version = "IPv6" if ":" in facts.address else "IPv4"
    return {
        **resource(
            f"{MANAGER}/EthernetInterfaces/1", "EthernetInterface.v1_10_0.EthernetInterface", "BMC network"
        ),
        **({"MACAddress": facts.told("bmc_mac")} if facts.told("bmc_mac") else {}),
        "InterfaceEnabled": True,
        "LinkStatus": "LinkUp",
        "SpeedMbps": 1000,
        "FullDuplex": True,
        f"{version}Addresses": [{"Address": facts.address}],
        "Status": ENABLED,
    }


def log_service(facts: Facts) -> Document:
    return {
        **resource(SEL, "LogService.v1_4_0.LogService", "System event log"),
        "LogEntryType": "SEL",
        "OverWritePolicy": "WrapsWhenFull",
        "MaxNumberOfRecords": 5000,
        "ServiceEnabled": True,
        "DateTime": facts.at,
        "DateTimeLocalOffset": "+00:00",
        "Status": ENABLED,
        **links(SEL, "Entries"),
        "Actions": action(SEL, "LogService.ClearLog"),
    }
