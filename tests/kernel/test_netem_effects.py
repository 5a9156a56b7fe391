"""What each of netem's options does to frames, on a real kernel.

What chance decides is held to bounds that a right kernel misses in less than one of a million runs: 5.5 standard
deviations, or for a whole distribution the inequality of Dvoretzky, Kiefer and Wolfowitz (Massart 1990), by which the
distance between what is drawn and what it is drawn from exceeds d with a chance of at most 2 exp(-2 n d²).
"""

from __future__ import annotations

import math
import statistics
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import pytest
from frames import Cable, Flow, cable
from netlink_port import Port

from microdc.agent.client import RejectedError
from microdc.impairment import CLEAN, Distribution, Framing, Impairment, Slots
from microdc.losses import Chance, FourState, GilbertElliott
from microdc.netlink.classify import Network
from microdc.netlink.diff import diff
from microdc.netlink.distributions import SCALE, entries
from microdc.netlink.model import Netem, QdiscTree
from microdc.netlink.netem_values import Seed, Slot, Table
from microdc.netlink.structure import recalled
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan import abilities
from microdc.wan.compile import ACCESS_HANDLE, compile_port

pytestmark = [pytest.mark.root, pytest.mark.netem, pytest.mark.long]

MS = 1_000_000
SIGMAS = 5.5
ALL, NONE = Percent(100.0), Percent(0.0)


def tree_of(impairment: Impairment) -> QdiscTree:
    return compile_port({"paris": []}, {"paris": impairment}, 1500)[0]


@dataclass(slots=True)
class Line:
    """A cable whose end `a` has the WAN's qdiscs. laid: the tree that was laid last, with what the kernel does not show."""

    port: Port
    ends: Cable
    laid: QdiscTree

    def lay(self, impairment: Impairment) -> None:
        """Changes the line in place, as a running one is."""
        self._lay(tree_of(impairment))

    def lay_netem(self, netem: Netem) -> None:
        """netem's own options, without what the WAN makes of them."""
        (leaf,) = (qdisc for qdisc in self.laid.qdiscs.values() if qdisc.kind == "netem")
        self._lay(replace(self.laid, qdiscs={**self.laid.qdiscs, leaf.handle: replace(leaf, options=netem)}))

    def _lay(self, tree: QdiscTree) -> None:
        operations = diff(tree, recalled(self.port.tree, self.laid))
        assert not any(operation.structural for operation in operations)
        self.port.commit(operations)
        assert self.port.tree == tree
        self.laid = tree

    def send(self, count: int, *, size: int = 100, quiet: float = 0.2, header: bytes = b"") -> Flow:
        return self.ends.send(count, size=size, quiet=quiet, header=header)


@pytest.fixture
def line(port: Port) -> Iterator[Line]:
    """A line that is clean at first."""
    tree = tree_of(CLEAN)
    port.lay(tree)
    (handle,) = tree.classes.keys() - {ACCESS_HANDLE}
    with cable(port.host.address.name, handle) as ends:
        yield Line(port, ends, tree)


def near(share: float, expected: float, count: int, spread: float = 1.0) -> bool:
    """Whether a share is as expected. spread: how much wider than independent draws it varies."""
    return abs(share - expected) <= SIGMAS * spread * math.sqrt(expected * (1 - expected) / count)


def distance(drawn: Sequence[float], table: Sequence[float], blur: float) -> float:
    """The largest difference of the two distribution functions, what was drawn being known to ±blur."""
    drawn, table = sorted(drawn), sorted(table)

    def ahead(one: Sequence[float], other: Sequence[float]) -> float:
        return max(bisect_right(one, v) / len(one) - bisect_right(other, v + blur) / len(other) for v in one)

    return max(ahead(drawn, table), ahead(table, drawn))


# -- delay


OWN = tuple(round(SCALE * v) for v in (-1, -1, -1, 0.5, 2.5))


