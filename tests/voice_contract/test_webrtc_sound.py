"""The WebRTC engine under the contract, on a good network and on a bad one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from sideline.rules.audibility import MUSIC, World
from sideline.voice.engine import BrowserPhone, CustomerPlace, PbxStays
from sideline.voice.webrtc.client import BrowserLikePhone
from sideline.voice.webrtc.engine import WebRtcEngine
from sideline.voice.webrtc.sound import tone
from tests.support.sound import FAINT, HERTZ
from tests.support.sound_stage import Stalls
from tests.support.sound_weather import BadWeather
from tests.voice_contract.contract import OwnCallsContract


class WebRtcPhone:
    def __init__(self, engine: WebRtcEngine, owner: str, leg_id: str, weather: BadWeather | None) -> None:
        self.phone = BrowserPhone(leg_id)
        self._engine = engine
        self._owner = owner
        self._weather = weather
        self._clients: list[BrowserLikePhone] = []

    async def come_back(self) -> None:
        signal = partial(self._engine.connect, self.phone.leg_id)
        client = BrowserLikePhone(signal, tone(HERTZ[self._owner]), loopback_only=True, weather=self._weather)
        self._clients.append(client)
        await client.connect()

    async def vanish(self) -> None:
        await self._clients[-1].vanish()

    def heard(self, start: float, end: float) -> NDArray[np.float32]:
        return sum(
            (slot.pcm(start, end) for client in self._clients for slot in client.slots),
            np.zeros(round((end - start) * 48_000), dtype=np.float32),
        )

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


class WebRtcStage:
    def __init__(self, *, settle: float, clarity: float, faint: float, is_bad: bool) -> None:
        self.engine = WebRtcEngine(loopback_only=True, music=tone(HERTZ[MUSIC]))
        self.stalls = Stalls()
        self.settle = settle
        self.clarity = clarity
        self.faint = faint
        self._is_bad = is_bad
        self._phones: list[WebRtcPhone] = []

    async def phone(self, owner: str) -> WebRtcPhone:
        number = len(self._phones)
        phone = WebRtcPhone(self.engine, owner, f"leg-{number}", BadWeather(number) if self._is_bad else None)
        self._phones.append(phone)
        await phone.come_back()
        return phone

    async def arrange(self, call: str, world: World) -> None:
        pass

    def place(self, world: World) -> CustomerPlace:
        return PbxStays()

    def is_cut(self, world: World, speaker: str, listener: str) -> bool:
        return False

    async def close(self) -> None:
        for phone in self._phones:
            await phone.close()
        self.stalls.stop()
        await self.engine.aclose()


@asynccontextmanager
async def webrtc_stage(*, settle: float, clarity: float, faint: float, is_bad: bool) -> AsyncIterator[WebRtcStage]:
    stage = WebRtcStage(settle=settle, clarity=clarity, faint=faint, is_bad=is_bad)
    try:
        yield stage
    finally:
        await stage.close()


class TestWebRtcEngine(OwnCallsContract):
    @pytest.fixture
    async def stage(self) -> AsyncIterator[WebRtcStage]:
        async with webrtc_stage(settle=0.18, clarity=0.9, faint=FAINT, is_bad=False) as stage:
            yield stage


class TestWebRtcEngineWithLossAndJitter(OwnCallsContract):
    """5 % of the packets are lost and 40 ms of jitter added, on the way in and again on the way out."""

    @pytest.fixture
    async def stage(self) -> AsyncIterator[WebRtcStage]:
        async with webrtc_stage(settle=0.3, clarity=0.5, faint=2 * FAINT, is_bad=True) as stage:
            yield stage
