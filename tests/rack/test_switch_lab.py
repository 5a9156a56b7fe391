"""The switches of a lab: what they tell over SNMP, LLDP and SSH, what is behind their ports, and faults that are planted in them."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import paramiko
import pytest
import switchlab
from netboot import console, run_inside, wait_for
from racklab import RackLab
from switchlab import DOWN, IF_ADMIN, IF_IN, IF_NAME, IF_OPER, IF_SPEED, NO_LINK, SWITCHES, UP, SwitchLab

from microdc.host import namespaces
from microdc.host.local import NamespaceHost
from microdc.lab import faults, names
from microdc.lab.inventory import directory_of
from microdc.lab.machine import presence
from microdc.lab.switch.model import LINUX
from microdc.lab.teardown import clear

pytestmark = [pytest.mark.root, pytest.mark.lab]
C1 = "52:54:00:83:01:01"
CABLES = {
    "sw1": {"49": ("sw2", "Ethernet1/49"), "50": ("sw2", "Ethernet1/50")},
    "sw2": {"Ethernet1/49": ("sw1", "49"), "Ethernet1/50": ("sw1", "50")},
}


def wait_remote(lab: SwitchLab, switch: str, wanted: dict[str, tuple[str, str]]) -> None:
    """Until LLDP-MIB and lldpd's own program both say this and no more."""
    wait_for(
        lambda: lab.remote(switch) == wanted == lab.neighbours(switch),
        60,
        f"{switch} hears {wanted}",
        lambda: f"{lab.remote(switch)} {lab.neighbours(switch)}",
    )


# -- what they tell


def test_all_switches_answer(lab: SwitchLab) -> None:
    found = lab.lab.data("lab", "status", "--name", lab.name)
    assert found["state"] == "up"
    told = {one["name"]: (one["ports"], one["agent"], one["lldp"], one["shell"]) for one in found["switches"]}
    assert told == {"sw1": (5, True, True, True), "sw2": (5, True, True, True)}
    assert "10.183.0.4" in lab.lab.microdc("lab", "status", "--name", lab.name).stdout


@pytest.mark.parametrize(
    ("switch", "ports"),
    [
        ("sw1", {"1", "2", "49", "50", "uplink"}),
        ("sw2", {f"Ethernet1/{number}" for number in (1, 2, 47, 49, 50)}),
    ],
)
def test_ports_are_called_as_they_are_declared(lab: SwitchLab, switch: str, ports: set[str]) -> None:
    """sw1 over v3, sw2 over v2c, with what the inventory says of both."""
    assert {*lab.walk(switch, IF_NAME).values()} == {"lo", "br1", "mgmt0", *ports}
    speeds = lab.by_port(switch, IF_SPEED)
    assert {speeds[port] for port in ports} == {"10000"}
    (told,) = lab.walk(switch, "1.3.6.1.2.1.1.5").values()
    assert told == switch
    assert lab.snmpwalk(switch, IF_NAME, wrong=True).returncode != 0


def test_a_port_is_down_until_its_server_is_on(lab: SwitchLab) -> None:
    lab.wait_port("sw1", IF_OPER, "1", DOWN)
    lab.machine("c1").on()
    lab.wait_port("sw1", IF_OPER, "1", UP)
    lab.wait_port("sw2", IF_OPER, "Ethernet1/1", UP)
    now = lab.by_port("sw1", IF_OPER)
    assert (now["2"], now["49"], now["uplink"]) == (DOWN, UP, UP)


@pytest.mark.parametrize("switch", SWITCHES)
def test_switches_hear_each_other(lab: SwitchLab, switch: str) -> None:
    wait_remote(lab, switch, CABLES[switch])


def test_the_chassis_ids_differ(lab: SwitchLab) -> None:
    ids = [lab.walk(switch, "1.0.8802.1.1.2.1.3.2")["0"] for switch in SWITCHES]
    assert ids == [lab.plan(switch).mac.replace(":", " ").upper() + " " for switch in SWITCHES]