@pytest.mark.parametrize(
    "order", [("normal", "pareto", "uniform"), ("paretonormal", OWN, "uniform", "normal")]
)
def test_jitter_has_the_distribution_that_was_laid_last(line: Line, order: Sequence[Distribution]) -> None:
    count, jitter = 2000, 50
    allowed = math.sqrt(math.log(2 / 1e-7) / (2 * count))
    for kind in order:
        line.lay(Impairment(Delay(250 * MS), Delay(jitter * MS), distribution=kind, keep_order=False))
        delays = [delay - 250 for delay in line.send(count, quiet=0.6).delays.values()]
        assert len(delays) == count
        for other in ("normal", "uniform", "pareto", "paretonormal", OWN):
            table = [v / SCALE * jitter for v in (entries(other) if isinstance(other, str) else other)]
            apart = distance(delays, table, blur=0.5)
            assert (apart <= allowed) == (other == kind), (kind, other, apart)


def test_order_is_kept_unless_it_is_given_up(line: Line) -> None:
    jittery = Impairment(Delay(20 * MS), Delay(5 * MS))
    for keep in (True, False):
        line.lay(replace(jittery, keep_order=keep))
        numbers = line.send(300).numbers
        assert len(numbers) == 300
        assert (numbers == sorted(number for number in numbers if number is not None)) == keep


def lag(delays: Sequence[float]) -> float:
    """How much each delay tells of the next: the correlation coefficient."""
    return statistics.correlation(delays[:-1], delays[1:])


def test_correlated_delays_are_so_only_where_the_kernel_takes_the_whole_number(line: Line) -> None:
    """It draws by the remainder of a 32-bit number: next to all of it for 2 s around, next to nothing for a table."""
    count = 500
    allowed = SIGMAS / math.sqrt(count)
    free = Netem(latency=2100 * MS, jitter=2000 * MS, limit=10_000)
    correlated = replace(free, delay_correlation=2**31)
    for netem, is_correlated in (
        (free, False),
        (correlated, True),
        (replace(correlated, jitter=500 * MS, table=Table("normal")), False),
    ):
        line.lay_netem(netem)
        delays = line.send(count, quiet=1.5).delays
        found = lag([delays[number] for number in range(count)])
        assert (found > 0.5 - allowed) == is_correlated, found
        assert abs(found) < allowed or is_correlated, found


# -- loss


def runs(flow: Flow) -> list[int]:
    """The lengths of the runs of losses."""
    return [len(list(group)) for lost, group in groupby(flow.lost) if lost]


def test_gemodel_loses_in_runs_and_a_change_to_no_loss_loses_nothing(line: Line) -> None:
    model = GilbertElliott(Percent(5.0), Percent(25.0))
    line.lay(Impairment(loss_model=model))
    count = 6000
    flow = line.send(count)
    memory = 1 - 0.05 - 0.25
    spread = math.sqrt((1 + memory) / (1 - memory))
    assert near(sum(flow.lost) / count, model.mean / 100, count, spread)
    lengths = runs(flow)
    # geometric: mean 1/r, standard deviation sqrt(1 - r)/r
    assert abs(statistics.fmean(lengths) - 4) < SIGMAS * math.sqrt(0.75) / 0.25 / math.sqrt(len(lengths))
    for clean in (CLEAN, Impairment(Delay(MS))):
        line.lay(clean)
        assert not any(line.send(300).lost)


@pytest.mark.parametrize(
    ("model", "pattern"),
    [
        (GilbertElliott(ALL, ALL), [False, True]),
        (GilbertElliott(ALL, ALL, bad_loss=NONE, good_loss=ALL), [True, False]),
        (GilbertElliott(NONE, ALL), [False]),
        (FourState(ALL, ALL), [True, False]),
        (FourState(ALL, NONE), [True]),
        (FourState(ALL, NONE, ALL, ALL), [True, False]),
        (FourState(ALL, NONE, ALL, NONE), [True, *[False] * 99]),
        (FourState(NONE, ALL, p14=ALL), [True, False]),
    ],
)
def test_models_without_chance_lose_what_they_say(
    line: Line, model: GilbertElliott | FourState, pattern: list[bool]
) -> None:
    line.lay(Impairment(loss_model=model))
    assert line.send(100).lost == (pattern * 100)[:100]


def test_the_four_states_lose_their_stationary_share(line: Line) -> None:
    model = FourState(Percent(5.0), Percent(20.0), Percent(50.0), Percent(50.0), Percent(3.0))
    line.lay(Impairment(loss_model=model))
    count = 6000
    # half of the chances add up to all there is: a sum of 2**32 in the kernel would be none
    flow = line.send(count)
    assert near(sum(flow.lost) / count, model.mean / 100, count, spread=3.0)
    line.lay(Impairment(loss_model=FourState(ALL, Percent(50.0), Percent(50.0))))
    assert 0.2 < statistics.fmean(line.send(500).lost) < 0.7


