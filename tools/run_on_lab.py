"""``SIDELINE_VOICE=asterisk make run``: the laboratory's Asterisk, bots at its telephones, and Sideline attached to it.

This process has the laboratory; ``sideline run`` is a child of it, and ends when this one is gone.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "src")]

from lab_centre import Centre  # noqa: E402
from lab_machine import NoLaboratory, machine_for_lab  # noqa: E402

from sideline.entry.run import STOP_SIGNALS  # noqa: E402
from tests.support.asterisk_lab import AsteriskFailed  # noqa: E402

SIDELINE = ("setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "sideline.entry.cli", "run")

INSTEAD = (
    "The demo in browsers needs none: make run without SIDELINE_VOICE. To attach Sideline to an Asterisk of yours: "
    "SIDELINE_ASTERISK=http://user:password@host:8088/ari"
)


async def main() -> int:
    """Run both until a signal; return the exit status."""
    log = Path(os.environ.get("SIDELINE_VAR") or CHECKOUT / "var") / "log" / "bootstrap.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        machine = machine_for_lab(CHECKOUT, log, os.environ.get("SIDELINE_LAB", ""))
    except NoLaboratory as fault:
        print(f"✗ No Asterisk for the demo: {fault}. {INSTEAD}", file=sys.stderr)
        return 1
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, signals.put_nowait, number)
    centre = Centre(machine)
    try:
        return await _until_stopped(centre, signals)
    except AsteriskFailed as fault:
        print(f"✗ {fault}", file=sys.stderr)
        return 1
    finally:
        await centre.aclose()


async def _until_stopped(centre: Centre, signals: "asyncio.Queue[int]") -> int:
    began = time.monotonic()
    starting, stopped = asyncio.create_task(centre.start()), asyncio.create_task(signals.get())
    await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
    if stopped.done():
        starting.cancel()
        await asyncio.wait((starting,))
        return 0
    stopped.cancel()
    starting.result()
    print(f"✓ Asterisk and its telephones ({time.monotonic() - began:.1f} s)", flush=True)
    working = asyncio.create_task(centre.work())
    process = await asyncio.create_subprocess_exec(*SIDELINE, env={**os.environ, **centre.settings})
    passing = asyncio.create_task(_pass_on(signals, process))
    ended = asyncio.create_task(process.wait())
    try:
        await asyncio.wait((ended, working), return_when=asyncio.FIRST_COMPLETED)
        if working.done() and not ended.done():
            process.terminate()
            await ended
            working.result()
        return ended.result() if ended.result() >= 0 else 1
    finally:
        for task in (passing, working):
            task.cancel()
        await asyncio.gather(passing, working, return_exceptions=True)


async def _pass_on(signals: "asyncio.Queue[int]", process: asyncio.subprocess.Process) -> None:
    """Tell Sideline what this process is told; one that both were told counts once there."""
    while True:
        number = await signals.get()
        if process.returncode is None:
            process.send_signal(number)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
