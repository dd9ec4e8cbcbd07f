"""An engine and phones that are closed with it."""

import asyncio
from collections.abc import Sequence
from functools import partial

from sideline.rules.audibility import Route
from sideline.voice.engine import BrowserPhone, CallPlan, EngineFact, LegAnswered
from sideline.voice.webrtc.client import SILENCE, BrowserLikePhone, Signal
from sideline.voice.webrtc.engine import WebRtcEngine
from tests.support.sound_weather import BadWeather


class Exchange:
    """One engine, the phones connected to it, and the facts it told."""

    def __init__(self, engine: WebRtcEngine) -> None:
        self.engine = engine
        self.told: list[EngineFact] = []
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())
        self._phones: list[BrowserLikePhone] = []
        self._version = 0

    async def phone(
        self, leg_id: str, source: Sequence[bytes] | None = SILENCE, *, weather: BadWeather | None = None
    ) -> BrowserLikePhone:
        phone = self.new_phone(leg_id, source, weather=weather)
        await phone.connect()
        await self.fact(LegAnswered(leg_id))
        return phone

    def new_phone(
        self,
        leg_id: str,
        source: Sequence[bytes] | None = SILENCE,
        *,
        weather: BadWeather | None = None,
        signal: Signal | None = None,
    ) -> BrowserLikePhone:
        signal = signal or partial(self.engine.connect, leg_id)
        phone = BrowserLikePhone(signal, source, loopback_only=True, weather=weather)
        self._phones.append(phone)
        return phone

    async def route(self, *pairs: tuple[str, str]) -> None:
        """Let the first of each pair be heard by the second, and nobody else by anybody."""
        self._version += 1
        phones = {leg: BrowserPhone(leg) for pair in pairs for leg in pair} or {"nobody": BrowserPhone("nobody")}
        routes = frozenset(Route(*pair) for pair in pairs)
        await self.engine.apply("call", CallPlan(version=self._version, phones=phones, routes=routes))

    async def fact(self, wanted: EngineFact | type[EngineFact], leg_id: str = "", within: float = 6.0) -> EngineFact:
        """Return the first fact told that is, or is a, ``wanted`` (of this leg)."""

        def matching() -> EngineFact | None:
            for fact in self.told:
                if isinstance(wanted, type) and isinstance(fact, wanted):
                    if not leg_id or getattr(fact, "leg_id", "") == leg_id:
                        return fact
                elif fact == wanted:
                    return fact
            return None

        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: matching() is not None)
        found = matching()
        assert found is not None
        return found

    async def close(self) -> None:
        for phone in self._phones:
            await phone.close()
        await self.engine.aclose()
        await self._reader

    async def _read(self) -> None:
        async for fact in self.engine.facts():
            async with self._news:
                self.told.append(fact)
                self._news.notify_all()
