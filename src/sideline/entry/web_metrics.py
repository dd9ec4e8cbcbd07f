"""What the web process counts about realtime and the database, read when Prometheus asks."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.pool import QueuePool

from sideline.kit.db import Database
from sideline.realtime.live import Realtime
from sideline.realtime.protocol import Wire


class _Figures(Collector):
    def __init__(self, live: Realtime, database: Database) -> None:
        self._live = live
        self._database = database
        self._loop = asyncio.get_running_loop()

    def collect(self) -> Iterator[Metric]:
        hub, tail = self._live.hub, self._live.tail
        yield GaugeMetricFamily("sideline_sockets_open", "Open websockets", value=len(self._live.sockets))
        yield CounterMetricFamily("sideline_sockets_cut_off", "Sockets that did not read", value=Wire.cut_offs)
        yield CounterMetricFamily("sideline_events_taken", "Events read from the log", value=hub.events_taken)
        yield CounterMetricFamily("sideline_frames_built", "Frames encoded", value=hub.frames_built)
        yield GaugeMetricFamily(
            "sideline_event_log_read_age_seconds",
            "Since the event log was last read to its end",
            value=self._loop.time() - tail.read_at,
        )
        pool = self._database.engine.pool
        if isinstance(pool, QueuePool):
            yield GaugeMetricFamily("sideline_database_connections_used", "Connections in use", value=pool.checkedout())


@contextmanager
def watch(live: Realtime, database: Database) -> Iterator[None]:
    """Have the figures read for as long as the block lasts."""
    figures = _Figures(live, database)
    REGISTRY.register(figures)
    try:
        yield
    finally:
        REGISTRY.unregister(figures)
