"""A bot that works at a telephone of the laboratory: signed in and available, it wraps its calls up.

What it does at the telephone itself is the laboratory's affair (``tools/lab_bots.py``).
"""

import asyncio
import random
from collections.abc import Sequence

from sideline.entry.demo.agents import attempt, until
from sideline.entry.demo.site import Site

_AT_WORK = {"available", "interacting", "wrap_up"}
_LOOK_SECONDS = 30.0


class DeskBot:
    """One agent, signed in as a demo user."""

    def __init__(self, url: str, email: str, password: str, chance: random.Random) -> None:
        self._url = url
        self._credentials = (email, password)
        self._chance = chance

    async def work(self) -> None:
        """Work until cancelled, or until the site is lost (raises one of ``site.FAULTS`` or Refusal)."""
        async with Site(self._url) as site:
            await site.sign_in(*self._credentials)
            user_id = (await site.get("/api/me"))["user"]["id"]
            codes = [code["id"] for code in await site.get("/api/result-codes") if code["is_active"]]
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(site.listen("/api/socket", {"op": "subscribe", "topics": [f"user:{user_id}"]}))
                while True:
                    await self._look(site, codes)

    async def _look(self, site: Site, codes: Sequence[str]) -> None:
        desk = await site.get("/api/desk")
        if desk["wrap_up"] is not None:
            if codes:
                body = {"result_code_id": self._chance.choice(codes)}
                await attempt(site, f"/api/interactions/{desk['wrap_up']['id']}/result-code", body)
            await until(site, self._chance.uniform(2, 6))
            await attempt(site, "/api/wrap-up/finish")
        elif desk["presence"]["status"] not in _AT_WORK:
            await attempt(site, "/api/presence", {"status": "available"})
        await site.wait_for_news(_LOOK_SECONDS)
