"""What is known -> the families of metrics that Prometheus scrapes. Names and units are those of `figures`; docs/health.md lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from microdc import __version__
from microdc.health.exporter.keeping import Seen
from microdc.health.figures import FIGURES, SITE_FIGURES, Figure
from microdc.health.model import Device, DeviceHealth, Kind, SiteHealth, State

_DEVICE = ("kind", "device", "site")
_LABELS: Mapping[Kind, tuple[str, ...]] = {
    Kind.SERVER: ("server", "site", "rack"),
    Kind.SWITCH: ("switch", "site", "rack"),
    Kind.SHAPER: ("shaper",),
    Kind.PAIR: ("a", "b"),
    Kind.NODE: ("node", "site"),
}
"""By which labels the figures of each kind of device are told apart."""


class HealthCollector(Collector):
    """seen: what is known at the moment of a scrape. What is not known has no series, rather than an old value or a zero."""

    def __init__(self, seen: Callable[[], Seen]) -> None:
        self._seen = seen

    def describe(self) -> Iterable[Metric]:
        """Nothing: else the registry would collect once to learn the names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All families, those without a series left out."""
        seen = self._seen()
        for family in (
            *_states(seen.devices.values()),
            *_figures(seen.devices.values()),
            *_sites(seen.sites),
            *_own(seen),
        ):
            if family.samples:
                yield family


def _states(devices: Iterable[DeviceHealth]) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "microdc_device_state",
        "1 for the state that a device is in, 0 for the others",
        labels=(*_DEVICE, "state"),
    )
    heard = GaugeMetricFamily(
        "microdc_device_last_sample_timestamp_seconds",
        "When a poll of the device last told something",
        labels=_DEVICE,
    )
    since = GaugeMetricFamily(
        "microdc_device_state_since_timestamp_seconds", "When the device came into its state", labels=_DEVICE
    )
    for one in devices:
        labels = _texts(one.device.kind, one.device.name, one.device.site)
        for value in State:
            state.add_metric((*labels, value.value), float(one.state is value))
        since.add_metric(labels, one.since)
        if one.at is not None:
            heard.add_metric(labels, one.at)
    yield from (state, since, heard)


def _figures(devices: Iterable[DeviceHealth]) -> Iterator[Metric]:
    """Figures whose sample is too old are left out."""
    families: dict[str, Metric] = {}
    for one in devices:
        if one.stale:
            continue
        labels = _named(one.device)
        for name, value in one.figures.items():
            figure = FIGURES.get(name)
            if figure is None:
                continue
            family = families.get(name)
            if family is None:
                family = families[name] = _family(figure, _LABELS[one.device.kind])
            family.add_metric(labels, value * figure.scale)  # type: ignore[attr-defined]  # gauges and counters have it
    yield from (families[name] for name in FIGURES if name in families)


def _family(figure: Figure, labels: tuple[str, ...]) -> Metric:
    told = f"{figure.help[:1].upper()}{figure.help[1:]}"
    if figure.counter:
        return CounterMetricFamily(figure.metric.removesuffix("_total"), told, labels=labels)
    return GaugeMetricFamily(figure.metric, told, labels=labels)


def _named(device: Device) -> tuple[str, ...]:
    """The values of the labels of its kind."""
    match device.kind:
        case Kind.PAIR:
            a, _, b = device.name.partition(":")
            return _texts(a, b)
        case Kind.SHAPER:
            return _texts(device.name)
        case Kind.NODE:
            return _texts(device.name, device.site)
        case _:
            return _texts(device.name, device.site, device.rack)


def _sites(sites: Iterable[SiteHealth]) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "microdc_site_state", "1 for the state that a site is in, 0 for the others", labels=("site", "state")
    )
    counts = GaugeMetricFamily(
        "microdc_site_devices", "How many devices of a site are in a state", labels=("site", "state")
    )
    others = {name: _family(figure, ("site",)) for name, figure in SITE_FIGURES.items()}
    for one in sites:
        (site,) = _texts(one.site)
        for value in State:
            state.add_metric((site, value.value), float(one.state is value))
            counts.add_metric((site, value.value), float(one.counts.get(value, 0)))
        for name, family in others.items():
            if name in one.figures:
                family.add_metric((site,), one.figures[name] * SITE_FIGURES[name].scale)  # type: ignore[attr-defined]  # as above
    yield from (state, counts, *others.values())


def _own(seen: Seen) -> Iterator[Metric]:
    polls = CounterMetricFamily("microdc_polls", "Polls of devices that ended", labels=("kind",))
    seconds = CounterMetricFamily("microdc_poll_seconds", "Time that polls took", labels=("kind",))
    for kind in seen.polls:
        polls.add_metric((kind,), seen.polls[kind])
        seconds.add_metric((kind,), seen.seconds[kind])
    troubles = CounterMetricFamily(
        "microdc_poll_troubles", "Polls that gave nothing, by why", labels=("kind", "trouble")
    )
    for (kind, trouble), count in seen.troubles.items():
        troubles.add_metric((kind, trouble), count)
    readers = GaugeMetricFamily("microdc_exporter_feed_readers", "Who read the feed of the exporter")
    readers.add_metric((), float(seen.readers))
    lost = CounterMetricFamily(
        "microdc_exporter_feed_lost_samples", "Samples that readers of the feed were too slow for"
    )
    lost.add_metric((), float(seen.lost))
    up = GaugeMetricFamily("microdc_exporter_feed_up", "1 while devices are polled, else 0")
    up.add_metric((), float(seen.feeding))
    problems = GaugeMetricFamily(
        "microdc_inventory_problems", "Parts of the inventory that are not watched; the log tells why"
    )
    problems.add_metric((), float(len(seen.fleet.problems)))
    build = InfoMetricFamily("microdc_build", "The microdc that tells this")
    build.add_metric((), {"version": __version__})
    yield from (polls, seconds, troubles, up, readers, lost, problems, build)


def _texts(*values: str) -> tuple[str, ...]:
    """Values of labels as UTF-8 can say them: a name may come from a document or a device. Quotes and line ends are escaped by who writes them."""
    return tuple(str(value).encode("utf-8", "replace").decode("utf-8") for value in values)
