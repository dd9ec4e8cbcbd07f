"""A browser leg as a party of a real Asterisk's bridge, by sound: there, a SIP telephone is the other party."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sideline.voice.asterisk.media import MediaFailed, MediaLeg, connection_id, external_media
from sideline.voice.engine import LegLost
from sideline.voice.webrtc.client import SILENCE, BrowserLikePhone
from sideline.voice.webrtc.engine import WebRtcEngine
from sideline.voice.webrtc.sound import tone
from tests.support.ari_by_hand import APP, Ari
from tests.support.asterisk_lab import AsteriskLab
from tests.support.pcm_end import RecordingEnd
from tests.support.sip_phones import SipPhone
from tests.support.sound import FAINT, HERTZ, tone_levels
from tests.support.sound_phones import Exchange
from tests.support.sound_stage import Stalls

SARA, AGENT = HERTZ["sara"], HERTZ["agent"]
LEVEL = 0.3
TWO_DECIBEL = 10 ** (2 / 20)
SETTLE = 0.6
"""Seconds after which a change is heard everywhere, also where a busy machine has let some sound queue up."""

LONGEST_GAP = 0.2
"""Seconds without RTP; telephones and trunks take a call for dead after many of them."""

BROWSER, TELEPHONE, BRIDGE = "test.browser", "test.telephone", "test.bridge"


@pytest.fixture(scope="module")
async def lab(asterisk_root: Path) -> AsyncIterator[AsteriskLab]:
    async with AsteriskLab(asterisk_root, phones=("1001",)) as lab:
        yield lab


@pytest.fixture(scope="module")
async def telephone(lab: AsteriskLab) -> SipPhone:
    return await lab.phone("1001", AGENT)


@pytest.fixture
async def ari(lab: AsteriskLab) -> AsyncIterator[Ari]:
    async with Ari(lab.ari_url) as ari:
        yield ari


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    exchange = Exchange(WebRtcEngine(loopback_only=True))
    yield exchange
    await exchange.close()


@pytest.fixture
async def stalls() -> AsyncIterator[Stalls]:
    stalls = Stalls()
    yield stalls
    stalls.stop()


class Call:
    """A bridge in the Asterisk with a telephone and, by a media leg, a browser's leg."""

    def __init__(self, ari: Ari, exchange: Exchange, telephone: SipPhone, stalls: Stalls) -> None:
        self.ari = ari
        self.exchange = exchange
        self.telephone = telephone
        self.stalls = stalls
        self.leg: MediaLeg | None = None

    async def begin(self) -> MediaLeg:
        await self.ari.request("POST", "/bridges", {"type": "mixing", "bridgeId": BRIDGE})
        await self.ari.request("POST", "/channels", {"endpoint": "PJSIP/1001", "app": APP, "channelId": TELEPHONE})
        self.leg = await open_leg(self.ari, self.exchange.engine)
        for channel in (TELEPHONE, BROWSER):
            await self.ari.event("StasisStart", channel)
            await self.ari.request("POST", f"/bridges/{BRIDGE}/addChannel", {"channel": channel})
        return self.leg

    async def end(self) -> None:
        assert self.leg is not None
        await self.leg.close()
        await self.ari.request("DELETE", f"/channels/{TELEPHONE}")
        await self.ari.request("DELETE", f"/bridges/{BRIDGE}")
        for channel in (TELEPHONE, BROWSER):
            await self.ari.event("ChannelDestroyed", channel)
        assert await self.ari.channels() == []

    async def span(self, seconds: float = 1.0) -> tuple[float, float]:
        await self.stalls.calm(SETTLE + seconds)
        now = time.monotonic()
        return now - seconds, now


@pytest.fixture
async def call(ari: Ari, exchange: Exchange, telephone: SipPhone, stalls: Stalls) -> AsyncIterator[Call]:
    call = Call(ari, exchange, telephone, stalls)
    yield call
    await call.end()


