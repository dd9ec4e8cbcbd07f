"""The laboratory for a person: a real Asterisk with telephones that talk, until Ctrl-C; ``make lab``.

Two agents talk with customers all the time, a call each, and begin another when it is over. Everybody plays a tone.
"""

import asyncio
import itertools
import os
import random
import signal
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "src")]

from lab_machine import NoLaboratory, machine_for_lab  # noqa: E402

from tests.support.asterisk_lab import AsteriskFailed, AsteriskLab  # noqa: E402
from tests.support.sip_phones import Answers, CommandRefused, SipPhone  # noqa: E402

AGENTS = {"1001": 650, "1002": 950, "1003": 1100}
SUPERVISORS = {"1010": Answers.AUTO, "1011": Answers.MANUAL}
MOBILE = "+4930100"
"""A number outside that answers by itself."""
CUSTOMERS = {"+4930111": 400, "+4930112": 500}
QUEUES = {"orders": ("1001", "1002"), "deliveries": ("Local/1003@from-internal", "Local/1001@from-internal")}

CALL_SECONDS = (90, 300)
PAUSE_SECONDS = (3, 10)
MINUTES = 6
"""How long a telephone's tone is: longer than any call."""

WORDS = """
Asterisk runs on this machine, on loopback:
  ARI          {ari}
  telephones   {agents} (agents, they answer by themselves), {supervisors} (supervisors: the first
               answers by itself, the second rings)
  trunk        leads to {mobile}, where somebody picks up, and to the customers
  queues       {queues}: customers call them all the time

Start Sideline on it, in another terminal:
  SIDELINE_VOICE=asterisk SIDELINE_ASTERISK={ari} \\
  SIDELINE_ASTERISK_TRUNK=PJSIP/{{number}}@trunk make run
An agent's calls appear once a user has the SIP phone sip:1001@pbx (Admin › Users).

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
    lab = AsteriskLab(machine, phones=(*AGENTS, *SUPERVISORS), outside=(MOBILE, *CUSTOMERS), queues=QUEUES)
    try:
        await lab.start()
        for name, hertz in AGENTS.items():
            await lab.phone(name, hertz, minutes=MINUTES, is_recorded=False)
        for name, answers in SUPERVISORS.items():
            await lab.phone(name, 1250, answers=answers, minutes=MINUTES, is_recorded=False)
        await lab.phone(MOBILE, 1600, minutes=MINUTES, is_recorded=False)
        customers = [await lab.phone(n, hertz, minutes=MINUTES, is_recorded=False) for n, hertz in CUSTOMERS.items()]
        print(_words(lab), flush=True)
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(_call_for_ever(each, number)) for number, each in enumerate(customers)]
            await stop.wait()
            for call in calls:
                call.cancel()
    except AsteriskFailed as fault:
        print(f"✗ {fault}", file=sys.stderr)
        return 1
    finally:
        await lab.aclose()
    print("The laboratory is gone.")
    return 0


async def _call_for_ever(customer: SipPhone, number: int) -> None:
    """Call one queue after the other, for a few minutes each."""
    names = itertools.islice(itertools.cycle(QUEUES), number, None)
    for queue in names:
        try:
            await customer.dial(queue)
            async with asyncio.timeout(random.uniform(*CALL_SECONDS)):
                await customer.closed(within=3600)
        except TimeoutError:
            try:
                await customer.hangup()
                await customer.closed()
            except (CommandRefused, AssertionError):
                pass  # It was over in that very moment.
        except CommandRefused:
            pass
        await asyncio.sleep(random.uniform(*PAUSE_SECONDS))


def _words(lab: AsteriskLab) -> str:
    return WORDS.format(
        ari=lab.ari_url,
        agents=", ".join(AGENTS),
        supervisors=", ".join(SUPERVISORS),
        mobile=MOBILE,
        queues=", ".join(QUEUES),
        console=lab.console_words,
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
