"""A voice process: one voice engine, kept as the rows of its calls and phones want it.

Composed here: the engine, the exchange (offers and what the engine tells), the
switchboard (calls), LISTEN, and the node's lease. Started as often as
``SIDELINE_VOICE_PROCESSES`` says; each serves its own calls.
"""

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sideline.engagements.switchboard import Switchboard
from sideline.entry.composition import ice_servers, open_database
from sideline.interactions.leg_exchange import LegExchange
from sideline.interactions.voice_nodes import RENEW_SECONDS, begin_life, end_life, renew
from sideline.interactions.wake import VOICE
from sideline.kit.db import Database
from sideline.kit.listen import Listener
from sideline.kit.processes import raise_file_limit, say_ready
from sideline.kit.settings import Settings, SettingsError, load_settings
from sideline.kit.telemetry import Metrics, configure_logging, metrics_port, this_process
from sideline.voice.engine import BrowserLegs, EngineUp, VoiceEngine

_log = structlog.get_logger()


class Engine(VoiceEngine, BrowserLegs, Protocol):
    """An engine that carries calls and serves browser phones."""


class LifeOver(Exception):
    """Others have concluded that this node is gone; the process ends, to begin a new life."""


def main() -> int:
    """Run a voice process until it is told to stop; return its exit status."""
    configure_logging()
    try:
        settings = load_settings()
        engine_of = engine_factory(settings)
    except SettingsError as fault:
        print(f"sideline voice: {fault}", file=sys.stderr)
        return 1
    import uvloop

    raise_file_limit()
    process = this_process("voice")
    metrics = Metrics(metrics_port(settings.metrics_port, process))
    try:
        return uvloop.run(serve(settings, process, engine_of))
    finally:
        metrics.close()


def engine_factory(settings: Settings) -> Callable[[], Engine]:
    """Return what makes the engine that ``settings.voice`` names, to be called inside the event loop.

    Raises SettingsError for an unknown engine or an ICE server that can't be read.
    """
    if settings.voice != "webrtc":
        raise SettingsError(f"SIDELINE_VOICE is '{settings.voice}': the engine that comes with Sideline is webrtc.")
    from sideline.voice.webrtc.engine import WebRtcEngine

    servers = ice_servers(settings)
    return lambda: WebRtcEngine(ice_servers=servers, loopback_only=settings.loopback_only)


async def serve(settings: Settings, name: str, engine_of: Callable[[], Engine]) -> int:
    """Serve calls as the node ``name`` until SIGTERM or SIGINT; return the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    database = open_database(settings)
    engine = engine_of()
    try:
        async with database.transaction() as tx:
            node_id = await begin_life(tx, name, settings.voice)
        work = asyncio.create_task(VoiceProcess(database, engine, node_id).run(), name="voice")
        stopped = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if work.done():
            return _failed(work)
        work.cancel()
        await asyncio.wait({work})
        async with database.transaction() as tx:
            await end_life(tx, node_id)
        return 0
    finally:
        await engine.aclose()
        await database.aclose()


class VoiceProcess:
    """What runs in a voice process during one life of its node; :meth:`run` owns every task."""

    def __init__(self, database: Database, engine: Engine, node_id: str) -> None:
        self._database = database
        self._engine = engine
        self._node_id = node_id
        self._exchange = LegExchange(database, engine, node_id)
        self._switchboard = Switchboard(database, engine, node_id)
        self._listener = Listener(database.url, {VOICE: self._woken}, self._look_around)

    async def run(self) -> None:
        """Work until cancelled; raises LifeOver (in a group) when the node counts as gone."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listener.run(), name="listener")
            tasks.create_task(self._switchboard.run(), name="switchboard")
            tasks.create_task(self._exchange.run(), name="exchange")
            tasks.create_task(self._read_facts(), name="facts")
            tasks.create_task(self._keep_lease(), name="lease")
            await self._listener.connected.wait()
            await self._switchboard.settled()
            say_ready()

    def _woken(self, payload: str) -> None:
        node_id, _, rest = payload.partition(":")
        if node_id != self._node_id:
            return
        kind, _, id_ = rest.partition(":")
        match kind:
            case "call":
                self._switchboard.call_changed(id_)
            case "leg":
                self._exchange.leg_changed(id_)
            case _:
                _log.warning("unknown_wake_up", payload=payload)

    def _look_around(self) -> None:
        self._switchboard.look_around()
        self._exchange.look_around()

    async def _read_facts(self) -> None:
        async for fact in self._engine.facts():
            if isinstance(fact, EngineUp):
                self._look_around()
            else:
                self._exchange.note(fact)

    async def _keep_lease(self) -> None:
        while True:
            try:
                async with self._database.transaction() as tx:
                    if not await renew(tx, self._node_id):
                        raise LifeOver
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                # The sound stays as it is; the lease is renewed as soon as that is possible.
                _log.warning("lease_not_renewed", reason=str(error))
            await _until_next(RENEW_SECONDS)


async def _until_next(seconds: float) -> None:
    # The lease's own rhythm: a deadline that nothing brings forward.
    try:
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()
    except TimeoutError:
        pass


def _failed(work: "asyncio.Task[Any]") -> int:
    error = work.exception()
    if isinstance(error, BaseExceptionGroup) and error.subgroup(LifeOver) is not None:
        _log.error("voice_node_counts_as_gone", what="this process was away for too long, and starts again")
    else:
        _log.error("voice_process_failed", exc_info=error)
    return 1
