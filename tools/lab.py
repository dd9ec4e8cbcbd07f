"""The laboratory for a person: a real Asterisk with telephones that talk, until Ctrl-C; ``make lab``.

Agents talk with customers all the time, and begin another call when one is over. They have the demo's voices.
"""

import asyncio
import os
import shlex
import signal
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "src")]

from lab_centre import BOT_QUEUES, MOBILE, SUPERVISORS, Centre  # noqa: E402
from lab_machine import NoLaboratory, machine_for_lab  # noqa: E402

from sideline.entry.seed_telephones import TELEPHONES  # noqa: E402
from tests.support.asterisk_lab import AsteriskFailed  # noqa: E402

WORDS = """
Asterisk runs on this machine, on loopback:
  ARI          {ari}
  telephones   {agents} (agents, they pick up), {supervisors} (supervisors: the first answers by itself, the
               second rings)
  trunk        leads to {mobile}, where somebody picks up, and to the customers
  queues       {queues}: customers call them all the time

Start Sideline on it, in another terminal:
{settings}
The demo's agents have these telephones. Other agents' calls appear once a user has the SIP phone sip:1001@pbx
(Admin › Users).

Asterisk's console:  {console}
Ctrl-C ends everything.
"""


async def main() -> int:
    """Run the laboratory; return the exit status."""
    log = Path(os.environ.get("SIDELINE_VAR") or CHECKOUT / "var") / "log" / "bootstrap.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        machine = machine_for_lab(CHECKOUT, log, os.environ.get("SIDELINE_LAB", ""))
    except NoLaboratory as fault:
        print(f"✗ No laboratory: {fault}.", file=sys.stderr)
        return 1
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    centre = Centre(machine)
    stopped = asyncio.create_task(stop.wait())
    working = asyncio.create_task(_work(centre))
    try:
        await asyncio.wait((stopped, working), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    except AsteriskFailed as fault:
        print(f"✗ {fault}", file=sys.stderr)
        return 1
    finally:
        for task in (stopped, working):
            task.cancel()
        await asyncio.gather(stopped, working, return_exceptions=True)
        await centre.aclose()
    print("The laboratory is gone.")
    return 0


async def _work(centre: Centre) -> None:
    await centre.start()
    print(_words(centre), flush=True)
    await centre.work()


def _words(centre: Centre) -> str:
    settings = [f"  {name}={shlex.quote(value)} \\" for name, value in centre.settings.items()]
    return WORDS.format(
        ari=centre.lab.ari_url,
        agents=" to ".join((min(TELEPHONES.values()), max(TELEPHONES.values()))),
        supervisors=", ".join(SUPERVISORS),
        mobile=MOBILE,
        queues=", ".join(BOT_QUEUES),
        settings="\n".join([*settings, "  make run"]),
        console=centre.lab.console_words,
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
