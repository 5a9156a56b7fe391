"""SshHost and what stands in the way of a login: keys, passphrases, host keys, login shells, full file systems."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from ssh_server import NEEDED, Server, authorize, client_key, serving, serving_in

from microdc.errors import InputError, MicrodcError, UnreachableError
from microdc.host import namespaces
from microdc.host.known_hosts import parse
from microdc.host.local import LocalHost
from microdc.host.model import Address
from microdc.host.operate import connect
from microdc.host.ssh import SshHost

pytestmark = [
    *NEEDED,
    pytest.mark.skipif(not shutil.which("ssh-agent"), reason="needs ssh-agent, ssh-add and ssh-keygen"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("ssh"), f"test-ssh-logins-{os.getpid()}") as server:
        yield server


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the user's own, in which there is nothing, and no agent."""
    home = tmp_path / "user"
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return home / ".ssh"


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The socket of an ssh-agent that holds no key."""
    where = tmp_path / "agent"
    process = LocalHost().start(["ssh-agent", "-D", "-a", str(where)])
    assert b"SSH_AUTH_SOCK" in process.stdout.readline()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(where))
    yield where
    process.kill()


def keygen(*words: str) -> None:
    done = LocalHost().run(["ssh-keygen", "-q", *words])
    assert done.ok, done.stderr


def add(key: Path) -> None:
    done = LocalHost().run(["ssh-add", "-q", str(key)])
    assert done.ok, done.stderr


def lock(key: Path) -> Path:
    keygen("-p", "-P", "", "-N", "secret", "-f", str(key))
    return key


def refusal(address: Address) -> MicrodcError:
    with pytest.raises(MicrodcError) as refused:
        connect(address).close()
    assert "secret" not in str(refused.value)
    return refused.value


def enters(address: Address) -> bool:
    with connect(address) as host:
        return host.run(["true"]).ok


# -- the user's keys


@pytest.mark.parametrize(
    "kind", [["-t", "ed25519"], ["-t", "ecdsa"], ["-t", "rsa", "-b", "2048"]], ids=lambda kind: kind[1]
)
@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
def test_keys_of_every_usual_kind_and_form_are_taken(
    server: Server, tmp_path: Path, kind: list[str], form: str
) -> None:
    key = tmp_path / "key"
    keygen(*kind, "-m", form, "-N", "", "-f", str(key))
    with (server.directory / "home/.ssh/authorized_keys").open("a") as lines:
        lines.write(key.with_suffix(".pub").read_text())
    key.with_suffix(".pub").unlink()
    assert enters(replace(server.address, identity=key))


def test_the_users_own_key_is_found(server: Server, home: Path) -> None:
    shutil.copy(server.directory / "id", home / "id_ed25519")
    assert enters(replace(server.address, identity=None))


def test_a_key_in_the_agent_is_found(server: Server, agent: Path) -> None:
    assert agent.is_socket()
    add(server.directory / "id")
    assert enters(replace(server.address, identity=None))


def test_no_key_at_all_says_how_to_name_one(server: Server) -> None:
    refused = refusal(replace(server.address, identity=None))
    assert "no key to log in with" in refused.what
    assert "identity" in refused.hint


def test_a_locked_key_without_agent_is_named_with_what_to_do(server: Server, tmp_path: Path) -> None:
    key = lock(client_key(tmp_path / "id"))
    refused = refusal(replace(server.address, identity=key))
    assert isinstance(refused, UnreachableError)
    assert f"the key {key} needs a passphrase, and there is no ssh-agent" in refused.what
    assert f"ssh-add {key}" in refused.hint


@pytest.mark.usefixtures("agent")
def test_a_locked_key_that_the_agent_does_not_hold_is_named(server: Server, tmp_path: Path) -> None:
    add(server.directory / "id")
    key = lock(client_key(tmp_path / "id"))
    assert "ssh-agent does not hold it" in refusal(replace(server.address, identity=key)).what


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("form", ["RFC4716", "PEM"])
def test_the_agents_unlocked_copy_of_the_identity_is_used(server: Server, tmp_path: Path, form: str) -> None:
    """And no other key that it holds: an OpenSSH file tells its public half, of a PEM the .pub beside it does."""
    key = tmp_path / "key"
    keygen("-t", "rsa", "-b", "2048", "-m", form, "-N", "", "-f", str(key))
    add(key)
    lock(key)
    if form == "RFC4716":
        key.with_suffix(".pub").rename(tmp_path / "moved.pub")
    add(server.directory / "id")
    address = replace(server.address, identity=key)
    assert "was refused for the key of" in refusal(address).what
    public = paramiko.RSAKey.from_private_key_file(str(key), "secret")
    with (server.directory / "home/.ssh/authorized_keys").open("a") as lines:
        lines.write(f"ssh-rsa {public.get_base64()}\n")
    assert enters(address)


@pytest.mark.usefixtures("agent")
def test_a_public_key_stands_for_the_private_one_in_the_agent(server: Server, tmp_path: Path) -> None:
    key = client_key(tmp_path / "id")
    authorize(server.directory, key)
    add(key)
    public = paramiko.Ed25519Key.from_private_key_file(str(key))
    beside = tmp_path / "id.pub"
    beside.write_text(f"ssh-ed25519 {public.get_base64()} me@here\n")
    assert enters(replace(server.address, identity=beside))


def test_a_public_key_named_by_mistake_is_told(server: Server, tmp_path: Path) -> None:
    keygen("-t", "ed25519", "-N", "", "-f", str(tmp_path / "id"))
    refused = refusal(replace(server.address, identity=tmp_path / "id.pub"))
    assert isinstance(refused, InputError)
    assert f"{tmp_path / 'id.pub'} is a public key" in refused.what
    assert refused.hint == f"name the private one: {tmp_path / 'id'}"


def test_a_locked_key_of_the_users_own_is_told_where_no_other_is_taken(server: Server, home: Path) -> None:
    locked = lock(client_key(home / "id_ed25519"))
    keygen("-t", "ecdsa", "-N", "", "-f", str(home / "id_ecdsa"))
    refused = refusal(replace(server.address, identity=None))
    assert "was refused" in refused.what
    assert f"{locked} needs a passphrase: ssh-add {locked}" in refused.hint


def test_a_key_that_others_may_read_is_refused_before_it_is_used(server: Server, tmp_path: Path) -> None:
    key = client_key(tmp_path / "id")
    key.chmod(0o644)
    refused = refusal(replace(server.address, identity=key))
    assert isinstance(refused, InputError)
    assert (refused.where, refused.hint) == (str(key), f"chmod 600 {key}")
    assert "0644" in refused.what


# -- the host's key


def test_a_pinned_key_stands_in_for_known_hosts(server: Server) -> None:
    pin = parse(server.known_line)[0].fingerprint
    assert enters(replace(server.address, known_hosts=None, host_key=pin))
    other = "SHA256:" + "A" * 43
    refused = refusal(replace(server.address, known_hosts=None, host_key=other))
    assert pin in refused.what
    assert f"{other} is pinned" in refused.what


def test_the_fingerprint_to_pin_is_told_with_an_unknown_key(server: Server, tmp_path: Path) -> None:
    (tmp_path / "known").touch()
    pin = parse(server.known_line)[0].fingerprint
    assert f"host_key: {pin}" in refusal(replace(server.address, known_hosts=tmp_path / "known")).hint


def test_a_hashed_line_is_understood(server: Server, tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.write_text(server.known_line)
    keygen("-H", "-f", str(known))
    assert "127.0.0.1" not in known.read_text()
    assert enters(replace(server.address, known_hosts=known))


def test_a_revoked_key_is_refused(server: Server, tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.write_text(server.known_line + "@revoked * " + server.known_line.partition(" ")[2])
    refused = refusal(replace(server.address, known_hosts=known))
    assert "is revoked in" in refused.what


def test_a_certificate_authority_does_not_stand_for_a_key(server: Server, tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.write_text("@cert-authority * " + server.known_line.partition(" ")[2])
    refused = refusal(replace(server.address, known_hosts=known))
    assert "is not known" in refused.what
    assert "certificates are not checked" in refused.hint


def test_a_key_of_another_kind_beside_the_right_one_does_no_harm(server: Server, tmp_path: Path) -> None:
    keygen("-t", "ecdsa", "-N", "", "-f", str(tmp_path / "key"))
    known = tmp_path / "known"
    known.write_text(f"127.0.0.1 {(tmp_path / 'key.pub').read_text()}{server.known_line}")
    assert enters(replace(server.address, known_hosts=known))


# -- login shells

SHELLS = {
    "a shell that greets": (
        '#!/bin/sh\necho Welcome to the lab\nexec /bin/sh "$@"\n', r"prints 'Welcome to the lab' before", "silent",
    ),
    "one that greets without an end of line": (
        "#!/bin/sh\nprintf 'Hi '\nexec /bin/sh \"$@\"\n", r"login shell of root prints 'Hi' before", "silent",
    ),
    "one that lets nobody in": (
        "#!/bin/sh\necho This account is currently not available.\nexit 1\n",
        "programs cannot be run there as root: This account is currently not available", "login shell",
    ),
    "a restricted one": (
        "#!/bin/sh\necho 'rbash: exec: restricted' >&2\nexit 126\n",
        "programs cannot be run there as root: rbash: exec: restricted", "login shell",
    ),
    "a silent one": ("#!/bin/sh\nexit 1\n", "programs cannot be run there as root: it said nothing", "login shell"),
}  # fmt: skip


@pytest.mark.parametrize(("shell", "words", "advice"), SHELLS.values(), ids=SHELLS)
def test_a_login_shell_that_cannot_be_used_is_told(
    tmp_path: Path, shell: str, words: str, advice: str
) -> None:
    namespace = f"test-ssh-shell-{os.getpid()}"
    namespaces.create(namespace)
    try:
        with serving_in(tmp_path, namespace, shell=shell) as server, SshHost(server.address) as host:
            for action in (lambda: host.run(["true"]), lambda: host.start(["cat"])):
                with pytest.raises(UnreachableError, match=words) as refused:
                    action()
                assert refused.value.where == "ssh://root@127.0.0.1"
                assert advice in refused.value.hint
    finally:
        namespaces.delete(namespace)


def test_a_greeting_on_the_errors_does_no_harm(tmp_path: Path) -> None:
    namespace = f"test-ssh-shell-{os.getpid()}"
    namespaces.create(namespace)
    shell = '#!/bin/sh\necho Welcome >&2\nexec /bin/sh "$@"\n'
    try:
        with serving_in(tmp_path, namespace, shell=shell) as server, SshHost(server.address) as host:
            assert host.run(["echo", "yes"]).stdout == b"yes\n"
    finally:
        namespaces.delete(namespace)


# -- file systems


@pytest.mark.parametrize(
    ("path", "words", "advice"),
    [
        ("small/file", "No space left on device", "make room"),
        ("frozen/file", "Read-only file system", "writable"),
        ("nowhere/file", "nonexistent", "make the directory"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_with_what_to_do(
    server: Server, path: str, words: str, advice: str
) -> None:
    place = f"{server.directory}/{path}"
    with SshHost(server.address) as host:
        with pytest.raises(UnreachableError, match=words) as refused:
            host.put(bytes(1_000_000), place)
        left = host.run(
            ["sh", "-c", f"ls -A {server.directory}/small {server.directory}/frozen"]
        ).stdout.decode()
    assert refused.value.what.startswith(f"cannot write {place}: ")
    assert refused.value.where == "ssh://root@127.0.0.1"
    assert advice in refused.value.hint
    assert "file" not in left


def test_a_missing_interpreter_ends_with_the_words_of_the_shell(server: Server) -> None:
    with SshHost(server.address) as host:
        with pytest.raises(UnreachableError, match="no program 'python3-that-is-not-there'"):
            host.run(["python3-that-is-not-there", "-c", ""])
        process = host.start(["python3-that-is-not-there"])
        assert process.wait(10) == 127
        assert "not found" in process.stderr_tail()