async def open_leg(ari: Ari, engine: WebRtcEngine) -> MediaLeg:
    asked = external_media(APP, BROWSER)
    channel = await ari.request(asked.method, asked.path, asked.query)
    connection = connection_id(channel)
    return await MediaLeg.open(
        engine, "sara", ari=ari.base, connection=connection, user=ari.user, password=ari.password
    )


def heard_by(phone: BrowserLikePhone, start: float, end: float) -> NDArray[np.float32]:
    return sum((slot.pcm(start, end) for slot in phone.slots), np.zeros(round((end - start) * 48_000), np.float32))


def level(sound: NDArray[np.float32], hertz: int) -> float:
    levels = tone_levels(sound, [hertz])
    return float(np.median(levels)) if len(levels) else 0.0


def loudest(sound: NDArray[np.float32], hertz: int) -> float:
    levels = tone_levels(sound, [hertz])
    return float(levels.max()) if len(levels) else 0.0


def share(sound: NDArray[np.float32], hertz: int) -> float:
    """Return in which part of the time a tone is there at the right level."""
    levels = tone_levels(sound, [hertz])
    return float(np.mean((levels > LEVEL / TWO_DECIBEL) & (levels < LEVEL * TWO_DECIBEL))) if len(levels) else 0.0


async def test_browser_and_telephone_hear_each_other_and_not_themselves(call: Call) -> None:
    browser = await call.exchange.phone("sara", tone(SARA))
    await call.begin()
    start, end = await call.span(2.0)
    in_telephone, in_browser = call.telephone.heard(start, end), heard_by(browser, start, end)
    assert share(in_telephone, SARA) > 0.95
    assert share(in_browser, AGENT) > 0.95
    assert loudest(in_telephone, AGENT) < FAINT
    assert loudest(in_browser, SARA) < FAINT


async def test_a_microphone_that_is_muted_or_silent_is_silence_at_the_telephone(call: Call) -> None:
    browser = await call.exchange.phone("sara", tone(SARA))
    await call.begin()
    await call.span()
    browser.play(SILENCE, loop=True)
    start, end = await call.span()
    sound = call.telephone.heard(start, end)
    assert call.telephone.gaps(start, end) < LONGEST_GAP
    assert float(np.abs(sound).max(initial=0)) < FAINT / 10
    assert share(heard_by(browser, start, end), AGENT) > 0.95
    browser.play(tone(SARA), loop=True)
    start, end = await call.span()
    assert share(call.telephone.heard(start, end), SARA) > 0.95


async def test_a_telephone_off_the_bridge_is_silence_at_the_browser(call: Call) -> None:
    browser = await call.exchange.phone("sara", tone(SARA))
    await call.begin()
    await call.span()
    await call.ari.request("POST", f"/bridges/{BRIDGE}/removeChannel", {"channel": TELEPHONE})
    start, end = await call.span()
    assert loudest(heard_by(browser, start, end), AGENT) < FAINT
    await call.ari.request("POST", f"/bridges/{BRIDGE}/addChannel", {"channel": TELEPHONE})
    start, end = await call.span()
    assert share(heard_by(browser, start, end), AGENT) > 0.95


async def test_a_reload_and_a_lost_browser_keep_the_channel(call: Call) -> None:
    first = await call.exchange.phone("sara", tone(SARA))
    leg = await call.begin()
    await call.span()
    second = call.exchange.new_phone("sara", tone(SARA))
    await second.connect()
    start, end = await call.span()
    assert share(call.telephone.heard(start, end), SARA) > 0.95
    assert share(heard_by(second, start, end), AGENT) > 0.95
    assert not np.any(heard_by(first, start, end))

    await second.vanish()
    await call.exchange.fact(LegLost, "sara")
    start, end = await call.span()
    assert loudest(call.telephone.heard(start, end), SARA) < FAINT
    assert call.telephone.gaps(start, end) < LONGEST_GAP
    third = call.exchange.new_phone("sara", tone(SARA))
    await third.connect()
    start, end = await call.span()
    assert share(call.telephone.heard(start, end), SARA) > 0.95
    assert share(heard_by(third, start, end), AGENT) > 0.95
    assert not leg.ended.done()


