"""The gauges in Prometheus' words, read from the database when they are asked for."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from contracts.chains import chains
from contracts.models import Alarm
from contracts.operations.gauges import KINDS, gauges_of

CONTENT_TYPE = CONTENT_TYPE_LATEST
_LEVELS = {Alarm.Level.GREEN: 0, Alarm.Level.AMBER: 1, Alarm.Level.RED: 2}


class _Gauges(Collector):
    def collect(self) -> Iterator[Metric]:
        families = {
            kind: GaugeMetricFamily(f"loomprint_{kind}", str(meant.label), labels=["chain", "address"])
            for kind, meant in KINDS.items()
        }
        levels = GaugeMetricFamily(
            "loomprint_level", "0 green, 1 amber, 2 red, of each gauge", labels=["chain", "gauge", "address"]
        )
        for here in chains():
            for gauge in gauges_of(here):
                if gauge.value is not None:
                    families[gauge.kind].add_metric([here.role, gauge.address], gauge.value)
                levels.add_metric([here.role, gauge.kind, gauge.address], _LEVELS[gauge.level])
        yield from families.values()
        yield levels


def metrics_text() -> bytes:
    """Everything, in the text format."""
    registry = CollectorRegistry()
    registry.register(_Gauges())
    return generate_latest(registry)
