"""Sessions with switches: what a command says is told apart from all else that a switch writes, and what fails is named."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from ssh_switch import PASSWORD, Script, Switch, Terminal, listening, switch

from microdc.errors import InputError
from microdc.switch.cli import operate
from microdc.switch.cli.errors import Cause, CommandError, SwitchError
from microdc.switch.cli.model import Login, Target
from microdc.switch.cli.session import open_session

CONFIG = "\n".join(
    [
        "Building configuration...",
        "",
        "Current configuration : 1432 bytes",
        "!",
        "! Last configuration change at 11:22:33 UTC Mon Mar 1 2021",
        "hostname sw1",
        "enable secret 5 $1$abcd$0123456789abcdefghijkl",
        *(f"interface GigabitEthernet1/0/{n}\n description to 🐟 c{n} sw1# (sw1>)\n!" for n in range(1, 49)),
        "banner motd ^C sw1#^C",
        "sw1#",
        "end",
        "",
    ]
)
SHOW = "show running-config"


def asked(script: Script, command: str, platform: str = "cisco_ios", patience: float = 10) -> str:
    with switch(script) as device, open_session(device.target(platform), patience=patience) as session:
        return session.ask(command)


def failure(device: Switch, target: Target | None = None, patience: float = 10) -> SwitchError:
    with pytest.raises(SwitchError) as caught, open_session(target or device.target(), patience=patience):
        pass
    assert caught.value.where == "hall.yaml:7"
    assert PASSWORD not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("platform", ["cisco_ios", "cisco_nxos", "arista_eos", "frr"])
def test_an_answer_ends_where_the_switch_ends_it_and_not_at_what_looks_like_a_prompt(platform: str) -> None:
    script = Script(
        answers={
            SHOW: CONFIG,
            "terminal width 511": "Width set to 511 columns.\n",
            "terminal length 0": "Pagination disabled.\n",
        }
    )
    assert asked(script, SHOW, platform) == CONFIG.rstrip("\n")


def test_sonic_is_asked_inside_its_own_command_line() -> None:
    script = Script(
        prompt="admin@leaf1:~$ ",
        modes={"sonic-cli": "leaf1# "},
        answers={
            "show running-configuration": "!\nhostname leaf1\n",
            "show version": "Software Version  : 4.3.0\n",
        },
        refused="%Error: Invalid input detected.",
    )
    with switch(script) as device:
        assert operate.config(device.target("dell_sonic")) == "!\nhostname leaf1\n"
        assert operate.facts(device.target("dell_sonic")).version == "4.3.0"


def test_junos_is_asked_with_paging_off() -> None:
    script = Script(
        prompt="admin@ex1> ",
        answers={
            "set cli screen-width 511": "Screen width set to 511\n",
            "set cli complete-on-space off": "Disabling complete-on-space\n",
            "set cli screen-length 0": "Screen length set to 0\n",
            "show configuration": "## Last commit: 2021-03-01 11:22:33 UTC by admin\nsystem {\n    host-name ex1;\n}\n",
        },
        refused="unknown command.",
    )
    with switch(script) as device:
        assert operate.config(device.target("juniper_junos")) == "system {\n    host-name ex1;\n}\n"


def test_characters_of_several_bytes_arrive_whole_wherever_a_packet_ends() -> None:
    def pieces(terminal: Terminal) -> None:
        for byte in "description Ñandú 🐟\r\n".encode():
            terminal.channel.sendall(bytes([byte]))
            time.sleep(0.002)

    assert asked(Script(answers={SHOW: pieces}), SHOW) == "description Ñandú 🐟"


PAGERS = [" --More-- ", "<--- More --->", "---(more 20%)---", "--more--", "-- MORE --, next page: Space"]


@pytest.mark.parametrize("wipe", ["\r", "\x08"])
@pytest.mark.parametrize("pager", PAGERS)
def test_a_pager_that_cannot_be_turned_off_is_paged_through(pager: str, wipe: str) -> None:
    answers = {SHOW: CONFIG, "terminal length 0": "% Unknown command\n"}
    assert asked(Script(answers=answers, pages=25, pager=pager, wipe=wipe), SHOW) == CONFIG.rstrip("\n")


LINK = "*Mar  1 00:01:02.003: %LINK-3-UPDOWN: Interface Gi1/0/1, changed state to up\n"


@pytest.mark.parametrize(
    "noise",
    [
        [f"\n{LINK}"] * 4,  # the cursor stays below: no prompt is drawn again
        [f"\n{LINK}sw1#"] * 12,  # logging synchronous
        ["\nMar  1 00:01: user sw1(confi logged in <console>\n"] * 4,
    ],
)
def test_messages_between_prompts_do_no_harm(noise: list[str]) -> None:
    script = Script(answers={SHOW: "hostname sw1\nend\n"}, noise=list(noise))
    assert asked(script, SHOW).splitlines()[-2:] == ["hostname sw1", "end"]
    assert script.heard.count(SHOW) == 1


def test_half_a_prompt_in_the_middle_of_a_message_ends_no_answer() -> None:
    def noisy(terminal: Terminal) -> None:
        terminal.say("interface Gi1/0/1\nsw1(confi")
        time.sleep(0.3)
        terminal.say(f"\n{LINK}sw1#\n")
        time.sleep(0.3)
        terminal.say(" shutdown\n")

    assert asked(Script(answers={SHOW: noisy}), SHOW).splitlines()[-1] == " shutdown"


def test_an_answer_with_a_message_in_it_is_asked_for_again() -> None:
    times = iter([f"hostname s{LINK}w1\n{LINK}end\n", "hostname sw1\nend\n"])
    script = Script(answers={SHOW: lambda terminal: terminal.say(next(times))})
    with switch(script) as device, open_session(device.target()) as session:
        assert session.answers([SHOW]) == {SHOW: "hostname sw1\nend"}


def test_a_switch_that_never_stops_talking_of_links_is_read_all_the_same() -> None:
    script = Script(answers={SHOW: f"hostname sw1\n{LINK}end\n"})
    with switch(script) as device, open_session(device.target()) as session:
        assert session.answers([SHOW]) == {SHOW: "hostname sw1\nend"}


def test_a_command_that_is_refused_is_named_with_what_the_switch_says() -> None:
    with pytest.raises(CommandError, match=r"`show nonsense` was not taken: % Invalid input detected at"):
        asked(Script(), "show nonsense")


def test_a_command_that_asks_back_is_left() -> None:
    def question(terminal: Terminal) -> None:
        terminal.say("Destination filename [startup-config]? [confirm]")
        terminal.line(echo=False)

    with pytest.raises(SwitchError, match="asks back") as caught:
        asked(Script(answers={"copy run start": question}), "copy run start")
    assert (caught.value.cause, caught.value.sent) == (Cause.DIALOGUE, True)


# privileges


def test_privileges_are_asked_for_and_the_prompt_learned_anew() -> None:
    script = Script(prompt="sw1>", secret="up we go", answers={SHOW: CONFIG})
    with switch(script) as device:
        target = device.target(login=Login("admin", PASSWORD, enable="up we go"))
        text = operate.config(target)
    assert text.splitlines()[:2] == ["!", "hostname sw1"]
    assert "up we go" not in text


@pytest.mark.parametrize(
    ("enable", "said"),
    [("", "the credentials hold none for it"), ("wrong", "was refused: % Access denied")],
)
def test_an_enable_password_that_is_missing_or_wrong_is_named(enable: str, said: str) -> None:
    script = Script(prompt="sw1>", secret="up we go", answers={SHOW: CONFIG})
    with switch(script) as device, pytest.raises(SwitchError, match=said) as caught:
        operate.config(device.target(login=Login("admin", PASSWORD, enable=enable)))
    assert caught.value.cause is Cause.ENABLE
    assert SHOW not in script.heard


def test_on_linux_the_password_is_that_of_sudo() -> None:
    def sudo(terminal: Terminal) -> None:
        terminal.say("[sudo] password for admin: ")
        assert terminal.line(echo=False) == PASSWORD
        terminal.prompt = "root@sw1:/home/admin# "

    script = Script(prompt="admin@sw1:~$ ", answers={"sudo -s": sudo, "id -u": "0\n"})
    with switch(script) as device, open_session(device.target("linux")) as session:
        session.raise_privileges()
        assert session.ask("id -u") == "0"


def test_nothing_of_a_session_is_left_in_the_log_of_netmiko() -> None:
    log = logging.getLogger("netmiko")
    before = list(log.filters)
    with switch(Script()) as device:
        with open_session(device.target()):
            pass
        failure(device, device.target(login=Login("admin", "guess")))
    assert log.filters == before


# logging in


def test_a_login_that_is_refused_is_tried_once() -> None:
    with switch(Script()) as device:
        problem = failure(device, device.target(login=Login("admin", "guess")))
        assert (problem.cause, device.tries) == (Cause.LOGIN, 1)
    assert "guess" not in str(problem)


def test_a_switch_with_another_host_key_gets_no_password() -> None:
    with switch(Script()) as device:
        problem = failure(device, device.target(host_key="SHA256:" + "A" * 43))
        assert (problem.cause, device.tries) == (Cause.UNTRUSTED, 0)
    assert "is pinned" in problem.what


def test_known_hosts_decides_where_no_key_is_pinned(tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    with switch(Script(answers={"show clock": "noon\n"})) as device:
        known.write_text("")
        unknown = failure(device, device.target(host_key="", known_hosts=known))
        assert (unknown.cause, device.tries) == (Cause.UNTRUSTED, 0)
        assert device.host_key in unknown.hint
        line = f"[127.0.0.1]:{device.port} {_public(device.port)}\n"
        known.write_text(line)
        with open_session(device.target(host_key="", known_hosts=known)) as session:
            assert session.ask("show clock") == "noon"
        other = paramiko.RSAKey.generate(2048)
        known.write_text(f"[127.0.0.1]:{device.port} ssh-rsa {other.get_base64()}\n")
        changed = failure(device, device.target(host_key="", known_hosts=known))
    assert changed.cause is Cause.UNTRUSTED  # and not "too old", although they share no kind of key
    assert "another machine answers" in changed.hint


def _public(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port)) as line:
        transport = paramiko.Transport(line)
        try:
            transport.start_client(timeout=10)
            key = transport.get_remote_server_key()
            return f"{key.get_name()} {key.get_base64()}"
        finally:
            transport.close()


def _must_change(terminal: Terminal) -> None:
    terminal.say(
        "WARNING: Your password has expired.\nYou must change your password now and login again!\nCurrent password: "
    )
    terminal.line(echo=False)


def _initial_password(terminal: Terminal) -> None:
    terminal.say("\nThe password must be changed before going on.\nEnter new password: ")
    terminal.line(echo=False)


def _hangs_up(terminal: Terminal) -> None:
    terminal.say("Password change required but no TTY available.\n")


@pytest.mark.parametrize("dialogue", [_must_change, _initial_password, _hangs_up])
def test_a_password_that_has_expired_is_named_and_none_is_typed(dialogue: object) -> None:
    script = Script(dialogue=dialogue)  # type: ignore[arg-type]
    with switch(script) as device:
        problem = failure(device)
    assert problem.cause is Cause.PASSWORD_EXPIRED
    assert not any(script.heard)


def test_a_password_that_will_expire_is_no_reason_to_stop() -> None:
    script = Script(
        greeting="Your password will expire in 5 days.\nNever tell your password: or else!\n",
        answers={"show clock": "noon\n"},
    )
    assert asked(script, "show clock") == "noon"


def _asks_again(terminal: Terminal) -> None:
    terminal.say("\nUser Access Verification\n\nPassword: ")
    terminal.line()


def _boots(terminal: Terminal) -> None:
    terminal.say("Booting, please wait")
    while True:
        terminal.key()


def test_a_second_login_is_named() -> None:
    with switch(Script(dialogue=_asks_again)) as device:
        assert failure(device).cause is Cause.LOGIN


def test_a_switch_that_shows_no_prompt_does_not_hold_us() -> None:
    with switch(Script(dialogue=_boots)) as device:
        problem = failure(device, patience=1)
    assert problem.cause is Cause.TIMEOUT
    assert "please wait" in problem.what


def test_a_switch_that_goes_away_in_the_middle_is_named() -> None:
    def dies(terminal: Terminal) -> None:
        terminal.say("hostname sw1\n% System is going down")
        raise EOFError

    with pytest.raises(SwitchError, match="going down") as caught:
        asked(Script(answers={SHOW: dies}), SHOW)
    assert (caught.value.cause, caught.value.sent) == (Cause.ENDED, True)


def test_an_unknown_platform_is_refused_before_anything_is_sent() -> None:
    with (
        switch(Script()) as device,
        pytest.raises(InputError, match="no platform is called 'cisco_isos'"),
        open_session(device.target("cisco_isos")),
    ):
        pass
    assert device.tries == 0


# what is no SSH, or too old a one


@contextmanager
def answering(first: bytes) -> Iterator[int]:
    """A server that says just this to everybody who comes."""
    with listening() as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(10)
                    connection.sendall(first)
                    try:
                        while connection.recv(4096):
                            pass
                    except OSError:
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(20)


def key_exchange(*lists: str) -> bytes:
    """SSH_MSG_KEXINIT (RFC 4253, 7.1) as a server sends it first."""
    payload = bytes([20]) + bytes(16)
    for names in (*lists, *[""] * (10 - len(lists))):
        payload += struct.pack(">I", len(names)) + names.encode()
    payload += bytes(5)
    padding = 8 - (len(payload) + 5) % 8 + 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def _target(port: int) -> Target:
    return Target(
        "sw1",
        "127.0.0.1",
        "cisco_ios",
        Login("admin", PASSWORD),
        where="hall.yaml:7",
        port=port,
        host_key="SHA256:x",
    )


@pytest.mark.parametrize(
    ("lists", "named"),
    [
        (
            [
                "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1",
                "ssh-rsa",
                "aes128-ctr",
                "aes128-ctr",
                "hmac-sha1",
                "hmac-sha1",
                "none",
                "none",
            ],
            "key exchange diffie-hellman-group1-sha1, diffie-hellman-group14-sha1; host key ssh-rsa",
        ),
        (
            [
                "curve25519-sha256@libssh.org",
                "ssh-rsa",
                "aes128-ctr",
                "aes128-ctr",
                "hmac-sha2-256",
                "hmac-sha2-256",
                "none",
                "none",
            ],
            "host key ssh-rsa",
        ),
        (
            [
                "curve25519-sha256@libssh.org",
                "ssh-ed25519",
                "arcfour",
                "arcfour",
                "hmac-sha1",
                "hmac-sha1",
                "none",
                "none",
            ],
            "cipher arcfour",
        ),
    ],
)
def test_a_switch_that_speaks_only_what_is_broken_by_now_is_named_with_the_remedy(
    lists: list[str], named: str
) -> None:
    with (
        answering(b"SSH-2.0-Cisco-1.25\r\n" + key_exchange(*lists)) as port,
        pytest.raises(SwitchError) as caught,
        open_session(_target(port)),
    ):
        pass
    assert caught.value.cause is Cause.TOO_OLD
    assert (
        caught.value.what == f"the switch (SSH-2.0-Cisco-1.25) speaks only SSH that is broken by now: {named}"
    )
    assert "netmiko[par4]" in caught.value.hint


def test_what_is_no_ssh_server_is_named() -> None:
    with (
        answering(b"HTTP/1.0 400 Bad Request\r\n\r\n" * 200) as port,
        pytest.raises(SwitchError) as caught,
        open_session(_target(port)),
    ):
        pass
    assert caught.value.cause is Cause.NOT_SSH


def test_a_port_at_which_nobody_listens_is_named() -> None:
    with listening() as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SwitchError, match="refuses connections") as caught, open_session(_target(port)):
        pass
    assert caught.value.cause is Cause.REFUSED


def test_an_address_that_is_none_is_named() -> None:
    target = replace(_target(22), address="no-such-host.invalid")
    with pytest.raises(SwitchError) as caught, open_session(target):
        pass
    assert caught.value.cause is Cause.NO_ROUTE
