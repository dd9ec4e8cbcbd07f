"""The worker process: whatever becomes due, done once.

Any number of workers may run. Each due thing is a transaction that checks that
it still is due, so two workers never do it twice.
"""

import asyncio
import signal
import sys
from collections.abc import Sequence

from sideline.engagements.tasks import PhonesThatStayAway
from sideline.entry.composition import open_database
from sideline.interactions.tasks import sources as interactions_sources
from sideline.interactions.wake import WORKER
from sideline.kit.db import Database
from sideline.kit.edge import forget_answers
from sideline.kit.event_pruning import AT_ONCE, forget_events
from sideline.kit.listen import Listener
from sideline.kit.processes import say_ready
from sideline.kit.settings import Settings, SettingsError, load_settings
from sideline.kit.telemetry import Metrics, configure_logging, metrics_port, this_process
from sideline.kit.timers import Every, Timers, TimerSource
from sideline.people.sign_in.expiry import SignInExpiry
from sideline.people.sign_in.throttle import forget_old_attempts

TIDY_EVERY_SECONDS = 60.0


def timer_sources() -> Sequence[TimerSource]:
    """Return everything that the worker looks after."""
    return (
        *interactions_sources(),
        PhonesThatStayAway(),
        SignInExpiry(),
        Every("forget_answers", TIDY_EVERY_SECONDS, forget_answers),
        Every("forget_events", TIDY_EVERY_SECONDS, forget_events, portion=AT_ONCE),
        Every("forget_sign_in_failures", TIDY_EVERY_SECONDS, forget_old_attempts),
    )


def main() -> int:
    """Run the worker until it is told to stop; return its exit status."""
    configure_logging()
    try:
        settings = load_settings()
    except SettingsError as fault:
        print(f"sideline worker: {fault}", file=sys.stderr)
        return 1
    metrics = Metrics(metrics_port(settings.metrics_port, this_process("worker")))
    try:
        return asyncio.run(serve(settings))
    finally:
        metrics.close()


async def serve(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT; return the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    database = open_database(settings)
    try:
        work = asyncio.create_task(run_worker(database), name="worker")
        stopped = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if work.done():
            work.result()
            return 1
        work.cancel()
        await asyncio.wait({work})
        return 0
    finally:
        await database.aclose()


async def run_worker(database: Database, sources: Sequence[TimerSource] | None = None) -> None:
    """Run the timers, woken through LISTEN, until cancelled."""
    timers = Timers(database, timer_sources() if sources is None else sources)
    listener = Listener(database.url, {WORKER: lambda _: timers.wake()}, timers.wake)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listener.run(), name="listener")
        tasks.create_task(timers.run(), name="timers")
        await listener.connected.wait()
        say_ready()
