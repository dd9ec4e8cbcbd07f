"""People at the laboratory's telephones: agents who answer, hold, consult and transfer, customers who call."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from lab_talk import Talk, Talks
from lab_voices import Line

from sideline.entry.demo.scenario import LONGEST_WAIT_SECONDS, AgentPlan, Aside, CustomerPlan, agent_plan, customer_plan
from tests.support.sip_phones import CommandRefused, PhoneEvent, SipPhone

OTHER_SPEAKS_SECONDS = 7.0
"""How long one waits for the other's next sentence."""
LONGEST_CALL_SECONDS = 300.0
LONGEST_TAKEN_SECONDS = 900.0
CONSULT_SECONDS = 8.0
TRANSFER_SECONDS = 8.0
UNPLUGGED_SECONDS = 1.0
PAUSE_SECONDS = (4.0, 20.0)
THINKING_SECONDS = (0.4, 2.4)
ROUNDS = 2
"""How often the middle of a conversation is drawn: so that a person has time to listen, coach and barge in."""
FOR_EVER = 10**8
COLLEAGUE_LINES = (1, 3, 4, 7)
"""Of the agents' sentences, those that one says to a colleague."""


FAULTS = (CommandRefused, AssertionError, TimeoutError, OSError)
"""What a telephone does now and then; the bot plugs it in anew and begins again."""