def test_correlated_losses_are_as_rare_as_is_told(line: Line) -> None:
    asked = Impairment(loss=Percent(30.0), loss_correlation=Percent(30.0))
    line.lay(asked)
    count = 6000
    flow = line.send(count)
    assert near(sum(flow.lost) / count, asked.mean_loss / 100, count, spread=1.5)
    assert not near(sum(flow.lost) / count, 0.30, count, spread=1.5)


def ipv4(tos: int) -> bytes:
    """An Ethernet type and the header of an IPv4 packet; its checksum is nobody's concern here."""
    return struct.pack(
        ">HBBHHHBBH4s4s", 0x0800, 0x45, tos, 60, 0, 0, 64, 253, 0, b"\x0a\0\0\1", b"\x0a\0\0\2"
    )


def test_ecn_marks_packets_that_can_be_marked_and_loses_the_others(line: Line) -> None:
    line.lay(Impairment(loss=ALL, ecn=True))
    assert not line.send(50, header=ipv4(0)).seen
    marked = line.send(50, header=ipv4(2)).seen
    assert [one.number for one in marked] == list(range(50))
    assert {one.frame[15] for one in marked} == {3}
    line.lay(Impairment(loss=ALL))
    assert not line.send(50, header=ipv4(2)).seen


# -- duplicates, corrupt packets, order


def test_duplicates_come_as_often_as_asked(line: Line) -> None:
    line.lay(Impairment(duplicate=Chance(ALL)))
    assert sorted(n for n in line.send(100).numbers if n is not None) == sorted([*range(100)] * 2)
    line.lay(Impairment(duplicate=Chance(Percent(30.0))))
    assert near(len(line.send(2000).seen) / 2000 - 1, 0.3, 2000)


def flipped(frame: bytes, like: bytes) -> int:
    """In how many bits two frames differ."""
    return sum((a ^ b).bit_count() for a, b in zip(frame, like, strict=True))


def test_a_corrupt_packet_has_one_bit_flipped(line: Line) -> None:
    clean = [one.frame for one in line.send(2000).seen]
    for share in (1.0, 0.3):
        line.lay(Impairment(corrupt=Chance(Percent(100 * share))))
        wrong = [flipped(one.frame, like) for one, like in zip(line.send(2000).seen, clean, strict=True)]
        assert set(wrong) == ({1} if share == 1 else {0, 1})
        assert share == 1 or near(statistics.fmean(wrong), share, 2000)


def test_every_fifth_packet_overtakes(line: Line) -> None:
    line.lay(Impairment(Delay(50 * MS), reorder=Chance(ALL), gap=5))
    delays = line.send(100).delays
    assert {number for number, delay in delays.items() if delay < 25} == set(range(4, 100, 5))
    line.lay(Impairment(Delay(50 * MS), reorder=Chance(Percent(25.0))))
    early = [delay < 25 for delay in line.send(2000).delays.values()]
    assert near(statistics.fmean(early), 0.25, 2000)


# -- rate, slots, limit


@pytest.mark.parametrize(
    ("framing", "counted"),
    [
        (Framing(), 1000),
        (Framing(overhead=18), 1018),
        (Framing(overhead=-14), 986),
        (Framing(cell=48, cell_overhead=5), 21 * 53),
        (Framing(overhead=18, cell=48, cell_overhead=5), 22 * 53),
        (Framing(cell=48), 21 * 48),
    ],
)
def test_a_framed_rate_counts_what_the_line_adds(line: Line, framing: Framing, counted: int) -> None:
    line.lay(Impairment(rate=Rate(10_000_000), buffer=Size(200_000), framing=framing))
    seen = line.send(50, size=1000).seen
    assert len(seen) == 50
    assert (seen[-1].at - seen[0].at) / 49 == pytest.approx(counted * 800, rel=0.002)


def test_a_framed_rate_drops_what_its_buffer_does_not_hold(line: Line) -> None:
    line.lay(Impairment(rate=Rate(10_000_000), buffer=Size(10 * 1514), framing=Framing(cell=48)))
    assert line.send(50, size=1514).numbers == list(range(10))