def test_a_cable_that_closes_a_loop_is_out_of_the_bridge(lab: SwitchLab) -> None:
    for switch, port in (("sw1", "50"), ("sw2", "Ethernet1/50")):
        lab.wait_port(switch, IF_OPER, port, UP)
        named, base = lab.walk(switch, IF_NAME), lab.walk(switch, switchlab.BASE_PORT)
        assert port not in {named[index] for index in base.values()}


def test_the_command_line_is_that_of_the_bridge(lab: SwitchLab) -> None:
    declared = lab.switch("sw1")
    assert declared.ssh_platform == LINUX
    user, _, password = (
        Path(declared.ssh_credentials.removeprefix("file:")).read_text().strip().partition(":")
    )
    with (
        namespaces.socket_from(declared.via, (declared.management, 22)) as way,
        paramiko.Transport(way) as transport,
    ):
        transport.connect()
        assert transport.get_remote_server_key().fingerprint == declared.ssh_host_key
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_password(user, "wrong")
        transport.auth_password(user, password)
        channel = transport.open_session()
        channel.exec_command("hostname; bridge link show; touch /etc/of-the-switch 2>&1")
        said = channel.makefile().read().decode()
    assert said.startswith("sw1\n")
    assert " 49@" in said
    assert "Read-only file system" in said


# -- what is behind the ports


def test_a_bmc_is_heard_on_its_own_port(lab: SwitchLab) -> None:
    mac = "52:54:00:83:01:0b"
    wait_for(lambda: mac in lab.heard("sw2").get("Ethernet1/47", ()), 60, "it is heard")
    lab.plant("sw2", swapped="Ethernet1/47,Ethernet1/2")
    wait_for(lambda: mac in lab.heard("sw2").get("Ethernet1/2", ()), 60, "it is heard on the other port")
    lab.clear("sw2")
    wait_for(lambda: mac in lab.heard("sw2").get("Ethernet1/47", ()), 60, "it is heard on its port again")


def test_a_server_boots_from_the_sites_network_over_the_switch(lab: SwitchLab, tmp_path: Path) -> None:
    """DHCP goes through port, bridge and uplink to the site and back; on the way the switches learn where the server is."""
    site = names.namespace(lab.name, "hall")
    run_inside(site, "ip", "addr", "add", "10.83.0.2/24", "dev", "br0")
    words = ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--user=root"]
    words += [
        "--port=0",
        "--interface=br0",
        "--bind-interfaces",
        "--pid-file",
        "--log-dhcp",
        "--leasefile-ro",
    ]
    words += ["--dhcp-range=10.83.0.0,static", f"--dhcp-host={C1},10.83.0.150"]
    log = tmp_path / "dnsmasq.log"
    try:
        with NamespaceHost(site) as host:
            server = host.start_daemon(words, log=log, outlive=False)
            machine = lab.machine("c1")
            machine.on()
            wait_for(
                lambda: f"DHCPACK(br0) 10.83.0.150 {C1}" in log.read_text(),
                90,
                "it gets an address",
                lambda: log.read_text() + console(machine),
            )
            assert C1 in lab.site_heard()
            assert {port for port, macs in lab.heard("sw1").items() if C1 in macs} == {"1"}
            assert {port for port, macs in lab.heard("sw2").items() if C1 in macs} <= {"Ethernet1/49"}
            server.kill()
    finally:
        run_inside(site, "ip", "addr", "del", "10.83.0.2/24", "dev", "br0")


# -- faults


def wait_heard(lab: SwitchLab, port: str) -> None:
    """Until c1 is heard on this port of sw1."""
    told = lambda: f"{lab.heard('sw1')} {console(lab.machine('c1'))}"  # noqa: E731
    wait_for(lambda: C1 in lab.heard("sw1").get(port, ()), 90, f"it is heard on port {port}", told)


def test_swapped_cables_end_in_each_others_ports(lab: SwitchLab) -> None:
    """Also those of a machine that runs, and after its next start."""
    machine = lab.machine("c1")
    machine.on()
    wait_heard(lab, "1")
    lab.plant("sw1", swapped="1,2")
    for _ in range(2):
        machine.reset()
        wait_heard(lab, "2")
        assert C1 not in lab.heard("sw1").get("1", ())
    lab.wait_port("sw1", IF_OPER, "1", DOWN)
    lab.wait_port("sw1", IF_OPER, "2", UP)
    indices = {name: index for index, name in lab.walk("sw1", IF_NAME).items()}
    assert (indices["1"], indices["2"]) == ("1001", "1002")  # ports stay, cables go
    machine.off()
    lab.plant("sw1", swapped=None)
    machine.on()
    wait_heard(lab, "1")