class Bot:
    """Somebody at a telephone, who speaks with one voice."""

    def __init__(self, phone: SipPhone, voice: Sequence[Line], chance: random.Random) -> None:
        self.phone = phone
        self._voice = voice
        self._chance = chance

    async def say(self, number: int) -> None:
        """Say a sentence to its end."""
        line = self._voice[number]
        await self.phone.play(line.path)
        await asyncio.sleep(line.seconds)
        await self.phone.play(None)

    async def work(self) -> None:
        """Do for ever what one does at this telephone."""
        while True:
            self.phone.forget()
            try:
                await self.one_call()
            except FAULTS:
                await self.phone.close(hurry=True)
                await asyncio.sleep(UNPLUGGED_SECONDS)
                await self.phone.start()

    async def one_call(self) -> None:
        """Take or make one call."""
        raise NotImplementedError

    async def think(self) -> None:
        """Take a breath."""
        await asyncio.sleep(self._chance.uniform(*THINKING_SECONDS))

    def lines_of(self, plan: AgentPlan | CustomerPlan, more: Callable[[], AgentPlan | CustomerPlan]) -> list[int]:
        """Return the sentences of a whole call: greeting, the middle of several plans, good-bye."""
        middles = [plan.lines[1:-1], *(more().lines[1:-1] for _ in range(ROUNDS - 1))]
        return [plan.lines[0], *(line for middle in middles for line in middle), plan.lines[-1]]

    async def until_over(self, call_id: str, talk: Coroutine[Any, Any, None], seconds: float) -> bool:
        """Talk until the call is over; return whether everything was said before. Hang up after ``seconds``."""
        talking, over = asyncio.create_task(talk), asyncio.create_task(self.phone.over(call_id, within=FOR_EVER))
        try:
            await asyncio.wait((talking, over), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            was_said = talking.done()
            if was_said:
                talking.result()
            if not over.done():
                await self._hang_up(call_id, over)
            return was_said
        finally:
            for task in (talking, over):
                task.cancel()
            await asyncio.gather(talking, over, return_exceptions=True)

    async def _hang_up(self, call_id: str, over: asyncio.Task[None]) -> None:
        # The call may be over in this very moment, or be about to: a transfer ends it by itself.
        with suppress(CommandRefused):
            await self.phone.select(call_id)
            await self.phone.hangup()
        await over


class AgentAtPhone(Bot):
    """An agent of the centre."""

    def __init__(
        self, phone: SipPhone, voice: Sequence[Line], chance: random.Random, talks: Talks,
        colleagues: Callable[[], list[str]], queues: Sequence[str],
    ) -> None:  # fmt: skip
        super().__init__(phone, voice, chance)
        self._talks = talks
        self._colleagues = colleagues
        self._queues = queues
        self.is_free = True

    async def one_call(self) -> None:
        """Answer the next call and stay to its end."""
        self.is_free = True
        call = await self.phone.incoming(within=FOR_EVER)
        self.is_free = False
        await asyncio.sleep(self._chance.uniform(1.0, 4.0))
        try:
            await self.phone.answer()
        except CommandRefused:
            return  # The caller has given up.
        await self._take(call)

    async def _take(self, call: PhoneEvent) -> None:
        talk = self._talks.of(call.peer)
        if talk is None:
            await self.until_over(call.call_id, self._advise(), 60.0)
            return
        talk.begins()
        was_said = await self.until_over(call.call_id, self._serve(call, talk), LONGEST_CALL_SECONDS)
        if not was_said and self._talks.of(call.peer) is talk:
            talk.is_taken()

    async def _serve(self, call: PhoneEvent, talk: Talk) -> None:
        plan = agent_plan(self._chance)
        for turn, line in enumerate(self.lines_of(plan, lambda: agent_plan(self._chance))):
            await self.think()
            await self.say(line)
            talk.finished("agent")
            await talk.my_turn("agent", OTHER_SPEAKS_SECONDS)
            if turn == plan.aside_after and await self._step_aside(call, talk, plan):
                with suppress(AssertionError):  # Asterisk ends it, and if not, this telephone does.
                    await self.phone.over(call.call_id, within=TRANSFER_SECONDS)
                return
        await asyncio.sleep(self._chance.uniform(2.0, 12.0))

    async def _step_aside(self, call: PhoneEvent, talk: Talk, plan: AgentPlan) -> bool:
        """Do what the plan has in the middle; return whether the customer is now somebody else's."""
        match plan.aside:
            case Aside.NOTHING:
                return False
            case Aside.HOLD:
                talk.pauses()
                await self.phone.hold()
                await asyncio.sleep(self._chance.uniform(6.0, 14.0))
                await self.phone.resume()
                talk.begins()
                return False
            case Aside.TRANSFER_TO_QUEUE:
                talk.pauses()
                await self.phone.transfer(self._chance.choice(self._queues))
                return True
            case Aside.CONSULT:
                return await self._consult(call, talk, plan)

    async def _consult(self, call: PhoneEvent, talk: Talk, plan: AgentPlan) -> bool:
        free = self._colleagues()
        if not free:
            return False
        colleague = self._chance.choice(free)
        talk.pauses()
        await self.phone.hold()
        known = len(self.phone.events)
        await self.phone.dial(colleague)
        with suppress(TimeoutError, AssertionError):
            while True:
                event = await self.phone.established(within=CONSULT_SECONDS)
                if event.call_id != call.call_id and event in self.phone.events[known:]:
                    break
            for line in self._chance.sample(COLLEAGUE_LINES, 2):
                await self.say(line)
                await asyncio.sleep(2.0)
        with suppress(CommandRefused):
            await self.phone.hangup()
        await self.phone.select(call.call_id)
        if plan.completes_transfer:
            await self.phone.transfer(colleague)
            return True
        await self.phone.resume()
        talk.begins()
        return False

    async def _advise(self) -> None:
        """Say something now and then to a colleague who asks."""
        while True:
            await asyncio.sleep(2.5)
            await self.say(self._chance.choice(COLLEAGUE_LINES))


class CustomerAtPhone(Bot):
    """Somebody outside who calls the centre now and then."""

    def __init__(
        self, phone: SipPhone, voice: Sequence[Line], chance: random.Random, talks: Talks,
        wants: Callable[[], str], first_after: float,
    ) -> None:  # fmt: skip
        super().__init__(phone, voice, chance)
        self._talks = talks
        self._wants = wants
        self._pause = first_after

    async def one_call(self) -> None:
        """Call after a while and stay to the end."""
        await asyncio.sleep(self._pause)
        self._pause = self._chance.uniform(*PAUSE_SECONDS)
        talk = self._talks.begin(self.phone.name)
        try:
            await self.phone.dial(self._wants())
            call = await self.phone.established()
            await self.until_over(call.call_id, self._stay(talk), LONGEST_TAKEN_SECONDS)
        finally:
            self._talks.end(self.phone.name)

    async def _stay(self, talk: Talk) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                await talk.together()
                await talk.my_turn("customer", OTHER_SPEAKS_SECONDS)
            await self._say_everything(talk)

    async def _say_everything(self, talk: Talk) -> None:
        plan = customer_plan(self._chance)
        for turn, line in enumerate(self.lines_of(plan, lambda: customer_plan(self._chance))):
            await self.think()
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                await talk.together()
            await self.say(line)
            talk.finished("customer")
            if plan.hangs_up_rudely and turn == len(plan.lines) and not talk.is_taken_over:
                return
            await talk.my_turn("customer", OTHER_SPEAKS_SECONDS)
        while talk.is_taken_over:
            await asyncio.sleep(self._chance.uniform(6.0, 12.0))
            await self.say(self._chance.choice(plan.lines))
