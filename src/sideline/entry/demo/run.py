"""The demo's process: keeps the bots at work and a handful of calls going."""

import asyncio
import random
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog
import uvloop

from sideline.entry.demo.agents import AgentBot
from sideline.entry.demo.customers import CustomerBot
from sideline.entry.demo.desks import DeskBot
from sideline.entry.demo.floor import Floors
from sideline.entry.demo.lines import AGENTS, CUSTOMERS
from sideline.entry.demo.site import FAULTS, Refusal, Site
from sideline.entry.seed_people import CAMPAIGNS, LISTS, PASSWORD, QUEUES, USERS, email_of
from sideline.entry.seed_people import CUSTOMERS as CUSTOMER_NAMES
from sideline.kit.pauses import pause
from sideline.kit.processes import raise_file_limit, say_ready
from sideline.kit.settings import Settings, SettingsError, load_settings
from sideline.kit.telemetry import configure_logging
from sideline.voice.webrtc.beat import Beat

FEWEST_CALLS = 4
MOST_CALLS = 6
DIALLED_SHARE = 0.6
"""Of the calls, those to which the dialer adds a campaign and a list."""

_BOTS_QUEUES = tuple(queue for queue in QUEUES if not queue.members)

_log = structlog.get_logger()


def main() -> int:
    """Run the bots until told to stop; return the exit status."""
    configure_logging()
    try:
        settings = load_settings()
    except SettingsError as fault:
        print(f"sideline demo: {fault}", file=sys.stderr)
        return 1
    raise_file_limit()
    return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    work = asyncio.create_task(Demo(settings).run(), name="demo")
    stopped = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if work.done():
        work.result()
        return 1
    work.cancel()
    await asyncio.wait({work}, timeout=3.0)
    return 0


class Demo:
    """Owns every bot."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"http://{settings.host}:{settings.port}"
        self._loopback_only = settings.loopback_only
        self._are_at_telephones = settings.demo_on_pbx
        # Not for secrets: which line comes next, who calls whom.
        self._chance = random.Random()
        self._floors = Floors()
        self._beat = Beat()

    async def run(self) -> None:
        """Keep the bots going until cancelled."""
        if self._are_at_telephones:
            await self._run_desks()
            return
        async with asyncio.TaskGroup() as tasks:
            for place, user in enumerate(user for user in USERS if user.is_bot):
                bot = AgentBot(
                    self._url, email_of(user.email_name), PASSWORD, AGENTS[place % len(AGENTS)].name, self._floors,
                    self._chance, self._beat, loopback_only=self._loopback_only,
                )  # fmt: skip
                tasks.create_task(_again_and_again(bot.work, f"agent {user.name}"))
            for place in range(MOST_CALLS):
                tasks.create_task(self._customers(is_steady=place < FEWEST_CALLS))
            say_ready()

    async def _run_desks(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for user in USERS:
                if user.is_bot:
                    desk = DeskBot(self._url, email_of(user.email_name), PASSWORD, self._chance)
                    tasks.create_task(_again_and_again(desk.work, f"agent {user.name}"))
            say_ready()

    async def _customers(self, *, is_steady: bool) -> None:
        """Call, hang up, and let somebody else call; one call at a time."""
        while True:
            longest = 6.0 if is_steady else 45.0
            await pause(self._chance.uniform(1.0, longest))
            await _once(self._one_call, "customer")

    async def _one_call(self) -> None:
        chance = self._chance
        bot = CustomerBot(
            self._url, chance.choice(_BOTS_QUEUES).slug, chance.choice(CUSTOMER_NAMES),
            f"+44 20 7946 {chance.randint(0, 999):04}", chance.choice(CUSTOMERS).name, self._floors, chance,
            self._beat, loopback_only=self._loopback_only,
        )  # fmt: skip
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(bot.call())
            call.add_done_callback(lambda _: bot.started.cancel())
            if chance.random() < DIALLED_SHARE:
                tasks.create_task(self._dial(bot.started))

    async def _dial(self, started: asyncio.Future[str]) -> None:
        """Do what a dialer does: say which campaign and list a call belongs to."""
        await asyncio.wait({started})
        if started.cancelled():
            return
        async with Site(self._url) as site:
            await site.sign_in(email_of("admin"), PASSWORD)
            data = {"campaign": self._chance.choice(CAMPAIGNS), "list_name": self._chance.choice(LISTS)}
            await site.patch(f"/api/interactions/{started.result()}/data", data)
            await site.post("/api/sign-out")


async def _again_and_again(work: Callable[[], Awaitable[None]], who: str) -> None:
    delay = 1.0
    while True:
        began = asyncio.get_running_loop().time()
        await _once(work, who)
        delay = 1.0 if asyncio.get_running_loop().time() - began > 30 else min(delay * 2, 20.0)
        await pause(delay)


async def _once(work: Callable[[], Awaitable[None]], who: str) -> None:
    try:
        await work()
    except* (*FAULTS, Refusal) as faults:
        _log.warning("bot_begins_again", who=who, reason=str(faults.exceptions[0])[:200])
