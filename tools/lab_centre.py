"""A contact centre on a real Asterisk: the demo's agents and customers, bots with SIP telephones who talk."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

from lab_bots import AgentAtPhone, CustomerAtPhone
from lab_talk import Talks
from lab_voices import Voices, decode, decode_voices

from sideline.entry.demo.lines import AGENTS as AGENT_VOICES
from sideline.entry.demo.lines import CUSTOMERS as CUSTOMER_VOICES
from sideline.entry.seed_people import CAMPAIGNS, CUSTOMERS, LISTS, QUEUES, USERS
from sideline.entry.seed_telephones import TELEPHONES
from tests.support.asterisk_lab import AsteriskLab
from tests.support.asterisk_machines import Machine
from tests.support.sip_phones import Answers

MUSIC = Path(__file__).parents[1] / "src" / "sideline" / "voice" / "webrtc" / "music.opus"

SUPERVISORS = {"1010": Answers.AUTO, "1011": Answers.MANUAL}
MOBILE = "+442079460199"
"""A number outside that answers by itself."""
CUSTOMER_NUMBERS = {f"+4420794601{number:02}": name for number, name in enumerate(CUSTOMERS[:6], 1)}
BOT_QUEUES = {
    queue.slug: [TELEPHONES[user.email_name] for user in USERS if user.is_bot and user.team == queue.team]
    for queue in QUEUES
    if not queue.members
}

DIALLED_SHARE = 0.6
"""Of the calls, those that belong to a campaign and a list."""

FIRST_CALLS_APART_SECONDS = 3.0
SILENCE_MINUTES = 10.0
"""Longer than anybody is silent, on hold for example: a telephone hangs up where its file ends."""

VARIABLES = "campaign=CAMPAIGN list=LIST"


def _print(text: str) -> None:
    print(text, flush=True)


class Centre:
    """Owns the Asterisk, its telephones, and who sits at them."""

    def __init__(self, machine: Machine, say: Callable[[str], None] = _print) -> None:
        self.lab = AsteriskLab(
            machine,
            phones=(*TELEPHONES.values(), *SUPERVISORS),
            outside=(MOBILE, *CUSTOMER_NUMBERS),
            queues=BOT_QUEUES,
            dialplan=_dialplan(),
            strategy="rrmemory",
        )
        self._say = say
        # Not for secrets: which line comes next, who calls whom.
        self._chance = random.Random()
        self._talks = Talks()
        self._agents: list[AgentAtPhone] = []
        self._customers: list[CustomerAtPhone] = []

    @property
    def settings(self) -> dict[str, str]:
        """What Sideline must be told to attach to it."""
        return {
            "SIDELINE_VOICE": "asterisk",
            "SIDELINE_ASTERISK": self.lab.ari_url,
            "SIDELINE_ASTERISK_TRUNK": "PJSIP/{number}@trunk",
            "SIDELINE_ASTERISK_VARIABLES": VARIABLES,
            "SIDELINE_DEMO_ON_PBX": "1",
        }

    async def start(self) -> None:
        """Start the Asterisk and plug every telephone in."""
        voices = await asyncio.to_thread(self._sounds)
        await self.lab.start()
        await asyncio.gather(
            *(self._seat_agent(place, name, voices) for place, name in enumerate(TELEPHONES.values())),
            *(self._seat_customer(place, name, voices) for place, name in enumerate(CUSTOMER_NUMBERS)),
            *(self.lab.phone(name, answers=answers, is_recorded=False) for name, answers in SUPERVISORS.items()),
            self.lab.phone(MOBILE, is_recorded=False),
        )

    def _sounds(self) -> Voices:
        (self.lab.folder / "music" / "tone.sln").write_bytes(decode(MUSIC))
        return decode_voices(self.lab.folder / "voices")

    async def _seat_agent(self, place: int, name: str, voices: Voices) -> None:
        phone = await self.lab.phone(name, answers=Answers.MANUAL, minutes=SILENCE_MINUTES, is_recorded=False)
        voice = voices[AGENT_VOICES[place % len(AGENT_VOICES)].name]
        queues = tuple(BOT_QUEUES)
        self._agents.append(AgentAtPhone(phone, voice, self._chance, self._talks, self._free_colleagues, queues))

    async def _seat_customer(self, place: int, number: str, voices: Voices) -> None:
        name = CUSTOMER_NUMBERS[number]
        phone = await self.lab.phone(
            number, answers=Answers.MANUAL, minutes=SILENCE_MINUTES, is_recorded=False, display=name
        )
        voice = voices[CUSTOMER_VOICES[place % len(CUSTOMER_VOICES)].name]
        first_after = FIRST_CALLS_APART_SECONDS * place
        self._customers.append(CustomerAtPhone(phone, voice, self._chance, self._talks, self._wants, first_after))

    def _free_colleagues(self) -> list[str]:
        return [each.phone.name for each in self._agents if each.is_free]

    def _wants(self) -> str:
        [queue] = self._chance.choices(tuple(BOT_QUEUES), [len(members) ** 2 for members in BOT_QUEUES.values()])
        if self._chance.random() >= DIALLED_SHARE:
            return queue
        return f"{queue}-{self._chance.randrange(len(CAMPAIGNS))}"

    async def work(self) -> None:
        """Let everybody call and answer until cancelled; an Asterisk that ended is started again."""
        while True:
            await self._work_until_asterisk_ends()
            self._say("The laboratory's Asterisk ended; starting it again")
            phones = [bot.phone for bot in (*self._agents, *self._customers)]
            await asyncio.gather(*(phone.close(hurry=True) for phone in phones))
            await self.lab.restart()
            await asyncio.gather(*(phone.start() for phone in phones))

    async def _work_until_asterisk_ends(self) -> None:
        tasks = [asyncio.create_task(bot.work()) for bot in (*self._agents, *self._customers)]
        tasks.append(asyncio.create_task(self.lab.ended()))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """End everything, and leave nothing behind."""
        await self.lab.aclose()


def _dialplan() -> str:
    """Return extensions that do what a dialer does: say which campaign and list a call belongs to."""
    return "".join(
        f"exten => {queue}-{number},1,Set(CAMPAIGN={campaign})\n same => n,Set(LIST={LISTS[number]})\n"
        f" same => n,Goto(from-trunk,{queue},1)\n"
        for queue in BOT_QUEUES
        for number, campaign in enumerate(CAMPAIGNS)
    )
