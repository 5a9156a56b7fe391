"""What Prometheus is told: names that its own tool accepts, no value of what is not known, and an answer whatever devices do."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from microdc import requirements
from microdc.cli.main import call
from microdc.errors import Exit, UnreachableError
from microdc.health.demo import Demo
from microdc.health.exporter.collecting import HealthCollector
from microdc.health.exporter.keeping import Keeper
from microdc.health.exporter.serving import CONNECTIONS, Server
from microdc.health.figures import FIGURES, SITE_FIGURES
from microdc.health.model import Device, Fleet, Kind, Place, Sample, Trouble
from microdc.health.stream import Record
from redfishservice import until

NOW = 1_800_000_000.0
HOSTILE = 'a"b\\c\nd {e="f"} 🧰 \u202e \ud800'
SERVER = Device(Kind.SERVER, "a1", "paris", "r1")
PAIR = Device(Kind.PAIR, "paris:rio")
FLEET = Fleet((Place("paris"), Place("rio")), (SERVER, PAIR), "test")
TOLD = Sample(SERVER.key, NOW, 0.5, 10.0, figures={"draw_watts": 120.0, "of no meaning": 1.0})
PATIENCE = 30.0


class Told:
    """A source of these records, one after the other; then it waits, as for devices that hang, until it is let go or stopped."""

    def __init__(self, *records: Record) -> None:
        self.records: Sequence[Record] = records
        self.error: Exception | None = None
        self.taken = threading.Event()
        self.closed = threading.Event()
        self.go = threading.Event()

    def run(self, stop: threading.Event) -> Generator[Record, None, None]:
        try:
            yield from self.records
            self.taken.set()
            while not stop.wait(0.01) and not self.go.is_set():
                pass
            if self.error:
                raise self.error
        finally:
            self.closed.set()


@contextmanager
def kept(source: Told, clock: float = NOW) -> Iterator[Keeper]:
    with Keeper(source, lambda: clock) as keeper:
        assert source.taken.wait(PATIENCE)
        yield keeper


def families(keeper: Keeper) -> dict[str, Metric]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HealthCollector(keeper.seen))
    text = generate_latest(registry).decode("utf-8")
    return {family.name: family for family in text_string_to_metric_families(text)}


def values(family: Metric) -> dict[tuple[str, ...], float]:
    """By the values of the labels, in the order of their names."""
    return {tuple(value for _, value in sorted(one.labels.items())): one.value for one in family.samples}


# -- what is told


def test_figures_are_told_in_base_units_under_their_names_and_others_are_not() -> None:
    wan = Sample(PAIR.key, NOW, figures={"rate_ab": 8e6, "rtt_measured": 0.02})
    with kept(Told(FLEET, TOLD, wan)) as keeper:
        found = families(keeper)
    draw = found["microdc_server_draw_watts"]
    assert [(one.labels, one.value) for one in draw.samples] == [
        ({"server": "a1", "site": "paris", "rack": "r1"}, 120.0)
    ]
    assert values(found["microdc_pair_through_ab_bytes_per_second"]) == {("paris", "rio"): 1e6}
    assert values(found["microdc_site_wan_transmit_bytes_per_second"]) == {("paris",): 1e6}
    assert values(found["microdc_site_wan_receive_bytes_per_second"]) == {("rio",): 1e6}
    assert not [name for name in found if "meaning" in name]


def test_a_device_is_in_one_state_and_so_is_a_site() -> None:
    with kept(Told(FLEET, TOLD)) as keeper:
        found = families(keeper)
    states = values(found["microdc_device_state"])
    assert states["a1", "server", "paris", "ok"] == 1.0
    assert states["paris:rio", "pair", "", "unknown"] == 1.0
    assert sum(states.values()) == len(FLEET.devices)
    sites = values(found["microdc_site_state"])
    assert [key for key, value in sites.items() if value] == [("paris", "ok"), ("rio", "unknown")]
    assert values(found["microdc_site_devices"])["paris", "ok"] == 1.0
    assert values(found["microdc_device_last_sample_timestamp_seconds"]) == {("a1", "server", "paris"): NOW}


def test_what_was_not_heard_of_for_too_long_has_no_figures_and_no_known_state() -> None:
    with kept(Told(FLEET, TOLD), NOW + 3600) as keeper:
        found = families(keeper)
    assert "microdc_server_draw_watts" not in found
    assert values(found["microdc_device_state"])["a1", "server", "paris", "unknown"] == 1.0
    assert values(found["microdc_device_last_sample_timestamp_seconds"]) == {("a1", "server", "paris"): NOW}


def test_what_left_the_fleet_leaves_no_series() -> None:
    with kept(Told(FLEET, TOLD, Fleet((Place("rio"),), (PAIR,), "test"))) as keeper:
        found = families(keeper)
    assert "microdc_server_draw_watts" not in found
    assert {labels[0] for labels in values(found["microdc_device_state"])} == {"paris:rio"}


def test_names_may_hold_anything() -> None:
    device = Device(Kind.SERVER, HOSTILE, HOSTILE, HOSTILE)
    fleet = Fleet((Place(HOSTILE),), (device,), "test")
    with kept(Told(fleet, Sample(device.key, NOW, figures={"draw_watts": 1.0}))) as keeper:
        found = families(keeper)
    name = HOSTILE.replace("\ud800", "?")
    assert values(found["microdc_server_draw_watts"]) == {(name, name, name): 1.0}
    assert (name, "ok") in values(found["microdc_site_state"])


def test_polls_are_counted_with_what_came_of_them() -> None:
    late = Sample(SERVER.key, NOW, 5.0, trouble=Trouble("late", "no answer"))
    with kept(Told(FLEET, TOLD, late, late)) as keeper:
        found = families(keeper)
    assert values(found["microdc_polls"]) == {("server",): 3.0}
    assert values(found["microdc_poll_seconds"]) == {("server",): 10.5}
    assert values(found["microdc_poll_troubles"]) == {("server", "late"): 2.0}


def test_no_two_metrics_share_a_name() -> None:
    names = [figure.metric for figure in (*FIGURES.values(), *SITE_FIGURES.values())]
    assert len(set(names)) == len(names)
    one = Demo(6, 4, clock=lambda: NOW)
    with kept(Told(one.fleet, *one.samples(NOW))) as keeper:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(HealthCollector(keeper.seen))
        told = re.findall(r"^# TYPE (\S+)", generate_latest(registry).decode("utf-8"), re.MULTILINE)
    assert len(set(told)) == len(told)
    used = {name for sample in one.samples(NOW) for name in sample.figures}
    assert {FIGURES[name].metric for name in used} <= set(told)


def test_prometheus_own_tool_finds_nothing_to_object_to() -> None:
    one = Demo(6, 4, clock=lambda: NOW)
    with kept(Told(one.fleet, *one.samples(NOW))) as keeper:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(HealthCollector(keeper.seen))
        text = generate_latest(registry)
    done = subprocess.run([promtool(), "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def promtool() -> str:
    found = requirements.find("promtool")
    if found is None:
        pytest.skip("promtool is not installed")
    return found


# -- over HTTP


def get(server: Server, path: str = "/metrics", method: str = "GET", **headers: str) -> tuple[int, str]:
    host, port = address(server)
    with closing(http.client.HTTPConnection(host, port, timeout=PATIENCE)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8")


def address(server: Server) -> tuple[str, int]:
    found = re.fullmatch(r"http://\[?(.+?)\]?:(\d+)/metrics", server.url)
    assert found
    return found[1], int(found[2])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_is_served(host: str) -> None:
    with kept(Told(FLEET, TOLD)) as keeper, Server(keeper, host, 0) as server:
        code, text = get(server)
        assert code == 200
        assert 'microdc_server_draw_watts{rack="r1",server="a1",site="paris"} 120.0' in text
        assert "process_resident_memory_bytes" in text
        assert get(server, "/healthz") == (200, "ok\n")
        assert get(server, "/")[0] == 200
        assert get(server, "/etc/passwd")[0] == 404
        assert get(server, method="POST")[0] == 405


def test_the_newer_format_is_served_to_who_asks_for_it() -> None:
    one = Demo(3, 2, clock=lambda: NOW)
    with kept(Told(one.fleet, *one.samples(NOW))) as keeper, Server(keeper, "127.0.0.1", 0) as server:
        _, text = get(server, Accept="application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")
    assert "microdc_device_state" in {
        family.name
        for family in openmetrics.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    }


def test_a_scrape_waits_for_no_device() -> None:
    source = Told(FLEET, TOLD)
    with kept(source) as keeper, Server(keeper, "127.0.0.1", 0) as server:
        assert not source.closed.is_set()  # it hangs in the midst of its polls
        assert get(server)[0] == 200
        assert "microdc_exporter_feed_up 1.0" in get(server)[1]


def test_a_feed_that_broke_is_told() -> None:
    source = Told(FLEET, TOLD)
    source.error = UnreachableError("the store is gone", where="db")
    with kept(source) as keeper, Server(keeper, "127.0.0.1", 0) as server:
        source.go.set()
        assert keeper.ended.wait(PATIENCE)
        code, text = get(server, "/healthz")
        assert code == 503
        assert "the store is gone" in text
        assert "microdc_exporter_feed_up 0.0" in get(server)[1]
    assert keeper.failure is source.error


def test_the_source_is_closed_at_the_end() -> None:
    source = Told(FLEET)
    with kept(source):
        pass
    assert source.closed.is_set()


def test_connections_that_say_nothing_hold_few_threads_and_go_away() -> None:
    with kept(Told(FLEET, TOLD)) as keeper, Server(keeper, "127.0.0.1", 0) as server:
        silent = [socket.create_connection(address(server), PATIENCE) for _ in range(CONNECTIONS)]
        try:
            until(lambda: refused(server), PATIENCE)
        finally:
            for one in silent:
                one.close()
        until(lambda: not refused(server), PATIENCE)
        assert get(server)[0] == 200


def refused(server: Server) -> bool:
    try:
        return get(server, "/healthz")[0] != 200
    except (http.client.HTTPException, OSError):
        return True


def test_a_port_that_is_taken_is_told() -> None:
    with kept(Told(FLEET)) as keeper, Server(keeper, "127.0.0.1", 0) as server:
        with pytest.raises(UnreachableError, match="cannot listen there") as told:
            Server(keeper, *address(server))
        assert told.value.where == "{}:{}".format(*address(server))


# -- the command


@pytest.mark.parametrize(
    "listen", ["9723", "localhost", "127.0.0.1:", ":9723", "::1:9723", "127.0.0.1:99999", "127.0.0.1:x"]
)
def test_what_is_no_address_is_refused(listen: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["exporter", "--demo", "--listen", listen]) == Exit.USAGE
    assert "is no address" in capsys.readouterr().err


def test_the_command_serves_until_it_is_ended() -> None:
    argv = [sys.executable, "-m", "microdc.cli", "exporter", "--demo", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as child:
        end = threading.Timer(60, child.kill)
        end.start()
        try:
            assert child.stderr is not None
            url = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", child.stderr.readline())
            assert url
            until(lambda: scraped(int(url[1])), PATIENCE)
            child.send_signal(signal.SIGTERM)
            assert child.wait(PATIENCE) == Exit.INTERRUPTED
            assert child.stderr.read().strip() == "Interrupted."
        finally:
            end.cancel()
            child.kill()


def scraped(port: int) -> bool:
    """Whether a scrape tells of a server's power: samples come soon after the start."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/metrics")
        return b"microdc_server_draw_watts{" in connection.getresponse().read()


