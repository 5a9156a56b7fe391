"""Where the three resources lie that all others hang on."""

from __future__ import annotations

ROOT = "/redfish/v1"
SYSTEMS = f"{ROOT}/Systems"
SYSTEM = f"{SYSTEMS}/1"
CHASSIS_ALL = f"{ROOT}/Chassis"
CHASSIS = f"{CHASSIS_ALL}/1"
MANAGERS = f"{ROOT}/Managers"
MANAGER = f"{MANAGERS}/1"
SEL = f"{MANAGER}/LogServices/Sel"