def test_swapped_cables_between_switches_are_seen_from_both_sides(lab: SwitchLab) -> None:
    wait_remote(lab, "sw2", CABLES["sw2"])
    lab.plant("sw1", swapped="49,50")
    wait_remote(lab, "sw1", {"49": ("sw2", "Ethernet1/50"), "50": ("sw2", "Ethernet1/49")})
    wait_remote(lab, "sw2", {"Ethernet1/49": ("sw1", "50"), "Ethernet1/50": ("sw1", "49")})
    lab.clear("sw1")
    wait_remote(lab, "sw2", CABLES["sw2"])


def test_an_unplugged_cable_leaves_a_port_that_is_on_and_has_no_link(lab: SwitchLab) -> None:
    wait_remote(lab, "sw2", CABLES["sw2"])
    lab.plant("sw1", unplugged="49")
    wait_remote(lab, "sw1", {"50": CABLES["sw1"]["50"]})
    wait_remote(lab, "sw2", {"Ethernet1/50": CABLES["sw2"]["Ethernet1/50"]})
    lab.wait_port("sw1", IF_OPER, "49", DOWN, NO_LINK)
    lab.wait_port("sw2", IF_OPER, "Ethernet1/49", DOWN, NO_LINK)
    assert lab.by_port("sw1", IF_ADMIN)["49"] == UP


def test_a_dead_port_is_off(lab: SwitchLab) -> None:
    lab.plant("sw2", dead_port="Ethernet1/49")
    lab.wait_port("sw2", IF_ADMIN, "Ethernet1/49", DOWN)
    lab.wait_port("sw1", IF_OPER, "49", DOWN, NO_LINK)
    lab.clear("sw2")
    lab.wait_port("sw2", IF_ADMIN, "Ethernet1/49", UP)
    wait_remote(lab, "sw1", CABLES["sw1"])


def test_a_stranger_is_heard_by_lldp_and_by_its_address(lab: SwitchLab) -> None:
    lab.plant("sw1", stranger="2")
    wait_remote(lab, "sw1", {"2": ("stranger-2", "eth0"), **CABLES["sw1"]})
    wait_for(
        lambda: len(lab.heard("sw1").get("2", ())) == 1,
        60,
        "its address is learned",
        lambda: str(lab.heard("sw1")),
    )
    lab.clear("sw1")
    wait_remote(lab, "sw1", CABLES["sw1"])
    assert not [name for name in names.namespaces_of(lab.name) if "stranger" in name]


def test_after_a_reset_all_is_counted_from_0(lab: SwitchLab) -> None:
    flood = ("ping", "-c", "50", "-i", "0.01", "-W", "1", "-b", "10.83.0.255")  # goes to every port
    run_inside_any(names.namespace(lab.name, "hall-h1"), *flood)
    wait_for(lambda: int(lab.by_port("sw1", IF_IN)["uplink"]) > 4000, 60, "the broadcasts were counted")
    before = int(lab.by_port("sw1", IF_IN)["uplink"])
    wait_for(lambda: ticks(lab) > 1500, 60, "it has run for longer than it will have")
    lab.plant("sw1", counter_reset=True)
    assert ticks(lab) < 1500
    assert int(lab.by_port("sw1", IF_IN)["uplink"]) < before
    assert faults.planted(lab.name, "sw1") == {}  # it is over
    wait_remote(lab, "sw1", CABLES["sw1"])


def test_no_cable_is_made_anew_while_its_machine_is_being_turned_on(lab: SwitchLab) -> None:
    """Else it would be in the machine's hands, or missing when the machine looks for it."""
    work = threading.Thread(target=lab.plant, args=("sw1",), kwargs={"counter_reset": True})
    with presence.changing(lab.machine("c1").directory):
        work.start()
        wait_for(lambda: lab.files("sw1").running("lldpd") is None, 20, "it has begun")
        work.join(1.0)
        assert work.is_alive()
    work.join(60)
    assert not work.is_alive()
    lab.machine("c1").on()
    wait_heard(lab, "1")


