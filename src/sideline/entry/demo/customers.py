"""A bot that calls as a customer: waits, talks, hangs up."""

import asyncio
import random
from typing import Any

from sideline.entry.demo.bot_phone import BotPhone
from sideline.entry.demo.floor import Floors
from sideline.entry.demo.scenario import LONGEST_WAIT_SECONDS, customer_plan
from sideline.entry.demo.site import Site
from sideline.voice.webrtc.beat import Beat

_PERSON_SPEAKS_SECONDS = 8.0
_LONGEST_CALL_SECONDS = 300.0


class CustomerBot:
    """One call of one customer."""

    def __init__(
        self, url: str, queue_slug: str, name: str, phone_number: str, speaker: str, floors: Floors,
        chance: random.Random, beat: Beat, *, loopback_only: bool,
    ) -> None:  # fmt: skip
        self._url = url
        self._asked = {"queue_slug": queue_slug, "name": name, "phone_number": phone_number}
        self._speaker = speaker
        self._floors = floors
        self._chance = chance
        self._beat = beat
        self._loopback_only = loopback_only
        self.started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """The interaction's id, once the call is made."""

    async def call(self) -> None:
        """Make the call and stay to its end."""
        async with Site(self._url) as site:
            started = await site.post("/api/customer/calls", self._asked)
            self.started.set_result(started["interaction_id"])
        async with Site(self._url, headers={"X-Customer-Token": started["token"]}) as site:

            async def signal(offer: str) -> str:
                body = {"offer": offer, "tab_id": "bot", "take_over": True, "has_microphone": True}
                return (await site.post("/api/customer/legs", body))["answer"]

            phone = BotPhone(signal, self._speaker, self._beat, loopback_only=self._loopback_only)
            identify = {"op": "identify", "token": started["token"]}
            tasks = [
                asyncio.create_task(phone.stay(site.reconnect_wanted)),
                asyncio.create_task(site.listen("/api/customer/socket", identify)),
                asyncio.create_task(self._stay(site, phone, started["number"])),
            ]
            try:
                done, _ = await asyncio.wait(tasks, timeout=_LONGEST_CALL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await site.post("/api/customer/call/end")

    async def _stay(self, site: Site, phone: BotPhone, number: int) -> None:
        if not await self._wait_for_agent(site):
            return
        plan = customer_plan(self._chance)
        floor = self._floors.of(number)
        for turn, line in enumerate(plan.lines):
            await floor.my_turn("customer", _PERSON_SPEAKS_SECONDS)
            if not await self._until_talking(site):
                return
            await phone.say(line)
            floor.finished("customer")
            if plan.hangs_up_rudely and turn == len(plan.lines) // 2:
                return
        await site.wait_for_news(self._chance.uniform(1, 4))

    async def _wait_for_agent(self, site: Site) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST_WAIT_SECONDS
        while (left := end - loop.time()) > 0:
            call = await self._read(site)
            if call["state"] != "waiting":
                return call["state"] != "ended"
            await site.wait_for_news(left)
        return False

    async def _until_talking(self, site: Site) -> bool:
        while True:
            call = await self._read(site)
            if call["state"] in {"talking", "ended"}:
                return call["state"] == "talking"
            await site.wait_for_news(30.0)

    async def _read(self, site: Site) -> dict[str, Any]:
        return await site.get("/api/customer/call")