async def test_closing_the_leg_destroys_its_channel(call: Call) -> None:
    await call.exchange.phone("sara", tone(SARA))
    leg = await call.begin()
    await leg.close()
    await leg.close()
    assert leg.ended.result() == "The browser's phone was taken off the call."
    await call.ari.event("ChannelDestroyed", BROWSER, within=1.0)
    assert await call.ari.channels() == [TELEPHONE]


async def test_a_channel_that_asterisk_hangs_up_is_told_within_a_second(call: Call) -> None:
    browser = await call.exchange.phone("sara", tone(SARA))
    leg = await call.begin()
    await call.ari.request("DELETE", f"/channels/{BROWSER}")
    reason = await asyncio.wait_for(asyncio.shield(leg.ended), 1.0)
    assert reason == "Asterisk ended the browser's phone."
    start, end = await call.span()
    assert loudest(heard_by(browser, start, end), AGENT) < FAINT


async def test_a_leg_that_is_needed_elsewhere_leaves_the_bridge(call: Call) -> None:
    await call.exchange.phone("sara", tone(SARA))
    leg = await call.begin()
    elsewhere = RecordingEnd()
    call.exchange.engine.patch("sara", elsewhere)
    assert leg.ended.result() == "The browser's phone was taken for another call."
    await elsewhere.next_sound()
    await call.ari.event("ChannelDestroyed", BROWSER, within=1.0)


async def test_an_engine_that_closes_takes_its_channel_with_it(call: Call) -> None:
    await call.exchange.phone("sara", tone(SARA))
    leg = await call.begin()
    await call.exchange.engine.aclose()
    assert leg.ended.done()
    await call.ari.event("ChannelDestroyed", BROWSER, within=1.0)


async def test_an_asterisk_that_is_killed_is_told_within_a_second(exchange: Exchange, asterisk_root: Path) -> None:
    await exchange.phone("sara", tone(SARA))
    other = AsteriskLab(asterisk_root, phones=())
    async with other, Ari(other.ari_url) as ari:
        leg = await open_leg(ari, exchange.engine)
        await ari.event("StasisStart", BROWSER)
        await other.kill()
        reason = await asyncio.wait_for(asyncio.shield(leg.ended), 1.0)
        assert reason == "Asterisk's media socket was closed: it was not there any more."


async def test_an_asterisk_that_hangs_is_told_within_six_seconds(exchange: Exchange, asterisk_root: Path) -> None:
    await exchange.phone("sara", tone(SARA))
    other = AsteriskLab(asterisk_root, phones=())
    async with other, Ari(other.ari_url) as ari:
        leg = await open_leg(ari, exchange.engine)
        await ari.event("StasisStart", BROWSER)
        os.kill(other.pid, signal.SIGSTOP)
        try:
            reason = await asyncio.wait_for(asyncio.shield(leg.ended), 6.0)
        finally:
            os.kill(other.pid, signal.SIGCONT)
        assert reason == "Asterisk's media socket was closed: it was not there any more."


async def test_a_socket_that_asterisk_does_not_know_is_refused_in_a_sentence(ari: Ari, exchange: Exchange) -> None:
    opened = partial(MediaLeg.open, exchange.engine, "sara")
    with pytest.raises(MediaFailed, match=r"^Asterisk answered 404 when its media socket was opened\.$"):
        await opened(ari=ari.base, connection="nonsense")
    with pytest.raises(MediaFailed, match=r"^Asterisk's media socket could not be opened: .+\.$"):
        await opened(ari="http://127.0.0.1:9/ari", connection="nonsense")
