"""What the agent keeps, with a kernel that records what it is told and refuses what a test wants refused."""

from __future__ import annotations

import errno
import json
import struct
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from microdc.agent.resident import change
from microdc.agent.resident import keeper as module
from microdc.agent.resident.keeper import MAX_NOTES, Keeper
from microdc.agent.resident.kernel import BURST_BYTES, BURST_MESSAGES
from microdc.agent.resident.record import Record


class Kernel:
    """Stands for agent.resident.kernel.Kernel. told: all messages in order. on_request: runs before each."""

    def __init__(self) -> None:
        self.number = 1
        self.told: list[str] = []
        self.refused: dict[str, tuple[int, str]] = {}
        self.on_request: Any = None

    def burst(self, messages: list[bytes]) -> dict[int, tuple[int, str]]:
        """Like the kernel, it stops at nothing."""
        answers = [self.request(message) for message in messages]
        return {number: answer for number, answer in enumerate(answers) if answer[0]}

    def request(self, message: bytes) -> tuple[int, str]:
        text = words(message)
        if self.on_request:
            self.on_request(text)
        self.told.append(text)
        return self.refused.get(text, (0, ""))

    def dump(self, message: bytes) -> bytes:
        return b"<" + message + b">"


class Died(BaseException):
    """Stands for kill -9: nothing of the agent runs after it."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(module, "boottime", lambda: now[0])
    return now


@pytest.fixture
def offloads(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], bool]:
    """The offloads of two interfaces: (name, what) -> on."""
    values = {("x", "gro"): True, ("x", "lro"): False, ("y", "gro"): True}

    def offload(interface: str, name: str, *, on: bool | None = None) -> bool | None:
        if on is not None and (interface, name) in values:
            values[interface, name] = on
        return values.get((interface, name))

    monkeypatch.setattr(module, "offload", offload)
    monkeypatch.setattr(change, "offload", offload)
    return values


@pytest.fixture
def keeper(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clock: list[float],  # noqa: ARG001 - both are for all tests
    offloads: dict[tuple[str, str], bool],  # noqa: ARG001
) -> Keeper:
    monkeypatch.setattr(module, "Kernel", Kernel)
    return Keeper(tmp_path)


def told(keeper: Keeper) -> list[str]:
    """What the kernel has heard since the last look."""
    assert isinstance(keeper.kernel, Kernel)
    heard, keeper.kernel.told = keeper.kernel.told, []
    return heard


def refuse(keeper: Keeper, message: str, code: int, words: str = "no") -> None:
    assert isinstance(keeper.kernel, Kernel)
    keeper.kernel.refused[message] = code, words


NEW, DELETE, GET_DUMP = (36, 0x405), (37, 5), (42, 0x301)


def framed(message: str, kind: tuple[int, int] = NEW) -> bytes:
    """Words as the body of a netlink message. kind: its type and flags."""
    body = message.encode()
    return struct.pack("=IHHII", 16 + len(body), *kind, 0, 0) + body + b"\0" * (-len(body) % 4)


def words(message: bytes) -> str:
    return message[16 : struct.unpack_from("=I", message)[0]].decode()


def text(*messages: str) -> str:
    """What begins with "del" removes something."""
    each = [framed(one, DELETE if one.startswith("del") else NEW) for one in messages]
    return b64encode(b"".join(each)).decode()


def layer(ident: str, *slots: str, seconds: float | None = None, bottom: bool = False) -> dict[str, Any]:
    values = {slot: {"messages": text(f"{ident} on {slot}"), "data": {"of": ident}} for slot in slots}
    return {
        "id": ident,
        "owner": "me",
        "reason": "why not",
        "seconds": seconds,
        "rank": 0 if bottom else 2,
        "data": {},
        "values": values,
    }


def port(name: str, *slots: str) -> dict[str, Any]:
    clean = {slot: text(f"clean {slot}") for slot in slots}
    return {name: {"index": 1, "clean": clean, "bare": text(f"bare {name}"), "singly": ["gro", "lro"]}}


def commit(keeper: Keeper, *batch: tuple[str, *tuple[str, ...]], **more: Any) -> dict[str, Any]:
    request = {
        "verb": "commit",
        "generation": keeper.generation,
        "batch": text(*(message for message, *_ in batch)),
        "inverse": [text(*inverse) for _, *inverse in batch],
        "layers": {"put": more.get("put", []), "drop": more.get("drop", [])},
        "ports": more.get("ports", {}),
        "bare": more.get("bare", []),
        "confirm": more.get("confirm"),
        "change": more.get("change", "c"),
        "serial": more.get("serial", 0),
        "read_back": more.get("read_back", {}),
    }
    return keeper.answer(json.loads(json.dumps({**request, **more.get("also", {})})))


def state(keeper: Keeper) -> dict[str, Any]:
    found: dict[str, Any] = keeper.answer({"verb": "read", "dumps": {}})["state"]
    return found


def laid(keeper: Keeper) -> list[str]:
    return [kept["id"] for kept in state(keeper)["layers"]]


def notes(keeper: Keeper) -> str:
    return "\n".join(note["text"] for note in keeper.notes)


def test_a_commit_tells_the_kernel_and_reads_back(keeper: Keeper) -> None:
    request = b64encode(framed("....????", GET_DUMP) + framed("....????.", GET_DUMP)).decode()
    answer = commit(
        keeper,
        ("a", "-a"),
        ("b", "-b"),
        put=[layer("o1", "x/1")],
        read_back={"lo": {"q": request}, "gone": {"q": request}},
    )
    assert told(keeper) == ["a", "b"]
    assert answer["state"]["generation"] == 1
    shown = b64decode(answer["dumps"]["lo"]["q"])
    of_lo = framed("....\1\0\0\0", GET_DUMP), framed("....\1\0\0\0.", GET_DUMP)
    assert shown == b"".join(b"<" + one + b">" for one in of_lo)
    assert answer["dumps"]["gone"] is None
    assert laid(keeper) == ["o1"]


def test_a_refused_message_takes_back_what_came_before_it(keeper: Keeper, tmp_path: Path) -> None:
    refuse(keeper, "c", errno.EINVAL, "cannot do this")
    answer = commit(
        keeper, ("a", "-a"), ("b", "-b1", "-b2"), ("c", "-c"), ("d", "-d"), put=[layer("o1", "x/1")]
    )
    # the kernel has done what came behind before it is known; the refused one is asked for once more, by itself
    assert told(keeper) == ["a", "b", "c", "d", "-d", "c", "-b1", "-b2", "-a"]
    assert (answer["error"], answer["errno"], answer["index"]) == ("cannot do this", errno.EINVAL, 2)
    assert answer["not_rolled_back"] == []
    assert "lo" in answer["interfaces"]
    assert laid(keeper) == []
    assert keeper.generation == 0
    assert Record(tmp_path / "state.json").load()["pending"] is None


def test_of_several_refused_messages_the_first_is_told(keeper: Keeper) -> None:
    refuse(keeper, "b", errno.EINVAL, "not b")
    refuse(keeper, "c", errno.EINVAL, "nor c")
    answer = commit(keeper, ("a", "-a"), ("b", "-b"), ("c", "-c"), ("d", "-d"))
    assert told(keeper) == ["a", "b", "c", "d", "-d", "b", "-a"]
    assert (answer["error"], answer["index"]) == ("not b", 1)


def test_what_is_refused_for_a_moment_is_done_in_its_turn(keeper: Keeper) -> None:
    """As what is busy."""
    assert isinstance(keeper.kernel, Kernel)
    kernel, heard = keeper.kernel, []

    def once(message: str) -> None:
        heard.append(message)
        kernel.refused = {"b": (errno.EBUSY, "busy")} if heard.count("b") == 1 else {}

    kernel.on_request = once
    assert "error" not in commit(keeper, ("a", "-a"), ("b", "-b"), ("c", "-c"))
    assert told(keeper) == ["a", "b", "c", "-c", "b", "c"]


def test_what_comes_behind_a_removal_waits_for_it(keeper: Keeper) -> None:
    refuse(keeper, "del b", errno.EBUSY)
    commit(keeper, ("a", "-a"), ("del b", "b"), ("c", "-c"))
    assert told(keeper) == ["a", "del b", "-a"]


def test_what_has_no_inverse_waits_for_that_on_whose_inverse_it_relies(keeper: Keeper) -> None:
    refuse(keeper, "root", errno.EEXIST)
    commit(keeper, ("a", "-a"), ("root", "-root"), ("below it",), ("below that",))
    assert told(keeper) == ["a", "root", "root", "-a"]


def test_many_messages_go_in_bursts_that_a_socket_holds() -> None:
    def ends(sizes: list[int]) -> list[int]:
        return [end for _, end in change.bursts([framed("x" * size) for size in sizes], ["x"] * len(sizes))]

    assert ends([1] * (2 * BURST_MESSAGES + 1)) == [
        BURST_MESSAGES,
        2 * BURST_MESSAGES,
        2 * BURST_MESSAGES + 1,
    ]
    assert ends([BURST_BYTES // 2, BURST_BYTES // 4, BURST_BYTES // 2, 2 * BURST_BYTES, 1]) == [2, 3, 4, 5]
    assert ends([]) == []


@pytest.mark.parametrize("missing", ["inverse", "one inverse", "half a message"])
def test_a_batch_that_does_not_fit_together_changes_nothing(keeper: Keeper, missing: str) -> None:
    wrong: dict[str, Any] = {"inverse": None} if missing == "inverse" else {"inverse": [text("-a")]}
    if missing == "half a message":
        wrong = {"batch": b64encode(framed("a") + framed("b")[:17]).decode()}
    with pytest.raises((TypeError, ValueError)):
        commit(keeper, ("a", "-a"), ("b", "-b"), put=[layer("o1", "x/1")], also=wrong)
    assert (told(keeper), laid(keeper)) == ([], [])


def test_what_could_not_be_taken_back_is_told(keeper: Keeper) -> None:
    refuse(keeper, "b", errno.EINVAL)
    refuse(keeper, "-a", errno.EBUSY, "in use")
    assert commit(keeper, ("a", "-a"), ("b",))["not_rolled_back"] == ["in use"]


def test_what_went_with_its_interface_needs_no_taking_back(keeper: Keeper) -> None:
    refuse(keeper, "b", errno.ENODEV)
    refuse(keeper, "-a", errno.ENODEV)
    assert commit(keeper, ("a", "-a"), ("b",))["not_rolled_back"] == []


def test_a_commit_on_an_older_state_changes_nothing(keeper: Keeper) -> None:
    commit(keeper, ("a", "-a"))
    told(keeper)
    assert commit(keeper, ("b", "-b"), also={"generation": 0}) == {"error": "changed", "generation": 1}
    assert told(keeper) == []


@pytest.mark.parametrize("missing", ["batch", "layers", "ports", "bare"])
def test_a_request_with_a_part_missing_changes_nothing(keeper: Keeper, missing: str) -> None:
    with pytest.raises((AttributeError, KeyError, TypeError)):
        commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")], also={missing: None})
    assert told(keeper) == []
    assert laid(keeper) == []


def test_a_kernel_that_does_not_answer_means_that_all_is_taken_back(keeper: Keeper) -> None:
    assert isinstance(keeper.kernel, Kernel)

    def silent(message: str) -> None:
        if message == "b":
            raise TimeoutError("no answer")

    keeper.kernel.on_request = silent
    answer = commit(keeper, ("a", "-a"), ("b", "-b"), ("c", "-c"), put=[layer("o1", "x/1")])
    assert "no answer" in answer["error"]
    assert told(keeper) == ["a", "-c", "-b", "-a"]
    assert laid(keeper) == []
    assert "taken back: no answer" in notes(keeper)


def test_a_full_disk_means_that_nothing_is_changed(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = []

    def write_text(path: Path, *_: Any) -> int:
        saved.append(path)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", write_text)
    answer = commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")])
    assert answer["errno"] == errno.ENOSPC
    assert saved
    assert told(keeper) == []
    assert laid(keeper) == []


@pytest.mark.parametrize("at", ["a", "b", "c"])
def test_an_agent_that_died_in_a_change_takes_it_back_when_it_starts_again(
    keeper: Keeper, offloads: dict[tuple[str, str], bool], tmp_path: Path, at: str
) -> None:
    commit(keeper, put=[layer("below", "x/1")], ports=port("x", "x/1"))
    assert isinstance(keeper.kernel, Kernel)

    def die(message: str) -> None:
        if message == at:
            raise Died

    keeper.kernel.on_request = die
    with pytest.raises(Died):
        commit(
            keeper,
            ("a", "-a"),
            ("b", "-b"),
            ("c", "-c"),
            put=[layer("o1", "y/1")],
            ports=port("y", "y/1"),
        )
    restarted = Keeper(tmp_path)
    assert told(restarted) == ["-c", "-b", "-a"]
    assert laid(restarted) == ["below"]
    assert offloads["y", "gro"]
    assert "died in a change" in notes(restarted)
    assert Keeper(tmp_path).kernel.told == []  # type: ignore[attr-defined]


def test_what_was_not_carried_out_is_no_trouble_when_it_is_taken_back(
    keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper._save({"inverse": [text("-a"), text("-b"), text("-c")], "switches": []})

    def request(_: Kernel, message: bytes) -> tuple[int, str]:
        codes = {
            "-a": (errno.ENOENT, "not there"),
            "-b": (errno.EEXIST, "there"),
            "-c": (errno.EBUSY, "used"),
        }
        return codes[words(message)]

    monkeypatch.setattr(Kernel, "request", request)
    assert notes(Keeper(tmp_path)) == "the agent died in a change, which was taken back; used"


def test_layers_and_notes_outlive_the_process(keeper: Keeper, tmp_path: Path) -> None:
    commit(keeper, put=[layer("o1", "x/1", seconds=500), layer("o2", "x/1")], ports=port("x", "x/1"))
    keeper._note("something")
    keeper._save()
    again = Keeper(tmp_path)
    assert laid(again) == ["o1", "o2"]
    assert again.generation == 1
    assert state(again)["layers"][0]["remaining"] == 500
    assert notes(again) == "something"


@pytest.mark.parametrize("content", ["", "{", "\0\0", '{"protocol": 99}'])
def test_a_state_that_cannot_be_read_is_no_state(keeper: Keeper, tmp_path: Path, content: str) -> None:
    commit(keeper, put=[layer("o1", "x/1")])
    (tmp_path / "state.json").write_text(content)
    assert not Keeper(tmp_path).keeps


def test_revert_brings_back_the_layers_and_the_kernel(
    keeper: Keeper, offloads: dict[tuple[str, str], bool], tmp_path: Path
) -> None:
    commit(keeper, put=[layer("o1", "x/1")], ports=port("x", "x/1"))
    commit(keeper, ("a", "-a"), ("b", "-b"), drop=["o1"], bare=["x"])
    assert offloads["x", "gro"]
    told(keeper)
    answer = keeper.answer({"verb": "revert", "generation": 2, "change": "c"})
    assert answer == {"generation": 3, "not_rolled_back": []}
    assert told(keeper) == ["-b", "-a"]
    assert laid(keeper) == ["o1"]
    assert not offloads["x", "gro"]
    assert keeper.answer({"verb": "revert", "generation": 3, "change": "c"})["error"] == "changed"
    again = Keeper(tmp_path)
    assert (laid(again), told(again)) == (["o1"], [])


def test_an_agent_that_died_in_a_revert_ends_it(keeper: Keeper, tmp_path: Path) -> None:
    commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")])
    assert isinstance(keeper.kernel, Kernel)

    def die(_: str) -> None:
        raise Died

    keeper.kernel.on_request = die
    with pytest.raises(Died):
        keeper.answer({"verb": "revert", "generation": 1, "change": "c"})
    again = Keeper(tmp_path)
    assert (laid(again), told(again)) == ([], ["-a"])


def test_offloads_are_turned_off_where_they_were_on_and_given_back(
    keeper: Keeper, offloads: dict[tuple[str, str], bool]
) -> None:
    before = dict(offloads)
    commit(keeper, put=[layer("o1", "x/1")], ports=port("x", "x/1"))
    assert not offloads["x", "gro"]
    offloads["x", "gro"] = True  # the interface was made anew, say
    commit(keeper, ports=port("x", "x/1"))
    assert not offloads["x", "gro"]
    assert offloads["y", "gro"]
    commit(keeper, drop=["o1"], bare=["x"])
    assert offloads == before
    assert not keeper.keeps


@pytest.mark.parametrize("ends", [False, True])
def test_what_is_no_switch_gets_its_very_value_back(
    keeper: Keeper, clock: list[float], offloads: dict[tuple[str, str], int], *, ends: bool
) -> None:
    offloads["x", "segments"] = 40
    held = {"x": {**port("x", "x/1")["x"], "singly": ["segments"]}}
    commit(keeper, put=[layer("o1", "x/1", seconds=1)], ports=held)
    assert offloads["x", "segments"] == 1
    commit(
        keeper, put=[layer("o2", "x/1", seconds=1)], ports=held
    )  # what is single already is not taken for its value
    if ends:
        clock[0] += 1
        keeper.expire()
    else:
        commit(keeper, drop=["o1", "o2"], bare=["x"])
    assert offloads["x", "segments"] == 40


def test_a_refused_commit_leaves_offloads_alone(
    keeper: Keeper, offloads: dict[tuple[str, str], bool]
) -> None:
    before = dict(offloads)
    refuse(keeper, "a", errno.EPERM)
    commit(keeper, ("a", "-a"), ports=port("x", "x/1"))
    assert offloads == before
    assert not keeper.keeps


def confirm(seconds: float = 30.0) -> dict[str, Any]:
    return {"seconds": seconds, "by": "ann"}


def test_a_change_that_is_not_confirmed_in_time_is_taken_back(
    keeper: Keeper, clock: list[float], offloads: dict[tuple[str, str], bool], tmp_path: Path
) -> None:
    before = dict(offloads)
    commit(keeper, put=[layer("below", "y/1")], ports=port("y", "y/1"))
    answer = commit(
        keeper, ("a", "-a"), ("b", "-b"), put=[layer("o1", "x/1")], ports=port("x", "x/1"), confirm=confirm()
    )
    assert answer["state"]["unconfirmed"] == {"by": "ann", "remaining": 30.0}
    assert keeper.next_end() == 30
    clock[0] += 29.9
    keeper.expire()
    assert told(keeper) == ["a", "b"]
    clock[0] += 0.2
    keeper.expire()
    assert told(keeper) == ["-b", "-a"]
    assert laid(keeper) == ["below"]
    assert offloads["x", "gro"] == before["x", "gro"]
    assert notes(keeper) == "a change by ann was taken back: not confirmed within 30 s"
    assert state(keeper)["unconfirmed"] is None
    again = Keeper(tmp_path)
    assert (laid(again), told(again), again.next_end()) == (["below"], [], None)


def test_a_change_that_is_confirmed_stays(keeper: Keeper, clock: list[float], tmp_path: Path) -> None:
    commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")], confirm=confirm())
    for _ in range(2):  # whose answer was lost asks again
        answer = keeper.answer({"verb": "confirm", "generation": 1, "change": "c", "read_back": {}})
        assert answer["state"]["unconfirmed"] is None
    clock[0] += 100
    keeper.expire()
    assert laid(keeper) == ["o1"]
    assert Keeper(tmp_path).next_end() is None


def test_a_confirmation_that_comes_late_is_told(keeper: Keeper, clock: list[float]) -> None:
    commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")], confirm=confirm())
    clock[0] += 31
    keeper.expire()
    assert (
        keeper.answer({"verb": "confirm", "generation": 1, "change": "c", "read_back": {}})["error"]
        == "changed"
    )


def test_nobody_changes_anything_while_a_change_waits(keeper: Keeper, clock: list[float]) -> None:
    commit(keeper, put=[layer("o1", "x/1", seconds=5)], ports=port("x", "x/1"))
    commit(keeper, ("a", "-a"), put=[layer("o2", "x/1")], confirm=confirm())
    told(keeper)
    clock[0] += 10
    keeper.expire()
    assert laid(keeper) == ["o1", "o2"]
    refused = commit(keeper, ("b", "-b"))
    assert refused == {"error": "unconfirmed", "by": "ann", "remaining": 20.0}
    assert told(keeper) == []
    clock[0] += 20
    keeper.expire()
    assert laid(keeper) == []
    assert told(keeper) == ["-a", "bare x"]


@pytest.mark.parametrize("late", [False, True])
def test_an_unconfirmed_change_is_taken_back_on_time_though_the_agent_was_killed(
    keeper: Keeper, clock: list[float], tmp_path: Path, *, late: bool
) -> None:
    commit(keeper, put=[layer("below", "x/1")])
    commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")], confirm=confirm())
    clock[0] += 100 if late else 10
    again = Keeper(tmp_path)
    assert again.next_end() == (0 if late else 20)
    clock[0] += 20
    again.expire()
    assert (told(again), laid(again)) == (["-a"], ["below"])


def test_an_unconfirmed_change_is_reverted_at_once_when_that_is_asked(keeper: Keeper, tmp_path: Path) -> None:
    commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")], confirm=confirm())
    again = Keeper(tmp_path)
    assert again.answer({"verb": "revert", "generation": 1, "change": "c"}) == {
        "generation": 2,
        "not_rolled_back": [],
    }
    assert (told(again), laid(again), again.next_end()) == (["-a"], [], None)


def test_a_full_disk_does_not_keep_an_unconfirmed_change(
    keeper: Keeper, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")], confirm=confirm())

    def write_text(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", write_text)
    answer = keeper.answer({"verb": "confirm", "generation": 1, "change": "c", "read_back": {}})
    assert answer["errno"] == errno.ENOSPC
    clock[0] += 31
    keeper.expire()
    assert (told(keeper), laid(keeper)) == (["a", "-a"], [])


def test_only_the_change_that_is_named_is_confirmed_or_taken_back(keeper: Keeper) -> None:
    commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")], change="ours")
    for verb in ("confirm", "revert"):
        other = {"verb": verb, "generation": 1, "change": "theirs", "read_back": {}}
        assert keeper.answer(other) == {"error": "changed", "generation": 1}
    assert state(keeper)["last"] == "ours"
    keeper.answer({"verb": "revert", "generation": 1, "change": "ours"})
    assert state(keeper)["last"] == ""


def test_a_change_can_be_taken_back_after_the_agent_was_killed(keeper: Keeper, tmp_path: Path) -> None:
    commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")])
    again = Keeper(tmp_path)
    assert again.answer({"verb": "revert", "generation": 1, "change": "c"})["not_rolled_back"] == []
    assert (told(again), laid(again)) == (["-a"], [])


def test_nobody_keeps_the_others_waiting_for_hours(keeper: Keeper) -> None:
    answer = commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")], confirm=confirm(43_200))
    assert answer["state"]["unconfirmed"]["remaining"] == module.MAX_CONFIRM_SECONDS


def test_an_agent_that_is_ended_takes_back_what_waits(keeper: Keeper) -> None:
    commit(keeper, ("a", "-a"), put=[layer("o1", "x/1")], confirm=confirm())
    keeper.give_up()
    assert (told(keeper), laid(keeper)) == (["a", "-a"], [])
    assert "ended before it was confirmed" in notes(keeper)
    keeper.give_up()
    assert told(keeper) == []


def test_a_layer_that_is_laid_anew_ends_when_it_would_have_ended(keeper: Keeper, clock: list[float]) -> None:
    commit(keeper, put=[layer("o1", "x/1", seconds=10), layer("o2", "x/1")], ports=port("x", "x/1"))
    clock[0] += 4
    as_read = {**layer("o1", "x/1", seconds=9), "made": 1.0}  # what a controller read some seconds ago
    commit(keeper, put=[as_read])
    assert keeper.next_end() == 6
    commit(keeper, put=[layer("o1", "x/1", seconds=100)])  # a new one of this name has a new end
    assert keeper.next_end() == 100


def test_numbers_of_layers_are_not_forgotten(keeper: Keeper, tmp_path: Path) -> None:
    commit(keeper, put=[layer("o7", "x/1")], serial=7)
    commit(keeper, drop=["o7"], serial=0)
    assert state(Keeper(tmp_path))["serial"] == 7


def test_an_interface_that_nobody_wants_is_given_back(
    keeper: Keeper, offloads: dict[tuple[str, str], bool], tmp_path: Path
) -> None:
    before = dict(offloads)
    ports = {**port("x", "x/1"), **port("y", "y/1")}
    commit(keeper, put=[layer("o1", "x/1", "y/1"), layer("o2", "y/1")], ports=ports)
    told(keeper)
    for _ in range(2):
        answer = keeper.answer({"verb": "release", "interfaces": ["y", "z"]})
    assert told(keeper) == ["bare y"]
    assert answer["state"]["ports"] == ["x"]
    assert laid(keeper) == ["o1"]
    assert offloads["y", "gro"] == before["y", "gro"]
    assert Keeper(tmp_path).ports.keys() == {"x"}


def test_what_others_change_on_our_interfaces_is_kept_in_mind(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ports = port("x", "x/1")
    ports["x"]["index"] = 7
    commit(keeper, put=[layer("o1", "x/1")], ports=ports)
    monkeypatch.setattr(keeper.listener, "touched", lambda: {7, 9})
    keeper.look()
    keeper.look()
    (first, last, times) = state(keeper)["touched"]["x"]
    assert first <= last
    assert times == 2
    keeper._save()
    assert Keeper(tmp_path).touched == keeper.touched
    monkeypatch.setattr(keeper.listener, "touched", set)
    commit(keeper, ports=ports)
    assert state(keeper)["touched"] == {}


def test_notes_are_numbered(keeper: Keeper, tmp_path: Path) -> None:
    for number in range(2 * MAX_NOTES):
        keeper._note(str(number))
    keeper._save()
    again = Keeper(tmp_path)
    again._note("last")
    assert [note["number"] for note in again.notes][-2:] == [2 * MAX_NOTES, 2 * MAX_NOTES + 1]


def test_what_lies_below_shows_when_a_layer_ends(keeper: Keeper, clock: list[float]) -> None:
    commit(
        keeper,
        put=[
            layer("base", "x/1", "x/2", bottom=True),
            layer("o1", "x/1", "x/2", seconds=10),
            layer("o2", "x/1", seconds=20),
        ],
        ports=port("x", "x/1", "x/2", "x/3"),
    )
    assert keeper.next_end() == 10
    clock[0] += 9.9
    keeper.expire()
    assert told(keeper) == []
    clock[0] += 0.2
    keeper.expire()
    assert told(keeper) == ["o2 on x/1", "base on x/2"]
    assert laid(keeper) == ["base", "o2"]
    assert notes(keeper) == "layer o1 of me ended"
    clock[0] += 10
    keeper.expire()
    assert told(keeper) == ["base on x/1"]
    assert keeper.next_end() is None


def test_where_nothing_lies_below_there_is_no_impairment(keeper: Keeper, clock: list[float]) -> None:
    commit(
        keeper,
        put=[layer("o1", "x/1"), layer("o2", "x/2", seconds=1)],
        ports=port("x", "x/1", "x/2"),
    )
    clock[0] += 1
    keeper.expire()
    assert told(keeper) == ["clean x/2"]


def test_an_interface_is_given_back_when_its_last_layer_ends(
    keeper: Keeper, clock: list[float], offloads: dict[tuple[str, str], bool], tmp_path: Path
) -> None:
    before = dict(offloads)
    ports = {**port("x", "x/1"), **port("y", "y/1")}
    commit(keeper, put=[layer("o1", "x/1", seconds=1), layer("o2", "y/1")], ports=ports)
    clock[0] += 1
    keeper.expire()
    assert told(keeper) == ["bare x"]
    assert offloads["x", "gro"] == before["x", "gro"]
    assert not offloads["y", "gro"]
    assert list(Keeper(tmp_path).ports) == ["y"]


def test_an_end_that_came_while_no_agent_ran_is_made_up_for(
    keeper: Keeper, clock: list[float], tmp_path: Path
) -> None:
    commit(
        keeper,
        put=[layer("base", "x/1"), layer("o1", "x/1", seconds=10)],
        ports=port("x", "x/1"),
    )
    clock[0] += 100
    again = Keeper(tmp_path)
    assert again.next_end() == 0
    again.expire()
    assert told(again) == ["base on x/1"]


def test_an_interface_that_vanished_is_noted_once_and_stops_nothing(
    keeper: Keeper, clock: list[float]
) -> None:
    slots = [f"x/{n}" for n in range(20)]
    commit(
        keeper,
        put=[layer("base", *slots, "y/1"), layer("o1", *slots, "y/1", seconds=1)],
        ports={**port("x", *slots), **port("y", "y/1")},
    )
    for slot in slots:
        refuse(keeper, f"base on {slot}", errno.ENODEV, "No such device")
    clock[0] += 1
    keeper.expire()
    assert told(keeper)[-1] == "base on y/1"
    assert notes(keeper).count("No such device") == 1
    assert laid(keeper) == ["base"]


def test_a_layer_put_again_goes_on_top_and_the_bottom_stays_at_the_bottom(keeper: Keeper) -> None:
    commit(keeper, put=[layer("o1", "x/1"), layer("o2", "x/1")])
    commit(keeper, put=[layer("base", "x/1", bottom=True)])
    commit(keeper, put=[layer("o1", "x/1")])
    assert laid(keeper) == ["base", "o2", "o1"]
    commit(keeper, drop=["o2", "never laid"])
    assert laid(keeper) == ["base", "o1"]


def test_notes_do_not_grow_without_end(keeper: Keeper) -> None:
    for number in range(2 * MAX_NOTES):
        keeper._note(str(number))
    assert len(keeper.notes) == MAX_NOTES
    assert keeper.notes[-1]["text"] == str(2 * MAX_NOTES - 1)


def test_an_unknown_verb_is_named(keeper: Keeper) -> None:
    assert "'format'" in keeper.answer({"verb": "format"})["error"]
    assert "'_save'" in keeper.answer({"verb": "_save"})["error"]


def test_hello_says_who_answers(keeper: Keeper) -> None:
    hello = keeper.answer({"verb": "hello"})
    assert hello["protocol"] == module.PROTOCOL
    index, mtu, mac = hello["interfaces"]["lo"]
    assert (index, mac) == (1, "00:00:00:00:00:00")
    assert mtu > 1000
