"""A switch of a lab as it is: whether its agent answers, and what else of it runs."""

from __future__ import annotations

from microdc.errors import MicrodcError
from microdc.lab.model import SwitchStatus
from microdc.lab.switch.files import Files
from microdc.lab.switch.model import SwitchPlan
from microdc.lab.switch.ready import agent_answers


def look_at(lab: str, management: str, switch: SwitchPlan) -> SwitchStatus:
    """What stands of a switch that was planned. management: the namespace from which its agent is asked."""
    files = Files.of(lab, switch.name)
    try:
        answers = agent_answers(switch.address, management)
    except MicrodcError:  # the namespace is gone
        answers = False
    logins = [one for one in ("sshd", "zebra") if (files / f"{one}.pid").exists()]
    shell = all(files.running(one) is not None for one in logins) if "sshd" in logins else None
    lldp = files.running("lldpd") is not None
    return SwitchStatus(
        switch.name, switch.site, switch.namespace, switch.address, len(switch.sockets), answers, lldp, shell
    )