def bursts(flow: Flow) -> list[tuple[float, int]]:
    """When (ms) bursts came, and of how many packets."""
    found: list[tuple[float, int]] = []
    for one in flow.seen:
        at = (one.at - flow.sent[0]) / MS
        if found and at - found[-1][0] < 2:
            found[-1] = found[-1][0], found[-1][1] + 1
        else:
            found.append((at, 1))
    return found


def test_slots_send_in_bursts_of_packets_or_bytes(line: Line) -> None:
    regular = Slots(Delay(20 * MS), packets=5)
    spread = Slots(Delay(50 * MS), Delay(10 * MS), "normal", packets=4)
    for slots in (regular, spread, replace(regular, packets=0, bytes=300), regular):
        line.lay(Impairment(slots=slots))
        found = bursts(line.send(40, size=100))
        taken = slots.packets or 3
        # what is sent while the first slot is open comes at once
        assert sum(size for _, size in found) == 40
        assert {size for _, size in found[1:-1]} == {taken}
        gaps = [b - a for (a, _), (b, _) in pairwise(found[1:])]
        if slots.jitter:
            assert all(50 - 40 <= gap <= 50 + 41 for gap in gaps)
            assert max(gaps) - min(gaps) > 1
        else:
            assert gaps == pytest.approx([20] * len(gaps), abs=1)


def test_slots_between_two_distances_are_so_after_any_other(line: Line) -> None:
    """A slot table, once there, is never looked past; so ours are all asked by table."""
    line.lay(Impairment(slots=Slots(Delay(50 * MS), Delay(10 * MS), (0, 0, 0, SCALE), packets=1)))
    line.lay(Impairment(slots=Slots(Delay(10 * MS), Delay(5 * MS), packets=1)))
    found = bursts(line.send(60))
    gaps = [b - a for (a, _), (b, _) in pairwise(found)]
    assert all(4.5 <= gap <= 16 for gap in gaps[1:])
    assert max(gaps) > 12
    assert min(gaps[1:]) < 8
    line.lay(CLEAN)
    flow = line.send(20)
    assert max(flow.delays.values()) < 1


def test_the_kernels_own_slots_between_two_distances(line: Line) -> None:
    line.lay_netem(Netem(slot=Slot(20 * MS, 20 * MS, 3)))
    found = bursts(line.send(12))
    assert {size for _, size in found[1:-1]} == {3}


def test_a_limit_loses_what_is_too_much(line: Line) -> None:
    line.lay(Impairment(Delay(100 * MS), limit=10))
    assert line.send(30).numbers == list(range(10))


# -- what not every kernel can


def test_the_same_seed_loses_the_same_or_the_kernel_is_told_not_to_know_it(line: Line) -> None:
    outcome = line.port.agent.probe(abilities.batch(abilities.SEED), abilities.dumps())
    reason = abilities.refusal(abilities.SEED, "6.x", outcome)
    lossy = Netem(loss=2**31, limit=10_000)
    line.lay_netem(lossy)
    shown = line.port.tree.qdiscs
    knows = (
        any(isinstance(q.options, Netem) and q.options.seed != Seed(5) for q in shown.values()) and not reason
    )
    if not knows:
        assert reason == "the kernel 6.x does not know seeds of netem, and drops them without a word"
        return
    patterns = []
    for seed in (5, 5, 6):
        line.lay_netem(Netem(limit=10_000, seed=Seed(1)))
        line.lay_netem(replace(lossy, seed=Seed(seed)))
        patterns.append(line.send(200).lost)
    assert patterns[0] == patterns[1] != patterns[2]


def test_several_netems_that_duplicate_are_tried_and_not_guessed(port: Port) -> None:
    need = abilities.SEVERAL_DUPLICATING
    two: dict[str, list[Network]] = {"paris": [], "boston": []}
    asked = {"paris": Impairment(duplicate=Chance(Percent(1.0))), "boston": CLEAN}
    tree, _ = compile_port(two, asked, 1500)
    assert abilities.needs(tree) == {need}
    reason = abilities.refusal(need, "6.x", port.agent.probe(abilities.batch(need), abilities.dumps()))
    operations = port.operations(tree)
    if reason:
        assert reason.startswith("the kernel 6.x refuses a netem that duplicates beside other netems")
        with pytest.raises(RejectedError):
            port.commit(operations)
    else:
        port.commit(operations)
        assert port.tree == tree