# -- the page


PAGE = (Path(__file__).parents[2] / "docs/health.md").read_text("utf-8")


def test_the_page_names_metrics_that_there_are_and_all_of_them() -> None:
    figures = {figure.metric for figure in (*FIGURES.values(), *SITE_FIGURES.values())}
    late = Sample(SERVER.key, NOW, 5.0, trouble=Trouble("late", "no answer"))
    with kept(Told(FLEET, TOLD, late)) as keeper:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(HealthCollector(keeper.seen))
        text = generate_latest(registry).decode("utf-8")
    told = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    named = set(re.findall(r"\bmicrodc_[a-z_]+\b", PAGE))
    assert named - {"microdc_tui"} == told | figures


def test_the_page_has_a_configuration_and_alerts_that_prometheus_takes(tmp_path: Path) -> None:
    blocks = re.findall(
        r"^```yaml\n# (prometheus\.yml|microdc\.rules\.yml)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL
    )
    assert [name for name, _ in blocks] == ["prometheus.yml", "microdc.rules.yml"]
    for name, text in blocks:
        (tmp_path / name).write_text(text, "utf-8")
    done = subprocess.run(
        [promtool(), "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rules found" in done.stdout


ALARMS = """
evaluation_interval: 15s
rule_files: [microdc.rules.yml]
tests:
  - interval: 15s
    input_series:
      - {series: 'microdc_site_state{site="paris", state="down"}', values: "0 0 1x40"}
      - {series: 'microdc_site_state{site="rio", state="down"}', values: "0x42"}
      - {series: 'microdc_device_state{kind="server", device="a1", site="paris", state="down"}', values: "0 0 1x40"}
      - {series: 'microdc_device_state{kind="server", device="b1", site="rio", state="down"}', values: "0 0 1x40"}
      - {series: 'microdc_server_inlet_celsius{server="b1", site="rio", rack="r1"}', values: "22 36x41"}
      - {series: 'microdc_pair_measured_rtt_seconds{a="paris", b="rio"}', values: "0.2 0.3x41"}
      - {series: 'microdc_pair_asked_rtt_seconds{a="paris", b="rio"}', values: "0.2x42"}
    alert_rule_test:
      - eval_time: 8m
        alertname: MicrodcSiteDown
        exp_alerts:
          - exp_labels: {severity: critical, site: paris, state: down}
            exp_annotations: {summary: "site paris is down: microdc health paris"}
      - eval_time: 8m
        alertname: MicrodcDeviceDown
        exp_alerts:
          - exp_labels: {severity: warning, kind: server, device: b1, site: rio, state: down}
            exp_annotations: {summary: "server b1 is down"}
      - eval_time: 8m
        alertname: MicrodcHotInlet
        exp_alerts:
          - exp_labels: {severity: warning, site: rio, rack: r1}
            exp_annotations: {summary: "rio/r1 takes in air of 36 °C"}
      - eval_time: 8m
        alertname: MicrodcWanNotAsAsked
        exp_alerts:
          - exp_labels: {severity: warning, a: paris, b: rio}
            exp_annotations: {summary: "paris:rio is not as asked: microdc wan verify"}
"""


def test_the_alerts_of_the_page_go_off_when_they_should(tmp_path: Path) -> None:
    found = re.search(r"^```yaml\n# microdc\.rules\.yml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    (tmp_path / "microdc.rules.yml").write_text(found[1], "utf-8")
    (tmp_path / "test.yml").write_text(ALARMS, "utf-8")
    done = subprocess.run(
        [promtool(), "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
