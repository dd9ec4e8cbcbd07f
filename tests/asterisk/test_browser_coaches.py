"""A supervisor whose phone is the browser, on a call between two telephones of a real Asterisk."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from sideline.voice.asterisk.media import MediaLeg, connection_id, external_media
from sideline.voice.webrtc.engine import WebRtcEngine
from sideline.voice.webrtc.sound import tone
from tests.asterisk.listening import heard_by
from tests.support.ari_by_hand import APP, Ari
from tests.support.asterisk_lab import AsteriskLab
from tests.support.sound import FAINT, HERTZ, LOUD, tone_levels
from tests.support.sound_phones import Exchange
from tests.support.sound_stage import Stalls

OUTSIDE = "+4930111"
SETTLE = 0.6
SPELL = 1.0


@pytest.fixture
async def lab(asterisk_root: Path) -> AsyncIterator[AsteriskLab]:
    async with AsteriskLab(asterisk_root, phones=("1001",)) as lab:
        yield lab


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    exchange = Exchange(WebRtcEngine(loopback_only=True))
    yield exchange
    await exchange.close()


async def test_a_browser_coaches_an_agent_whose_customer_does_not_hear_it(lab: AsteriskLab, exchange: Exchange) -> None:
    agent, customer = await lab.phone("1001", HERTZ["agent"]), await lab.phone(OUTSIDE, HERTZ["customer"])
    sara = await exchange.phone("sara", tone(HERTZ["sara"]))
    stalls = Stalls()
    async with Ari(lab.ari_url) as ari:
        await customer.dial("1001")
        await agent.established()
        channels = await ari.request("GET", "/channels")
        [agents] = [channel["id"] for channel in channels if channel["name"].startswith("PJSIP/1001-")]
        asked = external_media(APP, "test.sara")
        connection = connection_id(await ari.request(asked.method, asked.path, asked.query))
        leg = await MediaLeg.open(exchange.engine, "sara", ari=ari.base, connection=connection)
        await ari.request("POST", "/bridges", {"type": "mixing", "bridgeId": "test.bridge"})
        await ari.request("POST", f"/channels/{agents}/snoop/test.snoop", {"app": APP, "spy": "both", "whisper": "out"})
        for channel in ("test.sara", "test.snoop"):
            await ari.event("StasisStart", channel)
            await ari.request("POST", "/bridges/test.bridge/addChannel", {"channel": channel})

        await stalls.calm(SETTLE + SPELL)
        stalls.stop()
        end = time.monotonic()
        start = end - SPELL
        assert heard_by(agent, start, end) == {"customer", "sara"}
        assert heard_by(customer, start, end) == {"agent"}
        silence = np.zeros(round((end - start) * 48_000), np.float32)
        levels = tone_levels(sum((slot.pcm(start, end) for slot in sara.slots), silence), list(HERTZ.values()))
        for column, name in enumerate(HERTZ):
            if name in ("agent", "customer"):
                assert float((levels[:, column] > LOUD).mean()) > 0.9, name
            else:
                assert float(levels[:, column].max()) < FAINT, name

        await leg.close()
        await ari.event("ChannelDestroyed", "test.sara", within=1.0)
        await ari.request("DELETE", "/channels/test.snoop")
        await ari.request("DELETE", "/bridges/test.bridge")
