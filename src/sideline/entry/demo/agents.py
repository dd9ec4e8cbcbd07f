"""A bot that works as an agent: goes on queue, answers, talks, holds, consults, transfers, wraps up."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from sideline.entry.demo.bot_phone import BotPhone
from sideline.entry.demo.floor import Floor, Floors
from sideline.entry.demo.lines import AGENT_LINES
from sideline.entry.demo.scenario import AgentPlan, Aside, agent_plan
from sideline.entry.demo.site import Refusal, Site
from sideline.voice.webrtc.beat import Beat

_AT_WORK = {"on_queue", "interacting", "wrap_up"}
_PERSON_SPEAKS_SECONDS = 7.0


class AgentBot:
    """One agent, signed in as a demo user."""

    def __init__(
        self, url: str, email: str, password: str, speaker: str, floors: Floors, chance: random.Random, beat: Beat, *,
        loopback_only: bool,
    ) -> None:  # fmt: skip
        self._url = url
        self._credentials = (email, password)
        self._speaker = speaker
        self._floors = floors
        self._chance = chance
        self._beat = beat
        self._loopback_only = loopback_only
        self._result_codes: Sequence[str] = ()

    async def work(self) -> None:
        """Work until cancelled, or until the site is lost (raises one of ``site.FAULTS`` or Refusal)."""
        async with Site(self._url) as site:
            await site.sign_in(*self._credentials)
            user_id = (await site.get("/api/me"))["user"]["id"]
            self._result_codes = [code["id"] for code in await site.get("/api/result-codes") if code["is_active"]]

            async def signal(offer: str) -> str:
                body = {"offer": offer, "tab_id": f"bot-{user_id}", "take_over": True, "has_microphone": True}
                return (await site.post("/api/legs", body))["answer"]

            phone = BotPhone(signal, self._speaker, self._beat, loopback_only=self._loopback_only)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(phone.stay(site.reconnect_wanted))
                tasks.create_task(site.listen("/api/socket", {"op": "subscribe", "topics": [f"user:{user_id}"]}))
                await phone.is_up.wait()
                while True:
                    await self._look(site, phone)

    async def _look(self, site: Site, phone: BotPhone) -> None:
        desk = await site.get("/api/desk")
        if desk["presence"]["status"] not in _AT_WORK:
            await attempt(site, "/api/presence", {"status": "on_queue"})
        if desk["current"]:
            await self._attend(site, phone, desk["current"][0])
        elif desk["wrap_up"] is not None:
            await self._wrap_up(site, desk["wrap_up"])
        else:
            await site.wait_for_news(30.0)

    async def _attend(self, site: Site, phone: BotPhone, call: dict[str, Any]) -> None:
        path = f"/api/interactions/{call['id']}"
        if _may(call, "answer"):
            await site.wait_for_news(self._chance.uniform(0.8, 3.0))
            await attempt(site, f"{path}/answer")
        elif _may(call, "end"):
            await self._talk(site, phone, call["id"], self._floors.of(call["number"]))
        else:
            await phone.say(self._chance.randrange(1, 6))
            await site.wait_for_news(3.0)

    async def _talk(self, site: Site, phone: BotPhone, call_id: str, floor: Floor) -> None:
        plan = agent_plan(self._chance)
        for turn, line in enumerate(plan.lines):
            if not await self._is_mine(site, call_id):
                return
            await phone.say(line)
            floor.finished("agent")
            await floor.my_turn("agent", _PERSON_SPEAKS_SECONDS)
            if turn == plan.aside_after and await self._step_aside(site, phone, call_id, plan):
                return
        if self._chance.random() < 0.5:
            await attempt(site, f"/api/interactions/{call_id}/end")
        else:
            await site.wait_for_news(12.0)
            await attempt(site, f"/api/interactions/{call_id}/end")

    async def _step_aside(self, site: Site, phone: BotPhone, call_id: str, plan: AgentPlan) -> bool:
        """Do what the plan has in the middle; return whether the call is now somebody else's."""
        path = f"/api/interactions/{call_id}"
        match plan.aside:
            case Aside.NOTHING:
                return False
            case Aside.HOLD:
                if await attempt(site, f"{path}/hold"):
                    await until(site, self._chance.uniform(6, 14))
                    await attempt(site, f"{path}/resume")
                return False
            case Aside.TRANSFER_TO_QUEUE:
                queues = await site.get("/api/queues/transfer-targets")
                return bool(queues) and await attempt(
                    site, f"{path}/transfer", {"queue_id": self._chance.choice(queues)["id"]}
                )
            case Aside.CONSULT:
                return await self._consult(site, phone, path, plan)

    async def _consult(self, site: Site, phone: BotPhone, path: str, plan: AgentPlan) -> bool:
        reachable = [one for one in await site.get("/api/colleagues") if one["reach"]["allowed"]]
        if not reachable:
            return False
        if not await attempt(site, f"{path}/consult", {"user_id": self._chance.choice(reachable)["id"]}):
            return False
        await until(site, 6.0)
        for line in self._chance.sample(range(2, len(AGENT_LINES) - 1), 2):
            await phone.say(line)
            await until(site, 3.0)
        if plan.completes_transfer and await attempt(site, f"{path}/complete-transfer"):
            return True
        await attempt(site, f"{path}/cancel-consult")
        await attempt(site, f"{path}/resume")
        return False

    async def _is_mine(self, site: Site, call_id: str) -> bool:
        current = (await site.get("/api/desk"))["current"]
        mine = next((call for call in current if call["id"] == call_id and _may(call, "end")), None)
        if mine is not None and _may(mine, "resume") and mine["state"] == "held":
            await attempt(site, f"/api/interactions/{call_id}/resume")
        return mine is not None

    async def _wrap_up(self, site: Site, call: dict[str, Any]) -> None:
        if self._result_codes:
            body = {"result_code_id": self._chance.choice(self._result_codes)}
            await attempt(site, f"/api/interactions/{call['id']}/result-code", body)
        await until(site, self._chance.uniform(2, 6))
        await attempt(site, "/api/wrap-up/finish")


def _may(call: dict[str, Any], name: str) -> bool:
    ability = call["abilities"].get(name)
    return ability is not None and ability["allowed"]


async def attempt(site: Site, path: str, body: Any = None) -> bool:
    """Send a command that may come too late or be refused: the world moves on meanwhile."""
    try:
        await site.post(path, body)
    except Refusal as refusal:
        if refusal.status in {401, 500, 503}:
            raise
        return False
    return True


async def until(site: Site, seconds: float) -> None:
    """Let ``seconds`` pass, whatever the news."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (left := end - loop.time()) > 0:
        await site.wait_for_news(left)