def run_inside_any(namespace: str, *argv: str) -> None:
    """Whatever it says: nobody answers a broadcast."""
    subprocess.run([*namespaces.inside(namespace), *argv], capture_output=True, check=False, timeout=60)


def ticks(lab: SwitchLab) -> int:
    """SysUpTime, hundredths of a second."""
    return int(lab.walk("sw1", switchlab.UPTIME)["0"].partition(")")[0].lstrip("("))


def test_an_agent_that_hangs_answers_again_when_the_fault_is_gone(lab: SwitchLab) -> None:
    lab.plant("sw1", agent_hangs=True)
    assert "Timeout" in lab.snmpwalk("sw1", IF_NAME).stderr
    status = lab.lab.data("lab", "status", "--name", lab.name, code=1)
    assert {one["name"]: one["agent"] for one in status["switches"]} == {"sw1": False, "sw2": True}
    lab.clear("sw1")
    assert "49" in lab.walk("sw1", IF_NAME).values()


@pytest.mark.parametrize("switch", SWITCHES)
def test_other_credentials_are_asked_for_while_the_fault_is_there(lab: SwitchLab, switch: str) -> None:
    lab.plant(switch, wrong_community=True)
    assert lab.snmpwalk(switch, IF_NAME).returncode != 0
    lab.clear(switch)
    assert "mgmt0" in lab.walk(switch, IF_NAME).values()
    wait_remote(lab, switch, CABLES[switch])


def test_several_faults_are_undone_in_one_go(lab: SwitchLab) -> None:
    command = ("lab", "fault", "sw1", "--name", lab.name)
    words = ("swapped=1,2,49", "unplugged=2", "stranger=50", "dead-port=1", "wrong-community", "agent-hangs")
    found = lab.lab.data(*command, *words)
    assert found["switch"] == "sw1"
    assert len(found["planted"]) == 6
    assert lab.lab.data(*command, "--clear", "all")["planted"] == {}
    assert lab.lab.data("lab", "status", "--name", lab.name)["state"] == "up"
    for switch in SWITCHES:
        wait_remote(lab, switch, CABLES[switch])
    lab.machine("c1").on()
    wait_heard(lab, "1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("swapped=1",), "two ports"),
        (("unplugged=3",), "no port '3'"),
        (("slow=5",), "there is no fault 'slow'"),
    ],
)
def test_what_cannot_be_planted_is_refused_and_nothing_is_changed(
    lab: SwitchLab, words: tuple[str, ...], said: str
) -> None:
    argv = ("lab", "fault", "sw1", "--name", lab.name, "agent-hangs", *words)
    assert said in lab.lab.microdc(*argv, code=2).stderr
    assert faults.planted(lab.name, "sw1") == {}
    assert "49" in lab.walk("sw1", IF_NAME).values()


# -- the end


@pytest.mark.usefixtures("_homes")
def test_down_leaves_nothing() -> None:
    """Also with faults planted, of which a stranger has a namespace of its own and a stopped agent hears no signal but one."""
    name = f"t{os.getpid()}swdown"
    try:
        done = subprocess.run(switchlab.up(name), capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        found = SwitchLab(RackLab(name, directory_of(name)))
        faulty = ("stranger=1", "unplugged=2", "agent-hangs")
        found.lab.microdc("lab", "fault", "sw1", "--name", name, *faulty)
        inside = [pid for one in names.namespaces_of(name) for pid in namespaces.pids(one)]
        assert len(inside) > 10
        found.lab.microdc("lab", "down", "--name", name)
        assert not names.namespaces_of(name)
        assert not names.lab_dir(name).exists()
        gone = lambda: not any(Path(f"/proc/{pid}").exists() for pid in inside)  # noqa: E731
        wait_for(gone, 20, "all processes have ended, and init has collected them")
    finally:
        for _ in clear(name):
            pass
