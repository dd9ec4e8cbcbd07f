"""A voice process: one voice engine, or one for each PBX that it serves, kept as the rows of its calls want it.

Started as often as ``SIDELINE_VOICE_PROCESSES`` says; each serves its own calls.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from sideline.entry.composition import ice_servers, open_database
from sideline.entry.voice_pbxes import keep_pbxes
from sideline.entry.voice_process import Engine, LifeOver, VoiceProcess
from sideline.interactions.voice_nodes import begin_life, end_life
from sideline.kit.db import Database
from sideline.kit.processes import raise_file_limit, say_ready
from sideline.kit.settings import Settings, SettingsError, load_settings
from sideline.kit.telemetry import Metrics, configure_logging, metrics_port, this_process

_log = structlog.get_logger()

Work = Callable[[Database, str], Coroutine[Any, Any, None]]
"""What a voice process does until it is cancelled, given its database and its name."""


def main() -> int:
    """Run a voice process until it is told to stop; return its exit status."""
    configure_logging()
    try:
        settings = load_settings()
        work = work_of(settings)
    except SettingsError as fault:
        print(f"sideline voice: {fault}", file=sys.stderr)
        return 1
    import uvloop

    raise_file_limit()
    process = this_process("voice")
    metrics = Metrics(metrics_port(settings.metrics_port, process))
    try:
        return uvloop.run(serve(settings, process, work))
    finally:
        metrics.close()


def work_of(settings: Settings) -> Work:
    """Return what a voice process has to do by its settings.

    Raises SettingsError for an unknown engine, or for what it can't be told by them.
    """
    servers = ice_servers(settings)
    if settings.voice == "webrtc":
        from sideline.voice.webrtc.engine import WebRtcEngine

        return _one_node(lambda: WebRtcEngine(ice_servers=servers, loopback_only=settings.loopback_only))
    if settings.voice != "asterisk":
        raise SettingsError(f"SIDELINE_VOICE is '{settings.voice}': set it to webrtc or asterisk.")
    from sideline.entry.voice_asterisk import pbxes_of

    pbxes = pbxes_of(settings, servers)

    async def keep(database: Database, process: str) -> None:
        number = int(process.rpartition("-")[2]) - 1 if process.rpartition("-")[2].isdecimal() else 0
        await keep_pbxes(database, pbxes, process=process, number=number, of=settings.voice_processes, ready=say_ready)

    return keep


def _one_node(engine_of: Callable[[], Engine]) -> Work:
    async def live(database: Database, process: str) -> None:
        engine = engine_of()
        try:
            async with database.transaction() as tx:
                node_id = await begin_life(tx, process, "webrtc")
            try:
                await VoiceProcess(database, engine, node_id, say_ready).run()
            except asyncio.CancelledError:
                async with database.transaction() as tx:
                    await end_life(tx, node_id)
                raise
        finally:
            await engine.aclose()

    return live


async def serve(settings: Settings, name: str, work: Work) -> int:
    """Work as the process ``name`` until SIGTERM or SIGINT; return the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    database = open_database(settings)
    try:
        working = asyncio.create_task(work(database, name), name="voice")
        stopped = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if working.done():
            return _failed(working)
        working.cancel()
        await asyncio.wait({working})
        return 0 if working.cancelled() else _failed(working)
    finally:
        await database.aclose()


def _failed(work: "asyncio.Task[Any]") -> int:
    error = work.exception()
    if isinstance(error, BaseExceptionGroup) and error.subgroup(LifeOver) is not None:
        _log.error("voice_node_counts_as_gone", what="this process was away for too long, and starts again")
    else:
        _log.error("voice_process_failed", exc_info=error)
    return 1
